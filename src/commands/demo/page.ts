/** The page of the demo. */
import type { Log } from '../../logger.ts';
import { createScheduler, type Scheduler } from '../../scheduler.ts';
import { version } from '../../version.ts';
import type { CommandContext } from '../context.ts';
import { createPerformer } from '../page/performing.ts';
import { withHttp } from '../page/serving.ts';
import type { Session } from '../session.ts';
import type { Stage } from './stage.ts';

/** Serves the page for the duration of `work`, says where it is, and does what people ask for in it. */
export async function withPage(
  { signal, streams, print }: CommandContext,
  { stage, session, log }: { readonly stage: Stage; readonly session: Session; readonly log: Log },
  work: (scheduler: Scheduler) => Promise<number>,
): Promise<number> {
  const { createMetrics } = await import('../../http/metrics.ts');
  const scheduler = createScheduler();
  const metrics = createMetrics({ version, nodeVersion: process.versions.node }, scheduler);
  const options = {
    databases: [{ name: undefined, url: stage.url, accounts: [] }],
    metrics,
    scheduler,
    streams,
    signal,
    log,
  };
  return withHttp(
    [session.config],
    options,
    async ({ address, offer }) => {
      const performer = createPerformer({ sessions: [session], streams, log, signal });
      offer(performer.perform);
      if (address !== undefined) print(`The page: ${address}`);
      try {
        return await work(scheduler);
      } finally {
        offer(undefined);
        await performer.end();
      }
    },
    // A service of the reader may have the usual port.
    true,
  );
}
