/** Whether the login may drop partitions: a database has no function that does it for others. */
import type { Queryable } from '../database/client.ts';
import { nameHere } from '../database/schema-names.ts';
import type { LogTable } from '../streams/stream.ts';
import { archiveFailure } from './failure.ts';

/** Whether it has the rights of the owner of the logs. */
export async function mayArchive(
  db: Queryable,
  logs: readonly { readonly table: Pick<LogTable, 'name'> }[],
): Promise<boolean> {
  const [row] = await db.query<{ owns: boolean }>(
    `select coalesce(bool_and(pg_has_role(c.relowner, 'usage')), false) as owns
     from pg_catalog.pg_class c where c.oid = any ($1::text[]::regclass[])`,
    [logs.map(({ table }) => nameHere(table.name))],
  );
  return row?.owns === true;
}

/** What to do about it. */
export const ownerAdvice =
  'Run "archive run" with the login of the owner from a scheduler (docs/archive.md), and set ARCHIVE_SCHEDULE=off for the service';

/** @throws {KnownError} `archive_failed` when it may not */
export async function refuseOtherLogin(
  db: Queryable,
  logs: Parameters<typeof mayArchive>[1],
): Promise<void> {
  if (await mayArchive(db, logs)) return;
  throw archiveFailure(
    'Partitions are dropped by the owner of the tables alone, and the login of DATABASE_URL is not the owner',
    ownerAdvice,
  );
}
