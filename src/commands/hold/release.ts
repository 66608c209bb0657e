import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { chooseAccount } from '../../reports/shared/account.ts';
import { releaseHold } from '../../retention/holds.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabase } from '../session.ts';
import { checkHoldName } from './add.ts';
import { addDeedFlags, readDeed, type DeedFlags } from './deed.ts';

type ReleaseFlags = DeedFlags & { readonly account?: string };

/** `hold release`: ends a hold. What it kept may go from then on. */
export function addHoldRelease(hold: Command, context: CommandContext): void {
  const command = hold
    .command('release')
    .description('end a hold; its history stays')
    .argument('<name>', 'its name in "hold list"');
  addDeedFlags(command)
    .option('--account <key>', 'the account, if the database has several')
    .action(async (name: string, flags: ReleaseFlags) =>
      context.finish(await runRelease(context, name, flags)),
    );
  addExample(command, 'zendesk-log-sync hold release dispute-7 --reason "claim settled"');
}

async function runRelease(
  context: CommandContext,
  name: string,
  flags: ReleaseFlags,
): Promise<number> {
  const problems: string[] = [];
  checkHoldName(name, problems);
  const deed = readDeed(context, flags, problems);
  if (problems.length > 0) throw refuseInput(problems);
  return withLocalDatabase(context, async ({ db }, config) => {
    const account = await chooseAccount(db, flags.account, context.env['ZENDESK_SUBDOMAIN']);
    await releaseHold(db, account, { name, ...deed });
    context.print(`The hold ${name} on ${account} is released.`);
    const { passOnHolds } = await import('../archive/legal-holds.ts');
    const { streams, signal } = context;
    const { sentences } = await passOnHolds(db, config, streams, account, signal);
    sentences.forEach(context.print);
    return 0;
  });
}
