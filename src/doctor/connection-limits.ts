/** How many connections Postgres allows the program. */
import type { Queryable } from '../database/client.ts';
import { mostConnections } from '../ingest/session.ts';
import { warning, type Check } from './check.ts';
import { quoteName, type ServerFacts } from './diagnosis.ts';

/** Limits of Postgres; -1 if there is none. */
type ConnectionLimits = {
  readonly role: number;
  readonly database: number;
  /** The server's connections for everybody, without those reserved for superusers. */
  readonly server: number;
  /** Connections that others use now. */
  readonly others: number;
};

/** Reads the limits. */
export async function loadConnectionLimits(db: Queryable): Promise<ConnectionLimits> {
  const [limits] = await db.query<ConnectionLimits>(
    `select (select rolconnlimit from pg_roles where rolname = current_user) as role,
       (select datconnlimit from pg_database where datname = current_database()) as database,
       current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
         - coalesce(current_setting('reserved_connections', true)::integer, 0) as server,
       (select count(*)::integer from pg_stat_activity
        where backend_type = 'client backend' and application_name not like 'zendesk-log-sync%') as others`,
  );
  if (limits === undefined) throw new Error('a select without a table gave no row');
  return limits;
}

/** A warning if they are not enough for one `serve`. */
export function checkConnections(
  { role, database, server, others }: ConnectionLimits,
  { user_name: user, database: name }: Pick<ServerFacts, 'user_name' | 'database'>,
): readonly Check[] {
  const wish = `"serve" takes up to ${mostConnections}; with fewer it works, but its parts wait for each other, and fail when that takes too long`;
  if (isShort(role))
    return [
      warning(
        'connections',
        `the user ${user} can have ${role}; ${wish}`,
        `Allow more:\nalter role ${quoteName(user)} connection limit ${mostConnections + 5};`,
      ),
    ];
  if (isShort(database))
    return [
      warning(
        'connections',
        `the database ${name} can have ${database}; ${wish}`,
        `Allow more:\nalter database ${quoteName(name)} connection limit ${mostConnections + 5};`,
      ),
    ];
  if (server - others < mostConnections)
    return [
      warning(
        'connections',
        `the server has ${server}, and other programs use ${others} of them; ${wish}`,
        'Raise max_connections of the server, or put a pooler such as PgBouncer in front of it.',
      ),
    ];
  return [];
}

function isShort(limit: number): boolean {
  return limit >= 0 && limit < mostConnections;
}
