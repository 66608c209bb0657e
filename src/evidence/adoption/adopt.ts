/**
 * Adopts rows that were stored before the sealed log of their stream began, a few thousand at a time, in the order
 * of their keys. They are adopted as found: the log says nothing about what happened to them earlier.
 *
 * A row has one manifest: no page of the stream is stored while a part is adopted, and a row that a page writes later leaves
 * its former version in the revisions.
 */
import type { Database, Queryable, Transaction } from '../../database/client.ts';
import { sqlstates } from '../../database/sqlstates.ts';
import { KnownError } from '../../errors.ts';
import type { Log } from '../../logger.ts';
import type { LogStream, LogTable } from '../../streams/stream.ts';
import { noteManifest } from '../pending.ts';
import { hashRows, type SealedRow } from '../rows-root.ts';
import { ensurePersonKeys, nameKeys } from '../salts.ts';
import { inUtc, readSelected, selectSealed, type SelectedRow } from '../stored-rows.ts';

/** Which rows of which account are adopted. */
type Adoption = { readonly account: string; readonly logs: readonly LogStream[] };

/** How much is done in a turn. */
type Turn = {
  /** Rows looked at in one transaction: pages of the stream wait for it. */
  readonly chunkRows: number;
  /** After this time, waiting manifests are sealed first. */
  readonly turnMs: number;
};

const usualTurn: Turn = { chunkRows: 4096, turnMs: 1000 };
/** Progress is reported after this number of rows. */
const tellRows = 400_000;

/** Adopts rows for a short time. @returns whether it has stored manifests */
export async function adoptRows(
  db: Database,
  { account, logs }: Adoption,
  log: Log,
  signal: AbortSignal,
  { chunkRows, turnMs } = usualTurn,
): Promise<boolean> {
  const open = await db.query<{ stream: string }>(
    'select stream from zendesk_evidence.adoptions where account = $1 and ended_at is null',
    [account],
  );
  const endMs = performance.now() + turnMs;
  let hasNoted = false;
  for (const stream of logs.filter(({ name }) => open.some((each) => each.stream === name))) {
    let known: KnownMoments = { size: 0, moments: new Set() };
    for (;;) {
      if (signal.aborted) return hasNoted;
      const done = await adoptPart(db, account, stream, known, chunkRows);
      if (done === undefined) break;
      hasNoted ||= done.hasNoted;
      known = done.known;
      tellProgress(log, account, stream, done);
      if (done.isLast || performance.now() >= endMs) break;
    }
  }
  return hasNoted;
}

/** The moments of manifests of the stream from before its first one was noticed: pages that were stored at the same time. */
type KnownMoments = { readonly size: number; readonly moments: ReadonlySet<string> };

type State = {
  readonly before: string;
  readonly reachedAt: string;
  readonly reachedId: string;
  readonly rows: number;
};

type AdoptedPart = {
  readonly rows: number;
  readonly former: number;
  readonly hasNoted: boolean;
  readonly isLast: boolean;
  readonly known: KnownMoments;
};

