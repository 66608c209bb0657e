/** Holds on archived rows: the objects that have such rows are put under a legal hold of S3, and no others. */
import { loadObjects, noteLegalHold, type ArchivedObject } from '../archive/ledger.ts';
import { searchArchive } from '../archive/search.ts';
import type { ArchiveStore } from '../archive/store.ts';
import type { Database } from '../database/client.ts';
import type { LogStream } from '../streams/stream.ts';
import { findHolding, loadHolds, type HoldScope } from './holds.ts';

/** Of which account, and where its archive is. */
type LegalHolds = {
  readonly store: ArchiveStore;
  readonly streams: readonly LogStream[];
  readonly account: string;
  readonly signal: AbortSignal;
};

/** How many objects were put under a legal hold, and how many were taken out. */
type AppliedLegalHolds = {
  readonly put: number;
  readonly taken: number;
  /** Objects that should have one and have none, or the other way round, because a right is missing. */
  readonly refused: { readonly put: number; readonly taken: number };
  /** Objects under holds at a place that knows no legal holds. */
  readonly without: number;
};

/**
 * Puts every object under a legal hold that has rows of a hold, and takes off those that this program has put and that no
 * hold asks for any more. What somebody else put stays.
 *
 * @throws {KnownError} `archive_failed` when the archive cannot be read
 */
export async function applyLegalHolds(
  db: Database,
  { store, streams, account, signal }: LegalHolds,
): Promise<AppliedLegalHolds> {
  const holds = await loadHolds(db, account);
  const objects = (await loadObjects(db, { account })).filter(({ isChecked }) => isChecked);
  let [put, taken, without] = [0, 0, 0];
  const refused = { put: 0, taken: 0 };
  for (const object of objects) {
    signal.throwIfAborted();
    const stream = streams.find(({ name }) => name === object.stream);
    const isWanted = stream !== undefined && (await isUnder(holds, store, stream, object));
    if (isWanted === object.isHeld) continue;
    if (store.locks === undefined) {
      without += 1;
      continue;
    }
    if (isWanted && (await store.locks.read(object.object)).hasLegalHold) continue;
    if (!(await store.locks.setLegalHold(object.object, isWanted))) {
      refused[isWanted ? 'put' : 'taken'] += 1;
      continue;
    }
    await noteLegalHold(db, object, isWanted);
    if (isWanted) put += 1;
    else taken += 1;
  }
  return { put, taken, refused, without };
}

/** Whether an object has rows of a hold. One that is about a time alone concerns every object of it. */
async function isUnder(
  holds: readonly HoldScope[],
  store: ArchiveStore,
  { table }: LogStream,
  object: ArchivedObject,
): Promise<boolean> {
  const { stream, first, last } = object;
  const span = { from: Number(first[0]) / 1e6, to: (Number(last[0]) + 1) / 1e6 };
  for (const hold of findHolding(holds, { stream, span })) {
    const words = [hold.person, hold.ticket].filter((id) => id !== undefined);
    const time = { from: hold.span.from * 1e6, until: hold.span.to * 1e6 };
    let rows: ReadonlySet<string> | undefined;
    for (const word of words) {
      const question = { ...time, words: [word], mostRows: Infinity };
      const found = await searchArchive(store, table, [object], question);
      const ids = new Set(found.map(({ id }) => id));
      rows = rows === undefined ? ids : rows.intersection(ids);
    }
    if (rows === undefined || rows.size > 0) return true;
  }
  return false;
}
