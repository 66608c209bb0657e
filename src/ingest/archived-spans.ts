/** Which months of a log are in the archive: stored, and no longer in its table. */
import type { Queryable } from '../database/client.ts';
import type { Span } from '../span.ts';
import type { StreamKey } from './coverage.ts';

/** A span of months that are in the archive, in seconds since 1970. */
export type ArchivedSpan = Span & { readonly rows: number };

/** The spans, oldest first. */
export async function loadArchivedSpans(
  db: Queryable,
  { account, stream }: StreamKey,
): Promise<readonly ArchivedSpan[]> {
  return db.query<ArchivedSpan>(
    `select extract(epoch from lower(span))::float8 as from, extract(epoch from upper(span))::float8 as to,
       (
         select coalesce(sum(o.rows), 0)::float8 from zendesk_sync.archived_objects o
         where o.account = $1 and o.stream = $2 and o.left_at is not null
           and zendesk_sync.start_of(o.month) >= lower(span) and zendesk_sync.start_of(o.month) < upper(span)
       ) as rows
     from unnest(zendesk_sync.archived_spans($1, $2)) as span
     order by 1`,
    [account, stream],
  );
}
