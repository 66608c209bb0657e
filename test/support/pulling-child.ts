/**
 * A process that pulls both logs completely, for tests that stop and kill it. Says `ready` and waits for a line with
 * its task; then says what it does, a line an event: `lease` (waits for it), `request` (about to be sent), `page`
 * (stored), and at its end the outcome of each run as JSON. Each further line sets its clock by so many milliseconds.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { createStreamWorker } from '../../src/ingest/worker.ts';
import { listLogs, streams } from '../../src/streams/registry.ts';
import { createEngine } from './engine.ts';
import { patienceMs } from './patience.ts';
import type { PullingTask } from './pulling-process.ts';
import { clockOffsetMs, moveClock } from './run-clock.ts';

const say = (line: string): void => void writeSync(1, `${line}\n`);

const words: Partial<Record<SyncEvent['type'], string>> = {
  'waiting-for-lease': 'lease',
  budget: 'request',
  page: 'page',
};

const input = createInterface(process.stdin);
say('ready');
const [line] = (await Promise.race([once(input, 'line'), once(input, 'close')])) as string[];
// The end of the input means that this process is no longer needed.
input.on('line', (aheadMs) => moveClock(clockOffsetMs() + Number(aheadMs)));
if (line !== undefined) await pull(JSON.parse(line) as PullingTask);
input.close();

async function pull({ place, options }: PullingTask): Promise<void> {
  const { signal } = new AbortController();
  const report = ({ type }: SyncEvent): void => {
    const word = words[type];
    if (word !== undefined) say(word);
  };
  const holder = `child ${process.pid}`;
  const engine = createEngine(place, { ...options, report, holder }, signal);
  const pulls = listLogs(streams).map(async (stream) => {
    const worker = createStreamWorker(engine, stream);
    const followed = await worker.follow(signal, patienceMs);
    return [followed, await worker.fill(signal, patienceMs)];
  });
  const results = (await Promise.all(pulls)).flat();
  say(JSON.stringify(results.map((result) => result?.error ?? result?.outcome ?? 'nothing to do')));
  await engine.zendesk.close();
  await engine.db.close();
}
