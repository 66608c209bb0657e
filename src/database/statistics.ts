/** Statistics for the planner. */
import type { Queryable } from './client.ts';
import { nameHere } from './schema-names.ts';

/**
 * Makes the statistics of a partitioned table of which a partition with rows has none. Postgres makes those of a partition
 * only after a minute, and never those of the whole; until then a question over all rows may take minutes.
 */
export async function ensureStatistics(db: Queryable, table: string): Promise<void> {
  const [row] = await db.query<{ lacking: boolean }>(
    `select exists (
       select from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = $1::regclass and c.reltuples < 0 and pg_relation_size(c.oid) > 0
     ) as lacking`,
    [nameHere(table)],
  );
  if (row?.lacking === true)
    await db.query('select zendesk_sync.refresh_statistics($1)', [nameHere(table)]);
}
