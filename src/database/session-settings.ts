/**
 * What this program relies on in a session of Postgres, whatever a role, a database, the server or `PGOPTIONS` have set.
 * It is sent when a connection opens, which costs no round trip and is no state that a pooler could hand on to others. A
 * pooler may refuse it or leave it out; then what differs is set for each transaction.
 */
import { Client, type ClientConfig } from 'pg';

/** By the names of Postgres, with the values as Postgres shows them. */
const relied: Readonly<Record<string, string>> = {
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  array_nulls: 'on',
  bytea_output: 'hex',
  default_table_access_method: 'heap',
  // Partitioned tables cannot even be made where one is set.
  default_tablespace: '',
  default_transaction_isolation: 'read committed',
  extra_float_digits: '1',
  gin_fuzzy_search_limit: '0',
  // The limits of time are on this side (pool.ts): Postgres would end what legitimately takes long.
  lock_timeout: '0',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  statement_timeout: '0',
  transform_null_equals: 'off',
};

/** Only sent: what is better so, and nothing depends on it. */
const wished: Readonly<Record<string, string>> = {
  // Every name is written with its schema; with this, nothing stands before the functions of Postgres.
  search_path: 'pg_catalog',
  // A connection that rests in the pool is not given up for it.
  idle_session_timeout: '0',
  // A server whose client is gone without a word notices that after half a minute, and gives back what it has locked. A
  // connection through a socket file does not have these.
  tcp_keepalives_idle: '15',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '30000',
};

/** Looked at, but never sent: servers before 17 do not know it and would refuse the connection. */
const unsent: Readonly<Record<string, string>> = { transaction_timeout: '0' };

/** What the driver has and its types do not tell. */
type Undocumented = { getStartupConf(): Record<string, string> };

/** Makes a connection of the driver that is to be opened with these settings; `isPlain` leaves them out. */
export function createClient(config: ClientConfig, isPlain: () => boolean): Client {
  const client = new Client(config);
  const driver = client as unknown as Undocumented;
  const usual = driver.getStartupConf.bind(client);
  const mayHaveOptions = 'options' in config;
  driver.getStartupConf = () => {
    const { options, ...rest } = usual();
    // Without options in the url these come from PGOPTIONS, which is for other programs.
    const own = options !== undefined && mayHaveOptions ? { options } : {};
    return { ...rest, ...own, ...(isPlain() ? {} : { ...relied, ...wished }) };
  };
  return client;
}

/** What differs from what is relied on, as settings for one transaction; nearly always empty. */
export async function findUnsettled(client: Pick<Client, 'query'>): Promise<string> {
  const differing = await listDiffering(client);
  return differing.map(([name, value]) => ` set local ${name} = '${value}';`).join('');
}

/** Which settings of a session differ from what is relied on, with the value that is. */
export async function listDiffering(
  client: Pick<Client, 'query'>,
): Promise<readonly (readonly [name: string, wanted: string])[]> {
  const wanted: Readonly<Record<string, string>> = { ...relied, ...unsent };
  const { rows } = await client.query<{ name: string; setting: string | null }>(
    `select name, current_setting(name, true) as setting from unnest($1::text[]) as name`,
    [[...Object.keys(wanted), 'synchronous_commit']],
  );
  return rows.flatMap(({ name, setting }) => {
    // Whoever asks for more than the default has it; "off" would lose pages that were called stored.
    if (name === 'synchronous_commit') return setting === 'off' ? [[name, 'on'] as const] : [];
    const value = wanted[name];
    return setting === null || value === undefined || setting === value
      ? []
      : [[name, value] as const];
  });
}
