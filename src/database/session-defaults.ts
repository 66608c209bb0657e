/** The initial settings of a Postgres session: how others who connect as this user see the database. */
import type { Client } from 'pg';
import { translateError } from './connection-errors.ts';
import { connectTimeoutMs, describeConnection } from './ways.ts';
import { openLoneConnection } from './lone-connection.ts';
import { listDiffering } from './session-settings.ts';

/** Settings of a role, a database or the server. */
type SessionDefaults = {
  readonly timeZone: string;
  /** False for a time zone that is ever off UTC. */
  readonly isUtc: boolean;
  /** The names of settings that this program overrides for itself, because it needs other values. */
  readonly overridden: readonly string[];
};

/** Reads them over a separate connection without settings. `url` is secret. Errors are known ones. */
export async function loadSessionDefaults(url: string): Promise<SessionDefaults> {
  const { route, config } = describeConnection(url);
  let client: Client | undefined;
  try {
    const plan = { route, config: { ...config, query_timeout: connectTimeoutMs } };
    client = await openLoneConnection(plan, true);
    const { rows } = await client.query<Pick<SessionDefaults, 'timeZone' | 'isUtc'>>(
      `select current_setting('TimeZone') as "timeZone",
         extract(timezone from timestamptz '2026-01-01') = 0 and extract(timezone from timestamptz '2026-07-01') = 0 as "isUtc"`,
    );
    const [zone] = rows;
    if (zone === undefined) throw new Error('a select without a table gave no row');
    const differing = await listDiffering(client);
    return { ...zone, overridden: differing.map(([name]) => name).toSorted() };
  } catch (error) {
    throw translateError(error);
  } finally {
    await client?.end().catch(() => {});
  }
}
