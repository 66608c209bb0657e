/** A separate Postgres server for a test, which uses TLS with certificates that the test creates. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbeddedPostgres } from '../../src/database/embedded.ts';
import type { Authority } from './certificates.ts';
import { chooseParent } from './global-setup.ts';
import { waitUntil } from './pulled-account.ts';
import { withClient, type Query } from './query.ts';

/** It listens at 127.0.0.1. */
export type TlsServer = {
  readonly port: number;
  /** As its superuser, with a password and without TLS. */
  readonly url: string;
  readonly query: Query;
  /** Sets how the role `kr7`, a superuser too, may connect: the lines of pg_hba.conf before that of `postgres`. */
  allow(...lines: readonly string[]): Promise<void>;
  /** Makes new connections see changed settings. */
  reload(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts one. Its certificate is for localhost, and it trusts clients with certificates of the same authority. */
export async function startTlsServer(authority: Authority): Promise<TlsServer> {
  const directory = await mkdtemp(join(await chooseParent(), 'zls-tls-'));
  const server = await openEmbeddedPostgres({
    dataDir: directory,
    database: 'postgres',
    durable: false,
    binariesDir: process.env['TEST_POSTGRES_BINARIES'],
  });
  const { url } = server;
  const query: Query = (text, values) => withClient(url, (ask) => ask(text, values));
  const { cert, key } = authority.issue('localhost', ['localhost']);
  // Written by the server itself: they must belong to it, whichever user runs this test.
  const files = { 'server.crt': cert, 'server.key': key, 'root.crt': authority.cert };
  for (const [name, text] of Object.entries(files)) await write(query, name, text);
  const settings = {
    ssl: 'on',
    ssl_cert_file: 'server.crt',
    ssl_key_file: 'server.key',
    ssl_ca_file: 'root.crt',
  };
  for (const [name, value] of Object.entries(settings))
    await query(`alter system set ${name} = '${value}'`);
  const rules = await readFile(join(directory, 'cluster', 'pg_hba.conf'), 'utf8');
  const loaded = async (): Promise<string> => {
    const [row] = await query<{ at: string }>('select pg_conf_load_time()::text as at');
    return row?.at ?? '';
  };
  const reload = async (): Promise<void> => {
    const before = await loaded();
    await query('select pg_reload_conf()');
    await waitUntil(async () => (await loaded()) !== before);
  };
  const allow = async (...lines: readonly string[]): Promise<void> => {
    await write(query, 'pg_hba.conf', [...lines, rules].join('\n'));
    await reload();
  };
  await query(`create role kr7 superuser login`);
  await allow();
  return {
    port: Number(new URL(server.url).port),
    url,
    query,
    allow,
    reload,
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function write(query: Query, name: string, text: string): Promise<void> {
  const lines = `select unnest(string_to_array('${text.trimEnd().replaceAll("'", "''")}', chr(10)))`;
  await query(`copy (${lines}) to program 'umask 077; cat > ${name}'`);
}
