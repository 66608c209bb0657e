/**
 * The Postgres session settings that this program relies on, whatever a role, a database, the server or `PGOPTIONS` have
 * set. They are sent when a connection opens, which costs no round trip and is not a state that a pooler could pass on to
 * others. A pooler may refuse or drop them; then the settings that differ are set for each transaction.
 */
import { Client, type ClientConfig } from 'pg';

/** By their names in Postgres, with the values as Postgres shows them. */
const relied: Readonly<Record<string, string>> = {
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  array_nulls: 'on',
  bytea_output: 'hex',
  default_table_access_method: 'heap',
  // With this setting partitioned tables cannot be created.
  default_tablespace: '',
  default_transaction_isolation: 'read committed',
  extra_float_digits: '1',
  gin_fuzzy_search_limit: '0',
  // The time limits are on this side (pool.ts): Postgres would end statements that take long for good reasons.
  lock_timeout: '0',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  statement_timeout: '0',
  transform_null_equals: 'off',
};

/** Only sent: better with these values, but nothing depends on them. */
const wished: Readonly<Record<string, string>> = {
  // Every name is written with its schema; with this, nothing can hide the functions of Postgres.
  search_path: 'pg_catalog',
  // Postgres does not close an idle connection of the pool because of it.
  idle_session_timeout: '0',
  // Compiling the views of findings takes ten times as long as it saves.
  jit: 'off',
  // If a client disappears without a message, the server notices it after half a minute and releases its locks. A connection
  // through a socket file does not have these.
  tcp_keepalives_idle: '15',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '30000',
};

/** Checked, but never sent: servers before 17 do not know it and would refuse the connection. */
const unsent: Readonly<Record<string, string>> = { transaction_timeout: '0' };

/** What the driver has but its types do not. */
type Undocumented = { getStartupConf(): Record<string, string> };

/** Creates a driver connection with these settings, and others of its own; `isPlain` leaves them out. */
export function createClient(
  config: ClientConfig,
  isPlain: () => boolean,
  others: Readonly<Record<string, string>> = {},
): Client {
  const client = new Client(config);
  const driver = client as unknown as Undocumented;
  const usual = driver.getStartupConf.bind(client);
  const mayHaveOptions = 'options' in config;
  driver.getStartupConf = () => {
    const { options, ...rest } = usual();
    // Without options in the url they would come from PGOPTIONS, which is for other programs.
    const own = options !== undefined && mayHaveOptions ? { options } : {};
    return { ...rest, ...own, ...(isPlain() ? {} : { ...relied, ...wished, ...others }) };
  };
  return client;
}

/** The settings that differ from the needed ones, as settings for one transaction; nearly always empty. */
export async function findUnsettled(
  client: Pick<Client, 'query'>,
  others: Readonly<Record<string, string>> = {},
): Promise<string> {
  const differing = await listDiffering(client, others);
  return differing.map(([name, value]) => ` set local ${name} = '${value}';`).join('');
}

/** The settings of a session that differ from the needed ones, with the needed value. */
export async function listDiffering(
  client: Pick<Client, 'query'>,
  others: Readonly<Record<string, string>> = {},
): Promise<readonly (readonly [name: string, wanted: string])[]> {
  const wanted: Readonly<Record<string, string>> = { ...relied, ...unsent, ...others };
  const { rows } = await client.query<{ name: string; setting: string | null }>(
    `select name, current_setting(name, true) as setting from unnest($1::text[]) as name`,
    [[...Object.keys(wanted), 'synchronous_commit']],
  );
  return rows.flatMap(({ name, setting }) => {
    // A stronger value than the default is kept; "off" would lose pages that were reported as stored.
    if (name === 'synchronous_commit') return setting === 'off' ? [[name, 'on'] as const] : [];
    const value = wanted[name];
    return setting === null || value === undefined || setting === value
      ? []
      : [[name, value] as const];
  });
}
