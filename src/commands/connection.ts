import { Option, type Command } from 'commander';
import { describeAddress, provideLogin, type Address, type Login } from '../database/logins.ts';
import { refuseInput } from '../errors.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { nameCommand } from './npm.ts';
import { withLocalDatabase } from './session.ts';
import { toJson } from './terminal/words.ts';

const roles = ['owner', 'writer', 'reader', 'investigator', 'auditor'] as const;

type ConnectionFlags = {
  readonly role: (typeof roles)[number];
  readonly newPassword?: boolean;
  readonly json?: boolean;
};

/** `connection`: what drivers and BI tools need. */
export function addConnection(command: Command, context: CommandContext): void {
  command
    .addOption(
      new Option(
        '--role <role>',
        'all but the owner get a login of their own; that of the writer is for the service',
      )
        .choices(roles)
        .default('owner'),
    )
    .option('--new-password', 'give the login of the role a new password')
    .option('--json', 'print JSON')
    .action(async (flags: ConnectionFlags) => context.finish(await runConnection(context, flags)));
  addExample(command, 'zendesk-log-sync connection --role reader');
}

async function runConnection(
  context: CommandContext,
  { role, newPassword = false, json = false }: ConnectionFlags,
): Promise<number> {
  if (newPassword && role === 'owner')
    throw refuseInput([
      '--new-password needs a role too. Add --role reader, or another one than owner.',
    ]);
  return withLocalDatabase(context, async ({ url, db }, config) => {
    const login: Login | undefined =
      role === 'owner' ? undefined : await provideLogin(db, `zendesk_${role}`, newPassword);
    const address = describeAddress(url, login);
    context.print(
      json ? toJson({ ...address, password: address.password ?? null }) : list(address),
    );
    if (login !== undefined && login.password === undefined)
      context.printError(
        'The login already exists, and its password is not stored. Add --new-password to create a new one.',
      );
    if (config.database.kind === 'embedded')
      context.printError(
        `It answers on this machine, while "${nameCommand(context.env, 'serve')}" runs. EMBEDDED_PORT fixes the port.`,
      );
    return 0;
  });
}

function list({ url, host, port, database, user, password }: Address): string {
  return Object.entries({ url, host, port, database, user, password: password ?? '–' })
    .map(([name, value]) => `${name.padEnd(10)}${value}`)
    .join('\n');
}
