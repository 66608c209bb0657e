import type { Engine } from '../../src/ingest/engine.ts';
import { createStreamWorker } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { clear, type Stage } from '../stage.ts';

const { signal } = new AbortController();

/** Rows a second of a backfill of the access log into empty tables. Closes the engine's connections to Zendesk. */
export async function measureBackfill(stage: Stage, engine: Engine): Promise<number> {
  await clear(stage.db);
  const worker = createStreamWorker(engine, accessLogs);
  await worker.follow(signal);
  const started = performance.now();
  const result = await worker.fill(signal);
  const seconds = (performance.now() - started) / 1000;
  await engine.zendesk.close();
  if (result?.outcome !== 'complete')
    throw new Error(`The backfill is ${result?.outcome}: ${result?.error}`);
  return result.counts.new / seconds;
}
