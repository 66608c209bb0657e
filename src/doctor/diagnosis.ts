/** Reads facts about a database without changing it. Every statement runs in a read-only transaction. */
import { KnownError } from '../errors.ts';
import { sqlstates } from '../database/sqlstates.ts';
import { ownSchemas } from '../database/schema-names.ts';
import { openDatabase, type Queryable } from '../database/client.ts';
import { loadSessionDefaults } from '../database/session-defaults.ts';
import { settleBudget, type BudgetState } from '../ingest/budget.ts';

/** A read-only database: Postgres itself refuses to write. A lost connection is not tried again. */
export type ReadOnlyDatabase = Queryable & {
  /** The same with a time limit, after which Postgres ends it: then undefined. */
  queryWithin<Row>(
    limitMs: number,
    text: string,
    values: readonly unknown[],
  ): Promise<Row[] | undefined>;
  close(): Promise<void>;
};

/** Opens it; nothing is connected yet. `url` is secret. Errors are those of `openDatabase`. */
export function openReadOnly(url: string): ReadOnlyDatabase {
  const db = openDatabase({ url, connections: 2 });
  return {
    async query<Row>(text: string, values: readonly unknown[] = []) {
      const rows: Row[] = [];
      for await (const row of db.read<Row>(text, values)) rows.push(row);
      return rows;
    },
    async queryWithin<Row>(limitMs: number, text: string, values: readonly unknown[]) {
      try {
        return await db.transaction(async (tx) => {
          await tx.query(`set transaction read only; set local statement_timeout = ${limitMs}`);
          return tx.query<Row>(text, values);
        });
      } catch (error) {
        if (error instanceof KnownError && error.sqlState === sqlstates.queryCanceled)
          return undefined;
        throw error;
      }
    },
    close: () => db.close(),
  };
}

/** The server and the database as the connected user sees them. */
export type ServerFacts = {
  readonly version: string;
  /** As `server_version_num`: 180004. */
  readonly number: number;
  readonly encoding: string;
  /** The initial value of a session. */
  readonly time_zone: string;
  /** False for a time zone that ever differs from UTC. */
  readonly is_utc: boolean;
  /** Settings of the role or the database that this program overrides for itself. */
  readonly overridden: readonly string[];
  readonly database: string;
  readonly user_name: string;
  readonly database_bytes: number;
  /** True for a standby: nothing can be written there. */
  readonly is_standby: boolean;
  /** True if the database or the user is set to read-only. */
  readonly is_read_only: boolean;
  /** The server's clock, milliseconds since 1970. */
  readonly now_ms: number;
  /** Where the server keeps its files, if the user may know and the server runs on this machine. */
  readonly data_directory: string | null;
};

