/** Whether the login may take rows away: a database has no function that does it for others. */
import type { Queryable } from '../database/client.ts';
import { nameHere } from '../database/schema-names.ts';
import { KnownError } from '../errors.ts';
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

/**
 * Refuses a command that takes away or brings back rows before it begins, instead of at the first statement that fails.
 *
 * @param command as somebody types it
 * @throws {KnownError} `privilege_missing` when the login is not the owner of the tables
 */
export async function requireOwner(
  db: Queryable,
  logs: Parameters<typeof mayArchive>[1],
  command: string,
): Promise<void> {
  if (await mayArchive(db, logs)) return;
  throw new KnownError('privilege_missing', {
    found: `"${command}" needs the login of the owner of the tables, and this login is not the owner`,
    wayOut:
      'Run the command with the url of the owner as DATABASE_URL (docs/operations.md, "Two logins")',
  });
}
