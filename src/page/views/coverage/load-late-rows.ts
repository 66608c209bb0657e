/** Rows that appeared after their seconds were covered. */
import type { Queryable } from '../../../database/client.ts';
import { fromSeconds, type Span } from '../../../span.ts';
import type { LogStream } from '../../../streams/stream.ts';

/** A row that appeared after its second was covered. */
export type LateRow = { readonly at: Date; readonly id: string; readonly storedAt: Date };

/** So many are listed. */
export const listed = 500;
/** In a day with more rows they are looked for in an hour only. */
const mostRows = 300_000;
const hourSeconds = 3600;

/**
 * The late rows of a span: those that a fetch stored which found late rows in their second. Undefined where there are too many
 * rows to look for them.
 */
export async function loadLateRows(
  db: Queryable,
  account: string,
  { name, table }: LogStream,
  { from, to }: Span,
): Promise<readonly LateRow[] | undefined> {
  const values = [account, name, fromSeconds(from), fromSeconds(to)];
  const [day] = await db.query<{ rows: number }>(
    `select coalesce(sum(rows), 0)::float8 as rows from zendesk_sync.stored_rows
     where account = $1 and stream = $2 and day >= ($3::timestamptz at time zone 'UTC')::date and day < ($4::timestamptz at time zone 'UTC')::date`,
    values,
  );
  if (to - from > hourSeconds && (day?.rows ?? 0) > mostRows) return undefined;
  return db.query<LateRow>(
    `select r.${table.time} as at, r.${table.id.name}::text as id, r.first_synced_at as "storedAt"
     from ${table.name} r
     where r.account = $1 and r.${table.time} >= $3 and r.${table.time} < $4 and exists (
       select from zendesk_sync.fetches f
       where f.account = $1 and f.stream = $2 and f.rows_late > 0 and f.span_from < $4 and f.span_until > $3
         and r.${table.time} >= f.span_from and r.${table.time} < f.span_until
         and r.first_synced_at >= f.started_at and r.first_synced_at <= coalesce(f.ended_at, 'infinity')
     )
     order by 1, 2 limit ${listed + 1}`,
    values,
  );
}