/** Reads the facts about the server. `url` is that of the same database, and secret. */
export async function loadServerFacts(db: Queryable, url: string): Promise<ServerFacts> {
  const [facts] = await db.query<Omit<ServerFacts, 'time_zone' | 'is_utc' | 'overridden'>>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::integer as number,
       current_setting('server_encoding') as encoding,
       current_database()::text as database, current_user::text as user_name,
       pg_database_size(current_database())::float8 as database_bytes, pg_is_in_recovery() as is_standby,
       current_setting('default_transaction_read_only') = 'on' as is_read_only,
       (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms,
       -- A container with a forwarded port sees an address of its own network, and its directories are not ours.
       (
         select setting from pg_settings
         where name = 'data_directory' and (inet_server_addr() is null or inet_server_addr() <<= '127.0.0.0/8' or inet_server_addr() = '::1')
       ) as data_directory`,
  );
  if (facts === undefined) throw new Error('a select without a table gave no row');
  const { timeZone, isUtc, overridden } = await loadSessionDefaults(url);
  return { ...facts, time_zone: timeZone, is_utc: isUtc, overridden };
}

/** What the connected user may do. */
export type Privileges = {
  readonly may_create_schema: boolean;
  readonly may_create_role: boolean;
  /** The existing ones of our schemas. */
  readonly schemas: readonly string[];
  /** The schemas in which the user may not create tables, and the tables that belong to somebody else. */
  readonly foreign_objects: readonly string[];
  /** Their owners: the users to connect as. */
  readonly owners: readonly string[];
  /** The existing ones of the roles for analysts. */
  readonly roles: readonly string[];
  /** The roles that have grants here: roles belong to the server, grants to the database. */
  readonly granted_roles: readonly string[];
  /** Whether the user may do what the role of the service may. */
  readonly is_writer?: boolean;
  /** Tables of the history from which the user may remove rows. */
  readonly removable?: readonly string[];
  /** Whether the user may take the role of the page, and whether that has its grants here. */
  readonly page_role?: 'ready' | 'ungranted' | 'untaken' | 'missing';
  /** Whether every user who can connect may create large objects, which only a superuser can forbid. */
  readonly may_create_large_objects: boolean;
};

/** The roles with read permission. */
export const analystRoles = ['zendesk_reader', 'zendesk_investigator'] as const;

/** Reads the user's privileges. */
export async function loadPrivileges(db: Queryable): Promise<Privileges> {
  const [privileges] = await db.query<Privileges>(
    `with present as (
       select oid, nspname::text as name, nspowner from pg_namespace where nspname = any ($2)
     ),
     foreign_objects as (
       select name || ' (schema)' as name, nspowner as owner from present
       where not (has_schema_privilege(oid, 'create') and has_schema_privilege(oid, 'usage'))
       union all
       select present.name || '.' || relname, relowner
       from pg_class join present on relnamespace = present.oid
       where relkind in ('r', 'p', 'v', 'S') and not relispartition and not pg_has_role(relowner, 'usage')
     )
     select has_database_privilege(current_database(), 'create') as may_create_schema,
       (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as may_create_role,
       coalesce((select json_agg(name order by name) from present), '[]') as schemas,
       coalesce((select json_agg(name order by name collate "C") from foreign_objects), '[]') as foreign_objects,
       coalesce((select json_agg(distinct pg_get_userbyid(owner)::text) from foreign_objects), '[]') as owners,
       coalesce((select json_agg(rolname::text order by rolname) from pg_roles where rolname = any ($1)), '[]') as roles,
       coalesce((
         select json_agg(rolname::text order by rolname) from pg_roles
         where rolname = any ($1) and exists (select from present where name = 'zendesk_sync' and has_schema_privilege(rolname, oid, 'usage'))
       ), '[]') as granted_roles,
       coalesce((
         select pg_has_role(w.oid, 'member') from pg_roles w where w.rolname = 'zendesk_writer'
       ), false) as is_writer,
       coalesce((
         select case
             when not pg_has_role(r.oid, case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end)
               then 'untaken'
             when not exists (select from present where name = 'zendesk_sync' and has_schema_privilege(r.oid, oid, 'usage'))
               then 'ungranted'
             else 'ready'
           end
         from pg_roles r where r.rolname = 'zendesk_page'
       ), 'missing') as page_role,
       coalesce((
         select json_agg(p.name || '.' || c.relname order by 1) from pg_class c join present p on p.oid = c.relnamespace
         where c.relkind in ('r', 'p') and c.relname in ('audit_logs', 'access_logs', 'revisions', 'entries', 'hashes', 'holds', 'removals', 'remnants')
           and has_table_privilege(c.oid, 'delete, truncate')
       ), '[]') as removable,
       exists (
         select from pg_roles where rolname = any ($1) and has_function_privilege(rolname, 'pg_catalog.lo_create(oid)', 'execute')
       ) as may_create_large_objects`,
    [analystRoles, ownSchemas()],
  );
  if (privileges === undefined) throw new Error('a select without a table gave no row');
  return privileges;
}

/** The current state of a shared budget. */
type BudgetFacts = BudgetState & {
  /** The database's clock, milliseconds since 1970. */
  readonly nowMs: number;
  readonly pauseReason: string | undefined;
};

/** Reads a budget without using it; undefined if nobody has used it yet. */
export async function loadBudget(
  db: Queryable,
  account: string,
  group: string,
): Promise<BudgetFacts | undefined> {
  const [row] = await db.query<{
    spent: BudgetState['spent'];
    paused_until_ms: number | null;
    pause_reason: string | null;
    now_ms: number;
  }>(
    `select spent, (extract(epoch from paused_until) * 1000)::float8 as paused_until_ms, pause_reason,
       (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
     from zendesk_sync.budgets where account = $1 and budget_group = $2`,
    [account, group],
  );
  if (row === undefined) return undefined;
  const noted = { spent: row.spent, pausedUntilMs: row.paused_until_ms ?? undefined };
  return {
    ...settleBudget(noted, row.now_ms),
    pauseReason: row.pause_reason ?? undefined,
    nowMs: row.now_ms,
  };
}

/** A name, quoted for SQL. */
export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
