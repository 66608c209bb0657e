import type { Command } from 'commander';
import type { Database } from '../../database/client.ts';
import { refuseInput } from '../../errors.ts';
import { openArchive } from '../../archive/store.ts';
import type { AppliedRemoval } from '../../retention/apply.ts';
import { fromSeconds } from '../../span.ts';
import { listLogs } from '../../streams/registry.ts';
import { addExample } from '../arguments.ts';
import { tellKept } from '../archive/kept.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabases } from '../session.ts';
import { formatNumber, toJson } from '../terminal/words.ts';
import { describePlanned, listAccounts, planAccounts, renderPlan } from './plan.ts';

type ApplyFlags = {
  readonly yes?: boolean;
  readonly by?: string;
  readonly account?: string;
  readonly json?: boolean;
};

/** `retention apply`: takes away what the plan says. Status 1 when a hold has kept something. */
export function addRetentionApply(retention: Command, context: CommandContext): void {
  const command = retention
    .command('apply')
    .description('take away what "retention plan" shows; status 1 if something was kept')
    .option('--yes', 'do it: it cannot be undone')
    .option('--by <name>', 'who does it (default: the variable USER)')
    .option('--account <key>', 'one account (default: all)')
    .option('--json', 'print JSON')
    .action(async (flags: ApplyFlags) => context.finish(await runApply(context, flags)));
  addExample(command, 'zendesk-log-sync retention apply --yes');
}

async function runApply(context: CommandContext, flags: ApplyFlags): Promise<number> {
  const { yes = false, by = context.env['USER'] ?? '', account, json = false } = flags;
  const problems = [
    ...(yes ? [] : ['Dropped rows cannot be restored. Check "retention plan", then add --yes.']),
    ...(by.trim() === '' ? ['Nobody is named, and USER is not set. Add --by "your name".'] : []),
  ];
  if (problems.length > 0) throw refuseInput(problems);
  const { retention, followsErasures } = context.readLocalConfig();
  const ended = await withLocalDatabases(context, async ({ db }, config) => {
    const { requireOwner } = await import('../../archive/rights.ts');
    await requireOwner(db, listLogs(context.streams), 'retention apply');
    const accounts = await listAccounts(db, account);
    const planned = await planAccounts(context, db, accounts, config);
    const held = planned.filter(({ heldBy }) => heldBy.length > 0);
    if (!json && planned.length === 0) context.print(renderPlan(planned, retention));
    const applied: AppliedRemoval[] = [];
    const report = (each: AppliedRemoval): void => {
      applied.push(each);
      if (!json) context.print(describeApplied(each));
    };
    const { place } = config.archive;
    const store = place && openArchive(place, config.proxies, context.signal);
    const { applyRetention } = await import('../../retention/apply.ts');
    const kept = await applyRetention(db, planned, by, report, context.signal, store);
    const erasures = followsErasures ? await followErasures(context, db, accounts, by) : 0;
    if (!json && followsErasures)
      context.print(
        `What Zendesk has erased was erased from previous versions: ${formatNumber(erasures)}.`,
      );
    for (const { account: of, log, rows, heldBy } of json ? [] : held)
      context.printError(
        `${of} ${log.name}: ${formatNumber(rows)} rows are kept by the hold ${heldBy.join(', ')}.`,
      );
    tellKept(context, kept);
    return { applied, held, erasures, kept };
  });
  const held = ended.flatMap((each) => each.held);
  const kept = ended.flatMap((each) => each.kept);
  if (json)
    context.print(
      toJson({
        removed: ended
          .flatMap((each) => each.applied)
          .map((each) => ({ ...describePlanned(each.planned), rows: each.rows })),
        held: held.map(describePlanned),
        archivedObjectsKept: kept,
        sourceErasures: ended.reduce((sum, each) => sum + each.erasures, 0),
      }),
    );
  return held.length === 0 && kept.length === 0 ? 0 : 1;
}

async function followErasures(
  { streams }: CommandContext,
  db: Database,
  accounts: readonly string[],
  by: string,
): Promise<number> {
  let rows = 0;
  const { followSourceErasures } = await import('../../retention/source-erasure.ts');
  for (const account of accounts)
    for (const log of listLogs(streams)) rows += await followSourceErasures(db, account, log, by);
  return rows;
}

function describeApplied({ planned, rows }: AppliedRemoval): string {
  const { account, log, group, span, policy } = planned;
  const [from, until] = [span.from, span.to].map((second) =>
    fromSeconds(second).toISOString().slice(0, 10),
  );
  const what = group === undefined ? 'dropped' : `${group.name} removed from`;
  return `${account} ${log.name} from ${from} until ${until}: ${what} ${formatNumber(rows)} ${rows === 1 ? 'row' : 'rows'} (${policy.text}).`;
}
