/**
 * Brings whole partitions that are old enough into the archive, and drops them: written, read back from where they are,
 * compared with the sealed log, and only then dropped.
 */
import type { Database, Queryable } from '../database/client.ts';
import type { KnownKey } from '../evidence/verification/known-key.ts';
import { verifyHistory } from '../evidence/verification/verification.ts';
import { loadPersonKeys } from '../evidence/verification/person-keys.ts';
import { fromSeconds, type Span } from '../span.ts';
import type { LogStream } from '../streams/stream.ts';
import { archiveMonth, finishObject } from './archive-month.ts';
import { openArchivedRows } from './archived-rows.ts';
import { readChecked } from './check.ts';
import { loadColumns } from './columns.ts';
import { countRemovals, dropPartition } from './drop.ts';
import { archiveFailure } from './failure.ts';
import { listMonths } from './layout.ts';
import { loadObjects, type ArchivedObject } from './ledger.ts';
import { listAccounts, listOldPartitions, type LogPartition } from './partitions.ts';
import { refuseOtherPlace } from './same-place.ts';
import type { ArchiveStore } from './store.ts';

/** What is archived. */
type ArchiveTask = {
  readonly store: ArchiveStore;
  readonly streams: readonly LogStream[];
  /** Partitions whose rows are all older. */
  readonly before: Date;
  /** The keys that the sealed log of an account should be signed with. */
  readonly keysOf: (account: string) => readonly KnownKey[];
  /** The names of the holds that something of a time of a log may be under: it stays where it is. */
  readonly heldBy: (
    db: Queryable,
    account: string,
    stream: string,
    span: Span,
  ) => Promise<readonly string[]>;
  /** Of how many rows an object is; default: as many as are usual. */
  readonly objectRows?: number;
  /** Whether the operator has confirmed that the newest object is lost permanently. Default: false. */
  readonly isLossAccepted?: boolean;
  /** Receives each partition that was dropped, or stays because of a hold. */
  readonly tell: (archived: ArchivedPartition) => void;
  /** Receives the number of rows of each object that was written. */
  readonly report: (partition: string, rows: number) => void;
  readonly signal: AbortSignal;
};

/** A partition that is in the archive. */
export type ArchivedPartition = {
  readonly stream: string;
  readonly partition: string;
  readonly from: string;
  readonly until: string;
  readonly rows: number;
  readonly bytes: number;
  readonly objects: number;
  /** The holds that keep it where it is; none for one that was dropped. */
  readonly held: readonly string[];
};

/**
 * Archives one partition after the other, oldest first.
 *
 * @returns how many rows left the tables
 * @throws {KnownError} `archive_failed`: nothing of that partition is dropped
 */
export async function runArchive(db: Database, task: ArchiveTask): Promise<number> {
  await refuseOtherPlace(db, task.store, task.isLossAccepted);
  let total = 0;
  for (const stream of task.streams)
    for (const partition of await listOldPartitions(db, stream.table, task.before)) {
      task.signal.throwIfAborted();
      const { held, objects } = await archivePartition(db, task, stream, partition);
      total += objects.reduce((sum, { rows }) => sum + rows, 0);
      task.tell({
        stream: stream.name,
        partition: partition.relation,
        ...describeBounds(partition),
        rows: objects.reduce((sum, { rows }) => sum + rows, 0),
        bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
        objects: objects.length,
        held,
      });
    }
  return total;
}

/** The holds of all accounts that have rows in a partition. */
async function listHeld(
  db: Queryable,
  { heldBy }: ArchiveTask,
  { name }: LogStream,
  partition: LogPartition,
): Promise<readonly string[]> {
  const span = { from: partition.fromMs / 1000, to: partition.untilMs / 1000 };
  const held = new Set<string>();
  for (const account of await listAccounts(db, partition))
    for (const hold of await heldBy(db, account, name, span)) held.add(hold);
  return [...held];
}

/** The bounds of a partition as ISO 8601. */
export function describeBounds({ fromMs, untilMs }: LogPartition): {
  readonly from: string;
  readonly until: string;
} {
  const [from, until] = [fromMs, untilMs].map((ms) => fromSeconds(ms / 1000).toISOString());
  return { from: from ?? '', until: until ?? '' };
}

