/** What the ledger says of a page: where its fetch is, and how many rows it brought. */
import type { Statement } from '../database/batch.ts';
import type { Queryable } from '../database/client.ts';
import { fromSeconds } from '../span.ts';
import type { StreamKey } from './coverage.ts';
import type { Fetch } from './fetch.ts';
import { changedHistory } from './lease.ts';
import type { NotedPage } from './page-manifest.ts';
import type { PageEnd, PageToStore, StoredPage } from './page-to-store.ts';
import type { PageCounts, WrittenRows } from './rows/written.ts';
import { countByDay } from './stored-rows.ts';

/** The fetch after a page. */
export function advance(
  { fetch, rows, quarantined = [], pageSize, askedAt, end }: PageToStore,
  counts: PageCounts,
): Fetch {
  return {
    ...fetch,
    pageSize,
    cursor: end.kind === 'more' ? end.nextCursor : undefined,
    askedAt,
    pages: fetch.pages + 1,
    seen: fetch.seen + rows.length + quarantined.length,
    new: fetch.new + counts.new,
    changed: fetch.changed + counts.changed,
    late: fetch.late + counts.late,
  };
}

/** What a page has written, and when its transaction began. */
type Recorded = Pick<WrittenRows, 'newTimesMs' | 'leftTimesMs'> & {
  readonly noted: NotedPage | undefined;
  readonly startedAt: string;
};

/**
 * Moves the cursor, counts the new rows, and leaves the manifest for the sealer: the beginning of a statement. There is no
 * row of `moved` if the fetch is not where its reader left it, or has ended.
 */
export function recordPage(
  key: StreamKey,
  page: PageToStore,
  next: Fetch,
  { newTimesMs, leftTimesMs, noted, startedAt }: Recorded,
): Statement {
  const stored = countByDay(newTimesMs, leftTimesMs);
  const outcome = outcomeOf(page.end);
  return {
    text: `with counted as (
       insert into zendesk_sync.stored_rows (account, stream, day, rows)
       select $13, $14, day, rows from unnest($15::date[], $16::bigint[]) as stored (day, rows)
     ),
     moved as (
       update zendesk_sync.fetches
       set cursor = $3, page_size = $4, asked_at = $5, pages = $6, rows_seen = $7, rows_new = $8, rows_changed = $9,
         rows_late = $10, outcome = $11::text, ended_at = $19::timestamptz
       where account = $13 and id = $1::bigint and pages = $2 and mark = $12::uuid and outcome is null
       returning 1
     ),
     noted as (
       insert into zendesk_evidence.pending (account, stream, manifest, tags)
       select $13, $14, $17, $18 from moved where $17::text is not null
     )`,
    values: [
      next.fetch,
      page.fetch.pages,
      next.cursor,
      next.pageSize,
      fromSeconds(page.askedAt),
      next.pages,
      next.seen,
      next.new,
      next.changed,
      next.late,
      outcome,
      page.fetch.mark,
      key.account,
      key.stream,
      stored.days,
      stored.rows,
      noted?.manifest ?? null,
      noted?.tags ?? null,
      outcome === null ? null : startedAt,
    ],
  };
}

/**
 * The page as an earlier try stored it, if the answer to COMMIT was lost: then the fetch is one page further with the mark
 * of this reader, and the ledger has the counts. In any other state the process cannot rely on its memory of the fetch: it
 * may be behind, because pages were lost; further; ended; or missing, with its number given to another fetch.
 */
export async function describeStored(
  tx: Queryable,
  key: StreamKey,
  page: PageToStore,
  next: Fetch,
): Promise<Omit<StoredPage, 'quarantined'>> {
  const [row] = await tx.query<Pick<Fetch, 'seen' | 'new' | 'changed' | 'late'>>(
    `select rows_seen::float8 as seen, rows_new::float8 as new, rows_changed::float8 as changed, rows_late::float8 as late
     from zendesk_sync.fetches
     where account = $6 and id = $1::bigint and mark = $2::uuid and pages = $3 and cursor is not distinct from $4
       and outcome is not distinct from $5`,
    [next.fetch, next.mark, next.pages, next.cursor ?? null, outcomeOf(page.end), key.account],
  );
  if (row === undefined) throw changedHistory(key);
  const fetch = { ...next, ...row };
  const counts = {
    new: fetch.new - page.fetch.new,
    changed: fetch.changed - page.fetch.changed,
    late: fetch.late - page.fetch.late,
  };
  return { fetch, counts };
}

function outcomeOf(end: PageEnd): string | null {
  return end.kind === 'more' ? null : end.kind;
}
