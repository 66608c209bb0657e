/** What would be removed by the policies: spans of logs, partition by partition, and columns; and what holds protect. */
import type { ArchiveStore } from '../archive/store.ts';
import type { Queryable } from '../database/client.ts';
import { nameHere } from '../database/schema-names.ts';
import { loadDropped } from '../ingest/removals.ts';
import { fromSeconds, subtract, type Span } from '../span.ts';
import type { ColumnGroup } from '../streams/personal-columns.ts';
import type { LogStream } from '../streams/stream.ts';
import { loadLeft } from './archived-names.ts';
import { countArchived, listArchivedParts, type Part } from './archived-plan.ts';
import { concernsRows } from './holders.ts';
import { findHolding, loadHolds, type Hold } from './holds.ts';
import { spell } from './moments.ts';
import type { Policy, PlannedRemoval } from './planned-removal.ts';

const daySeconds = 86_400;

/** What would be removed from an account by the policies at a moment. */
export async function planRetention(
  db: Queryable,
  account: string,
  logs: readonly LogStream[],
  policies: readonly Policy[],
  now: Date,
  store?: ArchiveStore,
): Promise<readonly PlannedRemoval[]> {
  const holds = await loadHolds(db, account);
  const planned: PlannedRemoval[] = [];
  for (const log of logs) {
    const archive = { store, objects: await loadLeft(db, account, log.name) };
    const own = policies.find(({ of }) => of === log.name);
    const rowsUntil = own === undefined ? -Infinity : findCutoff(own, now);
    if (own !== undefined) {
      const dropped = await loadDropped(db, { account, stream: log.name });
      const what = { account, log, group: undefined, policy: own, archive };
      planned.push(...(await planParts(db, what, [-Infinity, rowsUntil], holds, dropped)));
    }
    for (const group of log.table.removable ?? []) {
      const policy = policies.find(({ of }) => of === group.name);
      if (policy === undefined) continue;
      const until = findCutoff(policy, now);
      // Columns of rows that are removed as a whole need no step of their own.
      if (until > rowsUntil)
        planned.push(
          ...(await planParts(
            db,
            { account, log, group, policy, archive },
            [rowsUntil, until],
            holds,
            [],
          )),
        );
    }
  }
  return planned;
}

/** The first second that is kept: midnight, UTC. */
export function findCutoff({ months, days }: Policy, now: Date): number {
  const date = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1));
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(now.getUTCDate(), lastDay));
  return date.getTime() / 1000 - days * daySeconds;
}

type Planning = Pick<PlannedRemoval, 'account' | 'log' | 'group' | 'policy' | 'archive'>;

async function planParts(
  db: Queryable,
  planning: Planning,
  [from, until]: readonly [from: number, until: number],
  holds: readonly Hold[],
  dropped: readonly Span[],
): Promise<readonly PlannedRemoval[]> {
  const { log, archive } = planning;
  const partitions = await db.query<Part & { name: string | undefined }>(
    `select partition as name, extract(epoch from held_from)::float8 as from, extract(epoch from held_until)::float8 as to
     from zendesk_sync.partitions where log_table = $1 and held_from < $2 and held_until > $3::timestamptz order by held_from`,
    [
      nameHere(log.table.name),
      fromSeconds(until),
      Number.isFinite(from) ? fromSeconds(from) : '-infinity',
    ],
  );
  const planned: PlannedRemoval[] = [];
  for (const partition of [...partitions, ...listArchivedParts(archive, partitions, until)]) {
    const part = {
      from: Math.max(partition.from, from),
      to: Math.min(partition.to, until),
    };
    const byTime = holds.filter(
      ({ person, ticket }) => person === undefined && ticket === undefined,
    );
    const holding = findHolding(byTime, { stream: log.name, span: part });
    const free = subtract(
      [part],
      holding.map(({ span }) => wholeDays(span)),
    );
    const isWhole = from === -Infinity && partition.to <= until && holding.length === 0;
    for (const span of free)
      planned.push(
        ...(await planSpan(
          db,
          { ...planning, partition: partition.name, isWhole },
          span,
          holds,
          dropped,
        )),
      );
    for (const hold of holding) {
      const span = subtract([part], subtract([part], [wholeDays(hold.span)]))[0];
      const rows = span && (await countRows(db, planning, span));
      if (span !== undefined && rows !== undefined && rows.count > 0)
        planned.push({
          ...planning,
          partition: partition.name,
          isWhole: false,
          span: { from: Math.max(span.from, rows.firstDay), to: span.to },
          rows: rows.count,
          archivedRows: rows.archived,
          heldBy: [hold.name],
        });
    }
  }
  return planned;
}

async function planSpan(
  db: Queryable,
  planning: Planning & Pick<PlannedRemoval, 'partition' | 'isWhole'>,
  span: Span,
  holds: readonly Hold[],
  dropped: readonly Span[],
): Promise<readonly PlannedRemoval[]> {
  const { account, log, archive } = planning;
  const { count, archived, firstDay } = await countRows(db, planning, span);
  if (count === 0) return [];
  // What was dropped before is not listed again.
  const before = dropped.find(({ from, to }) => from <= span.from && span.from < to)?.to;
  const start = Math.min(firstDay, before ?? (Number.isFinite(span.from) ? span.from : firstDay));
  const own = { from: Math.max(span.from, start), to: span.to };
  const heldBy: string[] = [];
  for (const hold of findHolding(holds, { stream: log.name, span: own })) {
    if (hold.person === undefined && hold.ticket === undefined) continue;
    if (await concernsRows(db, account, log, hold, own, archive.store)) heldBy.push(hold.name);
  }
  return [
    {
      ...planning,
      span: own,
      rows: count,
      archivedRows: archived,
      isWhole: planning.isWhole && heldBy.length === 0,
      heldBy,
    },
  ];
}

/** A span, widened to whole days, UTC. */
function wholeDays({ from, to }: Span): Span {
  return {
    from: Math.floor(from / daySeconds) * daySeconds,
    to: Math.ceil(to / daySeconds) * daySeconds,
  };
}

async function countRows(
  db: Queryable,
  planning: Planning,
  span: Span,
): Promise<{ readonly count: number; readonly archived: number; readonly firstDay: number }> {
  const { account, log, group, archive } = planning;
  const { table } = log;
  const { from, to } = span;
  const archived = countArchived(archive, group?.name, span);
  const [row] = await db.query<{ count: number; first: number | null }>(
    `select count(*)::float8 as count, extract(epoch from min(${table.time}))::float8 as first from ${table.name}
     where account = $1 and ${table.time} >= $2::timestamptz and ${table.time} < $3::timestamptz
       ${group === undefined ? '' : `and (${differs(group)})`}`,
    [account, spell(from), spell(to)],
  );
  const first = Math.min(row?.first ?? Infinity, archived.first);
  return {
    count: (row?.count ?? 0) + archived.rows,
    archived: archived.rows,
    firstDay: Number.isFinite(first) ? Math.floor(first / daySeconds) * daySeconds : 0,
  };
}

/** The condition that a group of columns still has something to remove. */
function differs({ columns }: ColumnGroup): string {
  return Object.entries(columns)
    .map(([name, expression]) => `${name} is distinct from ${expression}`)
    .join(' or ');
}
