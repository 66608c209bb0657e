/** A separate server for chaos, as the program embeds it: its processes may be killed without effect on other tests. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../../src/database/embedded.ts';
import { chooseParent } from '../global-setup.ts';

export type OwnServer = {
  /** The number of its first process, which all others belong to. */
  postmaster(): Promise<number>;
  /** Starts it again at the same port after its first process was killed. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts one. The databases that this process makes for tests are on it from now on. */
export async function startOwnServer(): Promise<OwnServer> {
  const dataDir = await mkdtemp(join(await chooseParent(), 'zls-chaos-'));
  const open = (): Promise<EmbeddedPostgres> =>
    openEmbeddedPostgres({
      dataDir,
      database: 'postgres',
      durable: false,
      binariesDir: process.env['TEST_POSTGRES_BINARIES'],
    });
  let server = await open();
  const former = process.env['TEST_DATABASE_URL'];
  process.env['TEST_DATABASE_URL'] = server.url;
  process.env['TEST_DATABASE_PREFIX'] = `zls_chaos_${randomBytes(4).toString('hex')}`;
  return {
    async postmaster() {
      const file = await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8');
      return Number(file.split('\n', 1)[0]);
    },
    async startAgain() {
      const before = server.url;
      server = await open();
      if (server.url !== before) throw new Error('The server could not have its port again.');
    },
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
      process.env['TEST_DATABASE_URL'] = former;
    },
  };
}
