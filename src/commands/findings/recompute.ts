import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { renewFindings } from '../../ingest/findings/examine.ts';
import { markChangedInputs } from '../../ingest/findings/inputs.ts';
import { markAll } from '../../ingest/findings/marks.ts';
import { checkRules } from '../../reports/findings/page.ts';
import { chooseAccount } from '../../reports/shared/account.ts';
import { listLogs } from '../../streams/registry.ts';
import { addExample, gather } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from '../report/span.ts';
import { withLocalDatabase } from '../session.ts';
import { showLines } from '../terminal/display.ts';
import { formatNumber } from '../terminal/words.ts';

type RecomputeFlags = SpanFlags & { readonly rule?: readonly string[]; readonly account?: string };

const patience = { terminalMs: 500, plainMs: 10_000 };

/** `findings recompute`: the rules look at a time range again. */
export function addRecompute(findings: Command, context: CommandContext): void {
  const command = findings
    .command('recompute')
    .description('have the rules look at a time range again; the service does so after changes');
  addSpanFlags(command)
    .option('--rule <rule>', 'only this rule of zendesk.finding_rules; may be repeated', gather)
    .option('--account <key>', 'the account, if the database has several')
    .action(async (flags: RecomputeFlags) => context.finish(await runRecompute(context, flags)));
  addExample(command, 'zendesk-log-sync findings recompute --month 2026-09 --rule enumeration');
}

async function runRecompute(context: CommandContext, flags: RecomputeFlags): Promise<number> {
  const problems: string[] = [];
  const span = readSpanFlags(flags, { timeZone: undefined }, new Date(), problems);
  if (problems.length > 0 || span === undefined) throw refuseInput(problems);
  const { rule: rules = [], account: asked } = flags;
  const { signal } = context;
  return withLocalDatabase(context, async ({ db }) => {
    const account = await chooseAccount(db, asked, context.env['ZENDESK_SUBDOMAIN']);
    await checkRules(db, rules);
    const bounds = { from: span.from, until: span.to };
    // Without the present versions of the rules nothing can be stored.
    await markChangedInputs(db, account);
    await markAll(db, account, bounds, rules.length === 0 ? undefined : rules);
    let line = 'findings';
    const endLines = showLines(context, patience, () => [line]);
    try {
      const report = (done: number, total: number): void => {
        line = `findings       ${formatNumber(done)} of ${formatNumber(total)} days and months`;
      };
      const counts = await renewFindings(db, account, listLogs(context.streams), {
        signal,
        report,
      });
      endLines();
      context.print(
        `Findings: ${formatNumber(counts.new)} new, ${formatNumber(counts.changed)} changed, ${formatNumber(counts.withdrawn)} withdrawn.`,
      );
      return 0;
    } catch (error) {
      endLines();
      if (!signal.aborted) throw error;
      context.printError('Stopped. "serve" or the next "sync" continues with the rest.');
      return 1;
    }
  });
}