/** Adopts the next part. Undefined while another process does, while a page takes long, or before the stream was first pulled. */
async function adoptPart(
  db: Database,
  account: string,
  stream: LogStream,
  knownBefore: KnownMoments,
  chunkRows: number,
): Promise<AdoptedPart | undefined> {
  try {
    return await db.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = '3s'`);
      const state = await lockState(tx, account, stream);
      if (state === undefined || !(await holdPages(tx, account, stream))) return undefined;
      const known = await loadKnown(tx, account, stream, state.before, knownBefore);
      const part = await readPart(tx, account, stream.table, state, known, chunkRows);
      const isLast = part.length < chunkRows;
      const old = part.filter(({ isOld }) => isOld);
      const hasNoted = old.length > 0 || isLast;
      if (hasNoted) await noteAdopted(tx, account, stream, state.before, old, isLast);
      await tx.query(
        `update zendesk_evidence.adoptions
         set reached_at = $3::timestamptz, reached_id = $4, rows = rows + $5, ended_at = case when $6 then clock.at end
         from (select now() as at) as clock
         where account = $1 and stream = $2`,
        [
          account,
          stream.name,
          part.at(-1)?.time ?? state.reachedAt,
          part.at(-1)?.id ?? state.reachedId,
          old.length,
          isLast,
        ],
      );
      return { rows: state.rows + old.length, former: state.rows, hasNoted, isLast, known };
    });
  } catch (error) {
    if (error instanceof KnownError && error.sqlState === sqlstates.lockNotAvailable)
      return undefined;
    throw error;
  }
}

async function lockState(
  tx: Queryable,
  account: string,
  { name, table }: LogStream,
): Promise<State | undefined> {
  const [state] = await tx.query<State>(
    `select ${inUtc('before')} as before, coalesce(reached_at, '-infinity')::text as "reachedAt",
       coalesce(reached_id, $3) as "reachedId", rows::float8 as rows
     from zendesk_evidence.adoptions
     where account = $1 and stream = $2 and ended_at is null
     for update skip locked`,
    [account, name, table.id.type === 'text' ? '' : '0'],
  );
  return state;
}

/** Keeps pages of the stream from being stored until the end of the transaction: each holds the lease for itself first. */
async function holdPages(tx: Queryable, account: string, { name }: LogStream): Promise<boolean> {
  const held = await tx.query(
    'select from zendesk_sync.leases where account = $1 and stream = $2 for update',
    [account, name],
  );
  return held.length > 0;
}

/** Adds what is new since the last call. No manifest can move from the queue to the log unseen: it is one statement. */
async function loadKnown(
  tx: Queryable,
  account: string,
  { name }: LogStream,
  before: string,
  known: KnownMoments,
): Promise<KnownMoments> {
  const rows = await tx.query<{ moment: string | null; size: number }>(
    `with log as (select size from zendesk_evidence.logs where account = $1)
     select log.size::float8 as size, each.moment
     from log left join (
       select ${inUtc('stored_at')} as moment from zendesk_evidence.pending where account = $1 and stream = $2
       union all
       select body ->> 'stored_at' from (
         select zendesk_sync.manifest_of(manifest) as body from zendesk_evidence.entries
         where account = $1 and index >= $4::bigint
       ) as sealed
       where body ->> 'stream' = $2
     ) as each on each.moment < $3`,
    [account, name, before, known.size],
  );
  const moments = rows.flatMap(({ moment }) => moment ?? []);
  return { size: rows[0]?.size ?? known.size, moments: new Set([...known.moments, ...moments]) };
}

type PartRow = SealedRow & { readonly time: string; readonly isOld: boolean };

async function readPart(
  tx: Queryable,
  account: string,
  table: LogTable,
  { before, reachedAt, reachedId }: State,
  known: KnownMoments,
  chunkRows: number,
): Promise<readonly PartRow[]> {
  const { name, time, id } = table;
  const idType = id.type === 'text' ? 'text collate "C"' : id.type;
  const rows = await tx.query<SelectedRow>(
    `select ${selectSealed(table)}, ${time}::text as "$time",
       (synced_at < $4::timestamptz and ${inUtc('synced_at')} <> all ($5::text[]))::text as "$isOld"
     from ${name}
     where account = $1 and ${time} >= $2::timestamptz and (${time}, ${id.name}) > ($2::timestamptz, $3::${idType})
     order by ${time}, ${id.name}
     limit ${chunkRows}`,
    [account, reachedAt, reachedId, before, [...known.moments]],
  );
  return rows.map(({ $time, $isOld, ...row }) => ({
    ...readSelected(row),
    time: $time ?? '',
    isOld: $isOld === 'true',
  }));
}

async function noteAdopted(
  tx: Transaction,
  account: string,
  { name, table }: LogStream,
  before: string,
  rows: readonly SealedRow[],
  isLast: boolean,
): Promise<void> {
  const named = rows.map(({ micros, row }) => ({ timeMs: Number(micros) / 1000, row }));
  const keys = await ensurePersonKeys(tx, account, nameKeys(table, named));
  const { root, tags } = hashRows(table, rows, keys);
  const [first, last] = [rows[0], rows.at(-1)];
  await noteManifest(
    tx,
    { account, stream: name },
    {
      kind: 'adopted',
      before,
      rows: {
        count: rows.length,
        root: root.toString('base64'),
        ...(first && last && { first: [first.micros, first.id], last: [last.micros, last.id] }),
      },
      days: countDays(named.map(({ timeMs }) => timeMs)),
      ...(isLast && { complete: true }),
    },
    tags.length === 0 ? null : tags,
  );
}

function countDays(timesMs: readonly number[]): Readonly<Record<string, number>> {
  const days: Record<string, number> = {};
  for (const timeMs of timesMs) {
    const day = new Date(timeMs).toISOString().slice(0, 10);
    days[day] = (days[day] ?? 0) + 1;
  }
  return days;
}

function tellProgress(
  log: Log,
  account: string,
  { name: stream }: LogStream,
  { rows, former, isLast }: AdoptedPart,
): void {
  if (isLast)
    log.info({ account, stream, rows }, 'all rows from before the sealed log are in it now');
  else if (Math.floor(rows / tellRows) > Math.floor(former / tellRows) || former === 0)
    log.info({ account, stream, rows }, 'rows from before the sealed log are taken into it');
}
