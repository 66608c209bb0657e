/** Removes what was planned: whole partitions if they have no other account's rows, otherwise rows or columns. */
import { deleteReplaced, giveUpUnfinished, type Deleted } from '../archive/rewrite.ts';
import type { ArchiveStore } from '../archive/store.ts';
import { takeArchiveTurn } from '../archive/turn.ts';
import { longLimitMs, type Database } from '../database/client.ts';
import { loadPersonKeys } from '../evidence/verification/person-keys.ts';
import { countsItself } from '../ingest/own-counts.ts';
import { describeHolder } from '../ingest/session.ts';
import type { ColumnGroup } from '../streams/personal-columns.ts';
import { unknownPlace } from './archived-names.ts';
import { stripArchived } from './archived-removal.ts';
import { recordRemoval } from './deed.ts';
import { dropParts } from './drop.ts';
import { loadHolds } from './holds.ts';
import { isAllOf, refuseHeld } from './meanwhile.ts';
import { spell } from './moments.ts';
import type { PlannedRemoval } from './planned-removal.ts';
import { stripRows } from './strip.ts';

/** The result for one item of the plan. */
export type AppliedRemoval = { readonly planned: PlannedRemoval; readonly rows: number };

/**
 * Carries out what no hold prevents, in the order of the plan. It may be stopped and called again.
 *
 * @param place the archive, also where nothing of it was planned; default: that of the plan
 * @returns the objects of the archive that no longer count and could not be deleted
 */
export async function applyRetention(
  db: Database,
  planned: readonly PlannedRemoval[],
  by: string,
  report: (applied: AppliedRemoval) => void,
  signal: AbortSignal,
  place?: ArchiveStore,
): Promise<Deleted['kept']> {
  const apply = async (): Promise<void> => applyPlanned(db, planned, by, report, signal);
  const archived = planned.find(
    ({ archivedRows, heldBy }) => archivedRows > 0 && heldBy.length === 0,
  );
  const store = place ?? planned.find(({ archive }) => archive.store !== undefined)?.archive.store;
  if (archived !== undefined) {
    if (store === undefined) throw unknownPlace(archived.account);
    await takeArchiveTurn(db, { holder: describeHolder() }, async () => {
      await giveUpUnfinished(db);
      await apply();
      return 0;
    });
  } else await apply();
  return store === undefined ? [] : (await deleteReplaced(db, store)).kept;
}

async function applyPlanned(
  db: Database,
  planned: readonly PlannedRemoval[],
  by: string,
  report: (applied: AppliedRemoval) => void,
  signal: AbortSignal,
): Promise<void> {
  const free = planned.filter(({ heldBy }) => heldBy.length === 0);
  for (const account of new Set(free.map((each) => each.account))) await loadHolds(db, account);
  const done = new Set<PlannedRemoval>();
  for (const each of free) {
    signal.throwIfAborted();
    if (done.has(each)) continue;
    if (each.group !== undefined) {
      const rows = await stripColumns(db, each, each.group, by);
      report({ planned: each, rows: rows + (await stripArchived(db, each, each.group, by)) });
      continue;
    }
    const parts = free.filter(
      (other) =>
        other.isWhole &&
        other.group === undefined &&
        other.partition !== undefined &&
        other.partition === each.partition,
    );
    const isWhole = parts.includes(each) && (await isAllOf(db, parts));
    const together = isWhole ? parts : [each];
    for (const part of together) done.add(part);
    const rows = await dropParts(db, together, isWhole, { by });
    for (const part of together)
      report({ planned: part, rows: together.length === 1 ? rows : part.rows });
  }
}

/** The number of rows changed in one transaction. */
const batchRows = 20_000;

async function stripColumns(
  db: Database,
  planned: PlannedRemoval,
  group: ColumnGroup,
  by: string,
): Promise<number> {
  const { account, log, span, policy } = planned;
  const { name: stream, table } = log;
  const keys = await loadPersonKeys(db, account);
  let rows = 0;
  for (;;) {
    const changed = await db.transaction(async (tx) => {
      await tx.query(`select ${countsItself}`);
      await refuseHeld(tx, [planned]);
      const { length: some } = await stripRows(tx, {
        account,
        log,
        condition: `t.${table.time} >= $2::timestamptz and t.${table.time} < $3::timestamptz`,
        values: [spell(span.from), spell(span.to)],
        columns: group.columns,
        derived: group.derived,
        keys,
        newKeys: keys,
        most: batchRows,
      });
      if (some > 0)
        await recordRemoval(
          tx,
          { account, what: group.name, stream, span, rows: some },
          { by, reason: policy.text },
        );
      return some;
    }, longLimitMs);
    rows += changed;
    if (changed < batchRows) return rows;
  }
}
