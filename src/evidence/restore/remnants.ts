/**
 * Finds out whether a log that became shorter belongs to a restored database: then nothing exists of what the
 * missing entries describe. Somebody who cuts the log leaves the rows.
 */
import type { Queryable } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { SealedEntry } from '../verification/entry.ts';

/** Whether a row exists that one of the entries describes. */
export async function haveRemnants(
  db: Queryable,
  account: string,
  logs: readonly LogStream[],
  entries: readonly SealedEntry[],
): Promise<boolean> {
  for (const { name, table } of logs) {
    // Adopted rows existed before and prove nothing.
    const own = entries.filter(
      ({ kind, stream, rows }) => kind !== 'adopted' && stream === name && (rows?.count ?? 0) > 0,
    );
    const [answer] = await db.query<{ remain: boolean }>(
      `select exists (
         select from unnest($2::bigint[], $3::bigint[], $4::timestamptz[]) as e (first, last, stored_at)
         where exists (
           select from ${table.name} t
           where t.account = $1 and t.synced_at = e.stored_at
             and t.${table.time} between 'epoch'::timestamptz + e.first * interval '1 microsecond'
               and 'epoch'::timestamptz + e.last * interval '1 microsecond'
         )
       ) as remain`,
      [
        account,
        own.map(({ bounds: [first] }) => first),
        own.map(({ bounds: [, last] }) => last),
        own.map(({ storedAt }) => storedAt),
      ],
    );
    if (answer?.remain === true) return true;
  }
  return false;
}
