/**
 * A separate process that opens the embedded database in the directory given as argument, for tests that kill and interrupt
 * it. It writes JSON lines: first what it opened. On the line `stop` it closes and ends; on SIGINT it first writes a row in
 * a transaction, like a sync that finishes its page.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { openEmbeddedPostgres } from '../../src/database/embedded.ts';

const server = await openEmbeddedPostgres({
  dataDir: process.argv[2] ?? '',
  durable: false,
  binariesDir: process.env['TEST_POSTGRES_BINARIES'],
});
const client = new Client({ connectionString: server.url });
// A fast shutdown by another process ends the connection with an error.
client.on('error', () => undefined);
await client.connect();

process.on('SIGINT', async () => {
  await client.query('create table if not exists page (id int)');
  await client.query('begin');
  await client.query('insert into page values (1)');
  await client.query('commit');
  console.log(JSON.stringify({ committed: true }));
});
console.log(JSON.stringify({ url: server.url, started: server.started }));
const input = createInterface(process.stdin);
// The end of the input means that the test itself has gone.
await Promise.race([once(input, 'line'), once(input, 'close')]);
input.close();
await client.end();
await server.stop();
