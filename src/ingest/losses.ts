/**
 * Rows that were stored and removed by hand: dropped, detached, truncated, deleted. Postgres records what it can
 * (`zendesk_sync.note_lost_rows`); the rest is found by comparing the counts of the ledger with the tables. Each loss is
 * removed from the coverage, so that it is read again like any gap, and its rows are counted afterwards.
 */
import type { Queryable } from '../database/client.ts';
import { nameHere } from '../database/schema-names.ts';
import { fromSeconds, subtract, toSeconds, type Span, type Spans } from '../span.ts';
import {
  findKeptSince,
  loadCoverage,
  lockStream,
  withdrawCoverage,
  type StreamKey,
} from './coverage.ts';
import { explainLoss, type Loss } from './loss-words.ts';
import { keyOf, type Pull } from './pull.ts';
import { loadStream } from './horizon.ts';
import { noteUncovered } from './uncovered.ts';
import { countSuspects } from './row-counts.ts';
import { joinStoredRows } from './stored-rows.ts';

/** A log whose losses are settled. */
type Examined = Pick<Pull, 'engine' | 'stream'>;

/**
 * Removes losses from the coverage, and closes those whose time was read again as far as Zendesk still has it. If nothing is
 * lost, it costs one query on the ledger.
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
    await db.query('select zendesk_sync.note_missing_partitions($1)', [
      nameHere(stream.table.name),
    ]);
  if (found?.unsettled === true) await withdrawLost(examined);
  if (found?.open === true) await closeLosses(examined);
}

/** The losses of a log that are not all back, oldest first. None for a log that was never pulled. */
export async function loadLosses(db: Queryable, key: StreamKey): Promise<readonly Loss[]> {
  const [row] = await db.query<{ losses: readonly Loss[] }>(
    'select losses from zendesk_sync.status where account = $1 and stream = $2',
    [key.account, key.stream],
  );
  return row?.losses ?? [];
}

/** The coverage without known losses, for a coverage that may not have been corrected yet. */
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

/** What was lost after a fetch was opened: it may include pages of the fetch, so the fetch does not cover it. */
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
    const losses = await tx.query<SettledLoss>(
      // A deletion counts from its COMMIT: a fetch that was opened before may still have found the rows.
      `with settled as (update zendesk_sync.coverage_losses l set settled_at = clock.at, last_fetch = clock.fetch
       from (
         select now() as at, max(f.id) as fetch from zendesk_sync.fetches f where f.account = $1 and f.stream = $2
       ) as clock
       where account = $1 and stream = $2 and settled_at is null
       returning lost_from, rows_until, rows, code)
       select extract(epoch from lost_from)::float8 as from, extract(epoch from rows_until)::float8 as to, rows::float8 as rows, code
       from settled`,
      [key.account, key.stream],
    );
    for (const span of losses) await withdrawCoverage(tx, key, span);
    await noteUncovered(
      tx,
      key,
      losses.map(({ from, to, rows, code }) => ({ span: [from, to] as const, rows, reason: code })),
    );
    return losses.length;
  });
  if (settled === 0) return;
  for (const loss of (await loadLosses(db, key)).slice(-settled))
    log.warn({ ...key, code: loss.code, rows: loss.rows }, explainLoss(loss));
}

type SettledLoss = Span & { readonly rows: number; readonly code: string };

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
    // The next ticks read the newest rows again, and their time is covered only after SETTLE.
    if (rowsFound < rows && !isStored(rowsUntil)) continue;
    await db.query(
      'update zendesk_sync.coverage_losses set closed_at = clock.at, rows_found = $2 from (select now() as at) as clock where account = $3 and id = $1::bigint',
      [id, rowsFound, key.account],
    );
  }
}

/** The oldest second that is wanted and available, if known without asking Zendesk. */
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
