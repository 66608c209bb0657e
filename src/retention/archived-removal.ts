/** Takes away rows or columns of the archive by policy: objects go, or their rows are written again without what goes. */
import { noteStripped, type ArchivedObject } from '../archive/ledger.ts';
import { takeInstead, writeBeside } from '../archive/rewrite.ts';
import type { ArchiveStore } from '../archive/store.ts';
import { longLimitMs, type Database, type Transaction } from '../database/client.ts';
import type { PersonKeys } from '../evidence/salts.ts';
import { loadPersonKeys } from '../evidence/verification/person-keys.ts';
import { countsItself } from '../ingest/own-counts.ts';
import type { Span } from '../span.ts';
import type { ColumnGroup } from '../streams/personal-columns.ts';
import type { LogStream } from '../streams/stream.ts';
import { loadLeft, unknownPlace } from './archived-names.ts';
import { mayHave } from './archived-plan.ts';
import { bringObject, dropBrought, onObject, readBrought } from './archived-rows.ts';
import { recordRemoval } from './deed.ts';
import { refuseHeld } from './meanwhile.ts';
import { spell } from './moments.ts';
import type { PlannedRemoval } from './planned-removal.ts';
import { stripRows } from './strip.ts';

/** Between two statements an object is read, written and read back. */
const patience = `set local idle_in_transaction_session_timeout = '5min'`;
const batchRows = 5000;

/** By how many rows each day has fewer. */
type Days = Readonly<Record<string, number>>;

/** Drops the archived rows of a span, within the transaction that drops those of the table. */
export async function dropArchived(
  db: Database,
  tx: Transaction,
  { account, log, span, archive: { store } }: PlannedRemoval,
  keys: PersonKeys,
): Promise<Days> {
  const days = new Map<string, number>();
  for (const object of await loadLeft(tx, account, log.name, span)) {
    if (store === undefined) throw unknownPlace(account);
    await tx.query(patience);
    const dropped = await dropOfObject(db, tx, { store, log, keys, span }, object);
    for (const [day, rows] of Object.entries(dropped)) days.set(day, (days.get(day) ?? 0) + rows);
  }
  return Object.fromEntries(days);
}

type Dropping = {
  readonly store: ArchiveStore;
  readonly log: LogStream;
  readonly keys: PersonKeys;
  readonly span: Span;
};

async function dropOfObject(
  db: Database,
  tx: Transaction,
  { store, log: { table }, keys, span: { from, to } }: Dropping,
  object: ArchivedObject,
): Promise<Days> {
  const isWhole = Number(object.first[0]) >= from * 1e6 && Number(object.last[0]) < to * 1e6;
  if (isWhole) {
    await takeInstead(tx, object, []);
    return object.days;
  }
  await bringObject(tx, store, table, keys, object);
  const dropped = await dropBrought(tx, table, [spell(from), spell(to)]);
  if (Object.keys(dropped).length === 0) return dropped;
  const made = await writeBeside({ db, store, table }, object, readBrought(tx, table), keys);
  await takeInstead(tx, object, made);
  for (const each of made) await noteStripped(tx, each, object.stripped);
  return dropped;
}

/** Takes columns of the archived rows of a span, object by object. @returns of how many rows */
export async function stripArchived(
  db: Database,
  planned: PlannedRemoval,
  group: ColumnGroup,
  by: string,
): Promise<number> {
  const { account, log, span, archive } = planned;
  const objects = await loadLeft(db, account, log.name, span);
  let rows = 0;
  for (const object of objects.filter((each) => mayHave(each, group.name, span))) {
    const { store } = archive;
    if (store === undefined) throw unknownPlace(account);
    rows += await db.transaction(async (tx) => {
      await tx.query(patience);
      await tx.query(`select ${countsItself}`);
      await refuseHeld(tx, [planned]);
      const [still] = (await loadLeft(tx, account, log.name, span)).filter(
        (each) => each.object === object.object,
      );
      return still === undefined ? 0 : stripObject(db, tx, { planned, group, by, store }, still);
    }, longLimitMs);
  }
  return rows;
}

type ObjectStripping = {
  readonly planned: PlannedRemoval;
  readonly group: ColumnGroup;
  readonly by: string;
  readonly store: ArchiveStore;
};

async function stripObject(
  db: Database,
  tx: Transaction,
  { planned, group, by, store }: ObjectStripping,
  object: ArchivedObject,
): Promise<number> {
  const { account, log, span, policy } = planned;
  const { table } = log;
  const keys = await loadPersonKeys(tx, account);
  await bringObject(tx, store, table, keys, object);
  let rows = 0;
  for (let some = batchRows; some === batchRows; rows += some)
    some = (
      await stripRows(tx, {
        account,
        log: onObject(log),
        condition: `t.${table.time} >= $2::timestamptz and t.${table.time} < $3::timestamptz`,
        values: [spell(span.from), spell(span.to)],
        columns: group.columns,
        derived: [],
        keys,
        newKeys: keys,
        most: batchRows,
      })
    ).length;
  const stripped = { ...object.stripped, [group.name]: span.to };
  if (rows === 0) {
    await noteStripped(tx, object, stripped);
    return 0;
  }
  const made = await writeBeside({ db, store, table }, object, readBrought(tx, table), keys);
  await takeInstead(tx, object, made);
  for (const each of made) await noteStripped(tx, each, stripped);
  await recordRemoval(
    tx,
    { account, what: group.name, stream: log.name, span, rows },
    { by, reason: policy.text },
  );
  return rows;
}
