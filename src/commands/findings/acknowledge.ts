import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { acknowledgeFindings } from '../../ingest/findings/acknowledge.ts';
import { chooseAccount } from '../../reports/shared/account.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabase } from '../session.ts';
import { formatNumber } from '../terminal/words.ts';

type AcknowledgeFlags = {
  readonly note?: string;
  readonly by?: string;
  readonly account?: string;
};

/** `findings acknowledge`: somebody has looked at findings, and says why they need nothing more. */
export function addAcknowledge(findings: Command, context: CommandContext): void {
  const command = findings
    .command('acknowledge')
    .description('note who has looked at findings, and why they need nothing more')
    .argument('<id...>', 'their ids: column finding of "report findings"')
    .option('--note <text>', 'why they need no further look')
    .option('--by <name>', 'who says so (default: the variable USER)')
    .option('--account <key>', 'the account, if the database has several')
    .action(async (ids: readonly string[], flags: AcknowledgeFlags) =>
      context.finish(await runAcknowledge(context, ids, flags)),
    );
  addExample(command, 'zendesk-log-sync findings acknowledge 3f0c9a7b2d11e846 --note "a test"');
}

async function runAcknowledge(
  context: CommandContext,
  ids: readonly string[],
  { note = '', by = context.env['USER'] ?? '', account: asked }: AcknowledgeFlags,
): Promise<number> {
  const problems = [
    ...(note.trim() === '' ? ['The reason is missing. Add --note "why".'] : []),
    ...(by.trim() === '' ? ['Nobody is named, and USER is not set. Add --by "your name".'] : []),
  ];
  if (problems.length > 0) throw refuseInput(problems);
  return withLocalDatabase(context, async ({ db }) => {
    const account = await chooseAccount(db, asked, context.env['ZENDESK_SUBDOMAIN']);
    const unknown = await acknowledgeFindings(db, account, ids, { by, note });
    if (unknown.length > 0)
      throw refuseInput([
        `${account} has no finding ${unknown.join(', ')}, so nothing was changed. Use ids from the column finding of "report findings --format csv".`,
      ]);
    context.print(`Acknowledged by ${by}: ${formatNumber(new Set(ids).size)}.`);
    return 0;
  });
}
