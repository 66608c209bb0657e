/** What a demo runs on: a database and a simulated account, in its own directory, which is removed with it. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbeddedPostgres } from '../../database/embedded.ts';
import { prepareDataDir } from '../../database/embedded/cluster.ts';
import { processExists } from '../../database/embedded/presence.ts';
import type { Simulator } from '../../simulator/simulator.ts';

/** The simulated account, also its key in every table. */
export const account = 'demo';

/** A prepared stage. */
export type Stage = {
  /** The directory of the database: the DATA_DIR for another process. */
  readonly directory: string;
  /** Secret. */
  readonly url: string;
  readonly simulator: Simulator;
  /** Ends everything at once and removes the directory. May be called several times. */
  readonly close: () => Promise<void>;
};

/** Sets the stage up in a new directory below `parent`. @throws the reason of the signal, which leaves nothing behind */
export async function openStage(parent: string, signal: AbortSignal): Promise<Stage> {
  await prepareDataDir(parent);
  await removeLeftovers(parent);
  const directory = await mkdtemp(join(parent, `demo-${process.pid}-`));
  const remove = (): Promise<void> =>
    rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  try {
    const postgres = await openEmbeddedPostgres({ dataDir: directory, durable: false, signal });
    // Only the demo and `simulate` load it.
    const { startSimulator } = await import('../../simulator/simulator.ts');
    const simulator = await startSimulator({
      subdomain: account,
      // The additional live rows begin at the anchor's next full minute: nobody should have to wait for them.
      anchor: new Date(Date.now() - 60_000),
      agents: 60,
      accessLogDays: 90,
      accessLogRowsPerDay: 1000,
      accessLogLiveRowsPerMinute: 40,
      auditLogDays: 120,
      auditLogRowsPerDay: 50,
    });
    let closing: Promise<void> | undefined;
    const end = async (): Promise<void> => {
      await Promise.all([postgres.kill(), simulator.stop()]);
      await remove();
    };
    return { directory, url: postgres.url, simulator, close: () => (closing ??= end()) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Removes what killed demos have left: their directories have the process ids in their names. */
async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = Number(/^demo-(\d+)-\w{6}$/.exec(name)?.[1]);
    if (Number.isNaN(owner) || (owner !== process.pid && processExists(owner))) continue;
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
  }
}
