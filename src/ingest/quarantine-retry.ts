/** Tries again to store records in quarantine, in the same way as pages: after the fence of the lease, in one transaction. */
import { KnownError } from '../errors.ts';
import type { LogStream, Stream } from '../streams/stream.ts';
import { readUser, type UserRow } from '../streams/users.ts';
import { version } from '../version.ts';
import { parseJson } from '../zendesk/body.ts';
import { isFaithful } from '../zendesk/faithful.ts';
import type { Engine } from './engine.ts';
import { checkLease, type Lease } from './lease.ts';
import { describeWritten } from './page-manifest.ts';
import { keepOriginal, readRecords } from './page-records.ts';
import { upsertUsers } from './people-tables.ts';
import {
  noteRetry,
  settle,
  type Entry,
  type Failure,
  type Readable,
  type RetryCounts,
} from './quarantine-release.ts';
import { listStale, markStaleDays } from './stale-days.ts';
import type { PageRow } from './rows/copy.ts';
import { writeRows } from './rows/rows.ts';
import { joinWritten, type WrittenRows } from './rows/written.ts';
import { countStoredRows } from './stored-rows.ts';

/** What to try again: records by their numbers, what another version of this program could not store, or everything. */
export type RetryChoice = 'all' | 'other-versions' | { readonly numbers: readonly string[] };

type RetryParts = Pick<Engine, 'db' | 'ensurePartitions' | 'classify'>;

/** How many records are tried in one transaction. */
const batchRecords = 100;

/** Tries records of one stream again. @throws {KnownError} `lease_lost` when another process has taken over */
export async function retryQuarantine(
  parts: RetryParts,
  stream: Stream,
  lease: Lease,
  choice: RetryChoice,
  signal: AbortSignal,
): Promise<RetryCounts> {
  let counts: RetryCounts = { stored: 0, known: 0, left: 0 };
  for (let last = '0'; ;) {
    signal.throwIfAborted();
    const entries = await loadBatch(parts, lease, choice, last);
    if (entries.length === 0) return counts;
    last = entries.at(-1)?.number ?? last;
    const done = await retryBatch(parts, stream, lease, entries);
    counts = {
      stored: counts.stored + done.stored,
      known: counts.known + done.known,
      left: counts.left + done.left,
    };
  }
}

async function loadBatch(
  { db }: Pick<RetryParts, 'db'>,
  { account, stream }: Lease,
  choice: RetryChoice,
  after: string,
): Promise<readonly Entry[]> {
  return db.query<Entry>(
    `select id::text as number, content, sha256(content) = fingerprint as "isAsItCame" from zendesk_sync.quarantine
     where account = $1 and stream = $2 and id > $3::bigint
       and ($4::bigint[] is null or id = any ($4::bigint[])) and ($5::text is null or tried_by <> $5)
     order by id
     limit ${batchRecords}`,
    [
      account,
      stream,
      after,
      typeof choice === 'object' ? choice.numbers : null,
      choice === 'other-versions' ? version : null,
    ],
  );
}

async function retryBatch(
  parts: RetryParts,
  stream: Stream,
  lease: Lease,
  entries: readonly Entry[],
): Promise<RetryCounts> {
  return stream.kind === 'log'
    ? retryRecords(parts, stream, lease, entries)
    : retryPeople(parts, lease, entries);
}

async function retryRecords(
  { db, ensurePartitions, classify }: RetryParts,
  stream: LogStream,
  lease: Lease,
  entries: readonly Entry[],
): Promise<RetryCounts> {
  const read = ({ content }: Entry): PageRow | undefined => {
    const record = parseJson(content);
    const [row] = readRecords(stream, classify, [record]);
    return row === undefined || isFaithful(content, record) ? row : keepOriginal(row, content);
  };
  const { readable, failures } = readEntries(entries, read);
  await ensurePartitions(
    stream.table,
    readable.map(({ row }) => row.timeMs),
    true,
  );
  const { name, time, id } = stream.table;
  return db.transaction(async (tx) => {
    await checkLease(tx, lease);
    const stored = await tx.query<{ place: number }>(
      `select k.place::integer from unnest($2::timestamptz[], $3::${id.type}[]) with ordinality as k (time, id, place)
       join ${name} t on t.account = $1 and t.${id.name} = k.id
         and t.${time} >= date_trunc('second', k.time) and t.${time} < date_trunc('second', k.time) + interval '1 second'`,
      [lease.account, readable.map(({ row }) => row.row[time]), readable.map(({ row }) => row.id)],
    );
    const write = async (some: readonly Readable<PageRow>[]): Promise<WrittenRows> => {
      const rows = some.map(({ row }) => row);
      const written = await writeRows(tx, stream, lease.account, rows, { covered: [] });
      await countStoredRows(tx, lease, written);
      await markStaleDays(tx, lease.account, stream, listStale(rows, written));
      return written;
    };
    const { counts, written, released } = await settle(tx, lease.account, {
      readable,
      failures,
      stored,
      write,
    });
    const rows = readable.map(({ row }) => row);
    const described =
      counts.stored === 0
        ? undefined
        : await describeWritten(tx, stream, lease.account, rows, joinWritten(written));
    await noteRetry(tx, lease, released, described);
    return counts;
  });
}

async function retryPeople(
  { db }: RetryParts,
  lease: Lease,
  entries: readonly Entry[],
): Promise<RetryCounts> {
  const { readable, failures } = readEntries(entries, ({ content }) =>
    readUser(parseJson(content)),
  );
  return db.transaction(async (tx) => {
    await checkLease(tx, lease);
    const stored = await tx.query<{ place: number }>(
      `select k.place::integer from unnest($2::bigint[]) with ordinality as k (id, place)
       join zendesk.users u on u.account = $1 and u.id = k.id`,
      [lease.account, readable.map(({ row }) => row.id)],
    );
    const write = async (some: readonly Readable<UserRow>[]): Promise<void> => {
      await upsertUsers(
        tx,
        lease.account,
        some.map(({ row }) => row),
      );
    };
    const { counts, released } = await settle(tx, lease.account, {
      readable,
      failures,
      stored,
      write,
    });
    await noteRetry(tx, lease, released);
    return counts;
  });
}

function readEntries<Row>(
  entries: readonly Entry[],
  read: (entry: Entry) => Row | undefined,
): { readable: readonly Readable<Row>[]; failures: readonly Failure[] } {
  const readable: Readable<Row>[] = [];
  const failures: Failure[] = [];
  for (const entry of entries) {
    try {
      if (!entry.isAsItCame) throw new KnownError('record_unreadable', changedByHand);
      const row = read(entry);
      if (row !== undefined) readable.push({ entry, row });
    } catch (error) {
      failures.push({ number: entry.number, error });
    }
  }
  return { readable, failures };
}

const changedByHand = {
  found:
    'Somebody has changed the record in the quarantine, so it is not what Zendesk sent and is not stored',
};

/** Once in the life of a process, tries the records in quarantine that another version of the program could not store. */
export function createUpgradeRetry(
  engine: Engine,
  stream: Stream,
): (lease: Lease, signal: AbortSignal) => Promise<void> {
  let isDone = false;
  return async (lease, signal) => {
    if (isDone) return;
    const counts = await retryQuarantine(engine, stream, lease, 'other-versions', signal);
    isDone = true;
    const { account, log } = engine;
    if (counts.stored + counts.known + counts.left > 0)
      log.info(
        { account, stream: stream.name, ...counts },
        'the records in quarantine were tried again',
      );
  };
}
