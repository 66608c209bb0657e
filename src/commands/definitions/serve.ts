/** `serve` as the help shows it; what it does is loaded when it runs. */
import type { Command } from 'commander';
import { findNearest } from '../../nearest.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';

/** `serve`: follows the streams of all accounts on their schedules until a signal comes. */
export function addServe(command: Command, context: CommandContext): void {
  command
    // A word that is not a command arrives here, as an argument of the default command.
    .allowExcessArguments()
    .action(async (_flags: object, { args }: Command) => {
      if (args[0] !== undefined) refuseCommand(command.parent ?? command, args[0]);
      const { runServe } = await import('../serve.ts');
      context.finish(await runServe(context));
    });
  addExample(
    command,
    'ZENDESK_SUBDOMAIN=acme ZENDESK_OAUTH_TOKEN_FILE=token zendesk-log-sync serve',
  );
}

function refuseCommand(program: Command, name: string): never {
  const nearest = findNearest(
    name,
    program.commands.map((command) => command.name()),
  );
  const advice = nearest === undefined ? '' : `\n(Did you mean ${nearest}?)`;
  return program.error(`error: unknown command '${name}'${advice}`);
}