async function archivePartition(
  db: Database,
  task: ArchiveTask,
  stream: LogStream,
  partition: LogPartition,
): Promise<{ readonly held: readonly string[]; readonly objects: readonly ArchivedObject[] }> {
  const before = await listHeld(db, task, stream, partition);
  if (before.length > 0) return { held: before, objects: [] };
  const removals = await countRemovals(db, stream, partition);
  const objects: ArchivedObject[] = [];
  for (const account of await listAccounts(db, partition)) {
    const own = await archiveAccount(db, task, stream, partition, account);
    await holdAgainstLog(db, task, stream, partition, account, own);
    for (const each of own)
      if (!each.isChecked) await finishObject({ db, store: task.store }, each);
    objects.push(...own);
  }
  const held = await dropPartition(db, stream, partition, objects, {
    removals,
    listHeld: (tx) => listHeld(tx, task, stream, partition),
  });
  return { held, objects: held.length > 0 ? [] : objects };
}

/** The objects of an account's rows, whole and where they should be. */
async function archiveAccount(
  db: Database,
  { store, objectRows, report, signal }: ArchiveTask,
  { name, table }: LogStream,
  { relation, fromMs, untilMs }: LogPartition,
  account: string,
): Promise<readonly ArchivedObject[]> {
  const columns = await loadColumns(db, table);
  const keys = await loadPersonKeys(db, account);
  const objects: ArchivedObject[] = [];
  for (const each of listMonths(fromMs, untilMs)) {
    signal.throwIfAborted();
    const month = { account, stream: name, month: each.month };
    await archiveMonth(
      {
        db,
        store,
        table,
        columns,
        keys,
        objectRows,
        report: (rows) => report(relation, rows),
        signal,
      },
      month,
      {
        from: new Date(Math.max(each.fromMs, fromMs)).toISOString(),
        until: new Date(Math.min(each.untilMs, untilMs)).toISOString(),
      },
    );
    const noted = await loadObjects(db, month);
    objects.push(...noted.filter(({ leftAt }) => leftAt === null));
  }
  return objects;
}

/** What was archived must be what the sealed log says, row by row, read from the archive. */
async function holdAgainstLog(
  db: Database,
  { store, keysOf, signal }: ArchiveTask,
  stream: LogStream,
  { relation, fromMs, untilMs }: LogPartition,
  account: string,
  objects: readonly ArchivedObject[],
): Promise<void> {
  const all = await loadObjects(db, { account, stream: stream.name });
  const left = all.filter(({ leftAt }) => leftAt !== null);
  const fresh = new Set(objects.map(({ object }) => object));
  const keys = await loadPersonKeys(db, account);
  const stretch = { from: fromMs * 1000, until: untilMs * 1000 };
  const result = await verifyHistory(db, {
    account,
    streams: [stream],
    isWhole: false,
    deep: true,
    span: { from: fromMs / 1000, to: untilMs / 1000 },
    anchors: [],
    keys: keysOf(account),
    // In one go: each object is read once.
    partRows: Infinity,
    archive: openArchivedRows(store, [...left, ...objects], [stretch], (object) =>
      fresh.has(object.object) ? readChecked(store, stream.table, keys, object) : undefined,
    ),
    report: () => {},
    signal,
  });
  signal.throwIfAborted();
  const refuse = (why: string): never => {
    throw archiveFailure(`The partition ${relation} was not dropped: ${why}`);
  };
  if (result === undefined) return refuse(`the account ${account} has no sealed log`);
  const [finding] = result.findings;
  if (finding !== undefined) refuse(withoutStop(finding.sentence));
  const unsealed = result.streams.reduce((sum, { unsealedRows }) => sum + (unsealedRows ?? 0), 0);
  if (unsealed > 0)
    refuse(
      `${unsealed} rows of ${account} are not in the sealed log yet, because they were stored before it was begun; they are added while the program runs`,
    );
  const missing = result.unchecked.find(({ reason }) => !harmless.has(reason));
  if (missing !== undefined) refuse(withoutStop(missing.sentence));
}

/** These do not stop a drop: rows from before the log are counted, archiving needs no key of the log, and removals on purpose are not missing. */
const harmless: ReadonlySet<string> = new Set(['before_log', 'key_unknown', 'removed']);

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
