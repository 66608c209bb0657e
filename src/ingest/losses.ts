/**
 * Rows that were stored and were taken away by hand: dropped, detached, truncated, deleted. Postgres notes what it can
 * (`zendesk_sync.note_lost_rows`), the rest is seen by comparing the counts of the ledger with the tables. Each loss is taken
 * out of the coverage, so that it is read again like any gap, and counted when it was.
 */
import type { Queryable } from '../database/client.ts';
import { fromSeconds, subtract, toSeconds, type Span, type Spans } from '../span.ts';
import {
  findKeptSince,
  loadCoverage,
  lockStream,
  withdrawCoverage,
  type StreamKey,
} from './coverage.ts';
import { explainLoss, type Loss } from './loss-words.ts';
import { keyOf, loadStream, type Pull } from './pull.ts';
import { countSuspects } from './row-counts.ts';
import { joinStoredRows } from './stored-rows.ts';

/** A log whose losses are settled. */
type Examined = Pick<Pull, 'engine' | 'stream'>;

/**
 * Takes what is found to be lost out of the coverage, and closes the losses of which all that Zendesk still had was read
 * again. Costs one look at the ledger where nothing is lost.
 */
export async function settleLosses(examined: Examined): Promise<void> {
  const { engine, stream } = examined;
  const { db, log } = engine;
  const key = keyOf(examined);
  await joinStoredRows(db, key);
  await countSuspects(db, key, stream.table, log);
  const [found] = await db.query<{ missing: boolean; unsettled: boolean; open: boolean }>(
    `select coalesce(bool_or(noticed_at is null), false) as missing,
       coalesce(bool_or(not is_settled), false) as unsettled, coalesce(bool_or(closed_at is null), false) as open
     from zendesk_sync.losses where account = $1 and stream = $2`,
    [key.account, key.stream],
  );
  if (found?.missing === true)
    await db.query('select zendesk_sync.note_missing_partitions($1)', [stream.table.name]);
  if (found?.unsettled === true) await withdrawLost(examined);
  if (found?.open === true) await closeLosses(examined);
}

/** The losses of a log that are not all back, oldest first. None of a log that was never pulled. */
export async function loadLosses(db: Queryable, key: StreamKey): Promise<readonly Loss[]> {
  const [row] = await db.query<{ losses: readonly Loss[] }>(
    'select losses from zendesk_sync.status where account = $1 and stream = $2',
    [key.account, key.stream],
  );
  return row?.losses ?? [];
}

/** What a coverage that may not have been settled yet leaves, where losses are known. */
export function withoutLosses(coverage: Spans, losses: readonly Loss[]): Spans {
  const unsettled = losses.filter((loss) => !loss.is_settled);
  return subtract(
    coverage,
    unsettled.map(({ lost_from, rows_until }) => ({
      from: toSeconds(new Date(lost_from)),
      to: toSeconds(new Date(rows_until)),
    })),
  );
}

/** What was lost after a fetch was opened: its pages may have been among it, so it does not cover that. */
export async function loadLostSince(tx: Queryable, key: StreamKey, fetch: string): Promise<Spans> {
  return tx.query<Span>(
    `select extract(epoch from lost_from)::float8 as from, extract(epoch from rows_until)::float8 as to
     from zendesk_sync.coverage_losses where account = $1 and stream = $2 and last_fetch >= $3::bigint`,
    [key.account, key.stream, fetch],
  );
}

async function withdrawLost(examined: Examined): Promise<void> {
  const { db, log } = examined.engine;
  const key = keyOf(examined);
  const settled = await db.transaction(async (tx) => {
    await lockStream(tx, key);
    const losses = await tx.query<Span>(
      // A deletion counts from its COMMIT on: a fetch that was opened before may have found the rows still there.
      `update zendesk_sync.coverage_losses l set settled_at = now(), last_fetch = (
         select max(f.id) from zendesk_sync.fetches f where f.account = l.account and f.stream = l.stream
       )
       where account = $1 and stream = $2 and settled_at is null
       returning extract(epoch from lost_from)::float8 as from, extract(epoch from rows_until)::float8 as to`,
      [key.account, key.stream],
    );
    for (const span of losses) await withdrawCoverage(tx, key, span);
    return losses.length;
  });
  if (settled === 0) return;
  for (const loss of (await loadLosses(db, key)).slice(-settled))
    log.warn({ ...key, code: loss.code, rows: loss.rows }, explainLoss(loss));
}

type OpenLoss = Span & {
  readonly id: string;
  readonly rowsUntil: number;
  readonly rows: number;
  readonly rowsLeft: number;
};

async function closeLosses(examined: Examined): Promise<void> {
  const { engine, stream } = examined;
  const { db } = engine;
  const key = keyOf(examined);
  const horizon = await findKnownHorizon(examined);
  if (horizon === undefined) return;
  const coverage = await loadCoverage(db, key);
  const open = await db.query<OpenLoss>(
    `select id::text as id, extract(epoch from lost_from)::float8 as from, extract(epoch from lost_until)::float8 as to,
       extract(epoch from rows_until)::float8 as "rowsUntil", rows::float8 as rows, rows_left::float8 as "rowsLeft"
     from zendesk_sync.coverage_losses
     where account = $1 and stream = $2 and settled_at is not null and closed_at is null order by lost_from`,
    [key.account, key.stream],
  );
  for (const loss of open) {
    const { id, from, to, rowsUntil, rows, rowsLeft } = loss;
    const isStored = (until: number): boolean =>
      subtract([{ from: Math.max(from, horizon), to: until }], coverage).length === 0;
    if (!isStored(to)) continue;
    const { name, time } = stream.table;
    const [counted] = await db.query<{ rows: number }>(
      `select count(*)::float8 as rows from ${name} where account = $1 and ${time} >= $2 and ${time} < $3`,
      [key.account, fromSeconds(from), fromSeconds(rowsUntil)],
    );
    const rowsFound = Math.max(0, (counted?.rows ?? 0) - rowsLeft);
    // The newest rows are read again by the next ticks, and their time is covered after SETTLE only.
    if (rowsFound < rows && !isStored(rowsUntil)) continue;
    await db.query(
      'update zendesk_sync.coverage_losses set closed_at = now(), rows_found = $2 where id = $1::bigint',
      [id, rowsFound],
    );
  }
}

/** The oldest second that is wanted and to be had, as far as that is known without asking Zendesk. */
async function findKnownHorizon(examined: Examined): Promise<number | undefined> {
  const { engine, stream } = examined;
  const wanted = engine.settings.horizons[stream.name];
  if (stream.retentionDays === undefined)
    return wanted ?? (await loadStream(engine.db, keyOf(examined))).horizon;
  const [clock] = await engine.db.query<{ now: number }>(
    'select extract(epoch from now())::float8 as now',
  );
  const kept = findKeptSince(stream.retentionDays, Math.floor(clock?.now ?? 0));
  return Math.max(kept, wanted ?? kept);
}
