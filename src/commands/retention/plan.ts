import type { Command } from 'commander';
import { openArchive } from '../../archive/store.ts';
import type { LocalConfig } from '../../config/config.ts';
import type { Database } from '../../database/client.ts';
import { chooseAccount } from '../../reports/shared/account.ts';
import type { PlannedRemoval, Policy } from '../../retention/planned-removal.ts';
import { fromSeconds } from '../../span.ts';
import { listLogs } from '../../streams/registry.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabases } from '../session.ts';
import { renderTable } from '../terminal/table.ts';
import { formatNumber, toJson } from '../terminal/words.ts';

type PlanFlags = { readonly account?: string; readonly json?: boolean };

/** `retention plan`: what would go, why, and how much. */
export function addRetentionPlan(retention: Command, context: CommandContext): void {
  const command = retention
    .command('plan')
    .description('what would go by the setting RETENTION, why, and how much; changes nothing')
    .option('--account <key>', 'one account (default: all)')
    .option('--json', 'print JSON')
    .action(async (flags: PlanFlags) => context.finish(await runPlan(context, flags)));
  addExample(command, 'zendesk-log-sync retention plan --json');
}

async function runPlan(
  context: CommandContext,
  { account, json = false }: PlanFlags,
): Promise<number> {
  const { retention, followsErasures } = context.readLocalConfig();
  const plans = await withLocalDatabases(context, async ({ db }, config) => {
    const accounts = await listAccounts(db, account);
    return {
      planned: await planAccounts(context, db, accounts, config),
      erasures: followsErasures ? await countErasures(context, db, accounts) : 0,
    };
  });
  const planned = plans.flatMap((each) => each.planned);
  const erasures = plans.reduce((sum, each) => sum + each.erasures, 0);
  if (json)
    context.print(toJson({ planned: planned.map(describePlanned), sourceErasures: erasures }));
  else context.print(renderPlan(planned, retention));
  if (!json && followsErasures)
    context.print(
      `Previous versions that have what Zendesk has erased (ON_SOURCE_ERASURE=follow): ${formatNumber(erasures)}.`,
    );
  return 0;
}

/** One account, or all that are stored. */
export async function listAccounts(
  db: Database,
  asked: string | undefined,
): Promise<readonly string[]> {
  const stored = await db.query<{ account: string }>(
    'select distinct account from zendesk_sync.streams order by account',
  );
  return asked === undefined && stored.length > 0
    ? stored.map(({ account }) => account)
    : [await chooseAccount(db, asked, undefined)];
}

async function countErasures(
  { streams }: CommandContext,
  db: Database,
  accounts: readonly string[],
): Promise<number> {
  const { countSourceErasures } = await import('../../retention/source-erasure.ts');
  let rows = 0;
  for (const account of accounts)
    for (const log of listLogs(streams)) rows += await countSourceErasures(db, account, log);
  return rows;
}

/** The plan of some accounts. */
export async function planAccounts(
  { streams, signal }: Pick<CommandContext, 'streams' | 'signal'>,
  db: Database,
  accounts: readonly string[],
  { retention, archive: { place }, proxies }: LocalConfig,
): Promise<readonly PlannedRemoval[]> {
  const { planRetention } = await import('../../retention/plan.ts');
  const store = place && openArchive(place, proxies, signal);
  const logs = listLogs(streams);
  const planned: PlannedRemoval[] = [];
  for (const account of accounts)
    planned.push(...(await planRetention(db, account, logs, retention, new Date(), store)));
  return planned;
}

/** Something planned, for programs. */
export function describePlanned(planned: PlannedRemoval): object {
  const { account, log, group, policy, span, rows, archivedRows, partition, isWhole, heldBy } =
    planned;
  return {
    account,
    stream: log.name,
    what: group?.name ?? 'rows',
    from: fromSeconds(span.from).toISOString(),
    until: fromSeconds(span.to).toISOString(),
    rows,
    policy: policy.text,
    archivedRows,
    partition: group === undefined && isWhole ? (partition ?? null) : null,
    heldBy,
  };
}

/** The plan for people. */
export function renderPlan(
  planned: readonly PlannedRemoval[],
  policies: readonly Policy[],
): string {
  if (policies.length === 0)
    return 'Everything is kept: RETENTION is not set. docs/retention.md says what it can be.';
  const kept = policies.map(({ of, text }) => `${of} ${text}`).join(', ');
  if (planned.length === 0) return `Nothing would go. Kept: ${kept}.`;
  const table = renderTable(
    ['Account', 'Of', 'What', 'From', 'Until', 'Rows', 'In archive', 'Kept for', 'Held by'],
    planned.map(({ account, log, group, span, rows, archivedRows, policy, heldBy }) => [
      account,
      log.name,
      group?.name ?? 'rows',
      showDay(span.from),
      showDay(span.to),
      formatNumber(rows),
      archivedRows === 0
        ? ''
        : `${group === undefined ? '' : 'up to '}${formatNumber(archivedRows)}`,
      policy.text,
      heldBy.join(', '),
    ]),
    [5, 6],
  );
  return [
    table,
    `Presets such as pci are choices of policy, no legal advice. "retention apply --yes" takes away what no hold keeps; it cannot be undone.`,
  ].join('\n');
}

function showDay(second: number): string {
  return fromSeconds(second).toISOString().slice(0, 10);
}
