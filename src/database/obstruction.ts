/** Who blocks a migration, in words, and how to end blocking readers. */
import { KnownError } from '../errors.ts';
import type { Queryable } from './client.ts';
import { ownSchemas } from './schema-names.ts';

type Holder = {
  readonly pid: number;
  readonly user_name: string | null;
  readonly application: string | null;
  /** Null if the connected user may not see it. */
  readonly since: string | null;
  readonly is_migrating: boolean;
};

/** Beginning of a query on the locks of other sessions in this database, `l`, with the locked object and whether it is ours. */
const locks = `with locks as (
    select l.pid, l.mode, l.relation, n.nspname || '.' || c.relname as name, coalesce(n.nspname = any ($1), false) as is_own
    from pg_locks l
    left join pg_class c on c.oid = l.relation
    left join pg_namespace n on n.oid = c.relnamespace
    where l.locktype = 'relation' and l.granted and l.pid <> pg_backend_pid()
      and l.database = (select oid from pg_database where datname = current_database())
  )`;

/** Who probably blocked it, found afterwards: another migration, otherwise the session that has used our tables for longest. */
export async function explainObstruction(
  db: Queryable,
  { sqlState, cause }: KnownError,
): Promise<KnownError> {
  const holders = await db.query<Holder>(
    `${locks}
     select l.pid, a.usename as user_name, nullif(a.application_name, '') as application,
       to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
       bool_or(l.is_migrating) as is_migrating
     from (
       -- The very first migration creates the tables: others cannot see yet what it has locked.
       select pid, is_own,
         name = 'drizzle.__drizzle_migrations' and mode = 'ExclusiveLock'
         or name is null and mode = 'AccessExclusiveLock'
           and not exists (select from pg_tables where schemaname = 'drizzle' and tablename = '__drizzle_migrations')
         as is_migrating
       from locks
     ) as l
     join pg_stat_activity a using (pid)
     where l.is_own or l.is_migrating
     group by l.pid, a.usename, a.application_name, a.xact_start
     order by is_migrating desc, a.xact_start
     limit 3`,
    [ownSchemas()],
  );
  return new KnownError('migration_blocked', { ...describeHolders(holders), sqlState, cause });
}

function describeHolders(holders: readonly Holder[]): { found: string; wayOut: string } {
  const [first] = holders;
  if (first === undefined)
    return {
      found: 'The migration waited for locks of other sessions, which are gone now',
      wayOut: 'run "migrate"',
    };
  if (first.is_migrating)
    return {
      found: `Another process is migrating the database: ${describeHolder(first)}`,
      wayOut: 'Wait until it ends, then run "migrate"',
    };
  return {
    found: `The migration is waiting for locks on its tables, which may be held by ${holders.map(describeHolder).join(' or by ')}`,
    wayOut: `Let that end, or run "select pg_terminate_backend(${first.pid});", then run "migrate"`,
  };
}

function describeHolder({
  pid,
  user_name: user,
  application,
  since,
}: Omit<Holder, 'is_migrating'>): string {
  const details = [
    ...(user === null ? [] : [`user ${user}`]),
    ...(application === null ? [] : [application]),
    ...(since === null ? [] : [`in a transaction since ${since}`]),
  ];
  return `process ${pid}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}

/**
 * Ends sessions that may only read and have used our tables in one transaction for so long, if the connected user has the
 * right to do so. Returns a sentence for each.
 */
export async function endReaders(db: Queryable, longerThanMs: number): Promise<readonly string[]> {
  const ended = await db.query<Omit<Holder, 'is_migrating'>>(
    `${locks},
     readers as materialized (
       select a.pid, a.usename as user_name, nullif(a.application_name, '') as application,
         to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
       from pg_stat_activity a
       join pg_stat_activity own on own.pid = pg_backend_pid()
       join pg_roles r on r.oid = a.usesysid and not r.rolsuper
       where a.pid in (select pid from locks where is_own)
         and (a.xact_start is null or a.xact_start < own.xact_start - make_interval(secs => $2::float8 / 1000))
         and (
           pg_has_role(r.oid, to_regrole('zendesk_reader'), 'member')
           or pg_has_role(r.oid, to_regrole('zendesk_investigator'), 'member')
         )
         and not pg_has_role(r.oid, current_user, 'member')
         and (pg_has_role(r.oid, 'usage') or pg_has_role('pg_signal_backend', 'usage'))
     )
     select * from readers where pg_terminate_backend(pid)`,
    [ownSchemas(), longerThanMs],
  );
  return ended.map(
    (reader) =>
      `A migration has ended a session that may only read and was in its way: ${describeHolder(reader)}.`,
  );
}
