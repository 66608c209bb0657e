/**
 * Which database a sealed log is in. After a restore, a failover or a move it is in another one, which may lack entries
 * that were published before.
 */
import type { Queryable } from '../../database/client.ts';
import { hasCode } from '../../errors.ts';

/** Whether an account's log was last compared with its published copies in another database. False if that is not known. */
export async function isInOtherDatabase(db: Queryable, account: string): Promise<boolean> {
  const [log] = await db.query<{ history: string | null }>(
    'select history from zendesk_evidence.logs where account = $1',
    [account],
  );
  const noted = log?.history ?? undefined;
  const present = await identify(db);
  return noted !== undefined && present !== undefined && noted !== present;
}

/** Notes that an account's log was compared with its published copies in this database. */
export async function noteDatabase(db: Queryable, account: string): Promise<void> {
  const present = await identify(db);
  if (present === undefined) return;
  await db.query(
    'update zendesk_evidence.logs set history = $2 where account = $1 and history is distinct from $2',
    [account, present],
  );
}

/** The server (system identifier), the time line of its write-ahead log, and the database. */
async function identify(db: Queryable): Promise<string | undefined> {
  try {
    const [found] = await db.query<{ present: string }>(
      `select concat_ws(' ', system_identifier, left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), oid) as present
       from pg_control_system(), pg_database where datname = current_database()`,
    );
    return found?.present;
  } catch (error) {
    // Some services do not let a role ask for the identity of the server.
    if (hasCode(error, 'database_refused', 'privilege_missing', 'tables_missing')) return undefined;
    throw error;
  }
}
