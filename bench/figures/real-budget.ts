import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestRecord } from '../../src/simulator/simulator.ts';
import { createStreamWorker } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import type { Figure, Line } from '../figure.ts';
import { summarize } from '../samples.ts';
import { createBenchEngine, startRemoteSimulator, withStage, type Stage } from '../stage.ts';

const requestsPerMinute = 50;
const minuteMs = 60_000;
const leastShare = 98;

/**
 * A backfill under the limit of the real access log, the simulator's limits on. The first minute begins with an empty window
 * and is not counted. All answer times run at once: they mostly wait.
 */
export const realBudgetFigure: Figure = {
  name: 'real-budget',
  async measure(effort) {
    const forMs = effort === 'tiny' ? 1500 : 4 * minuteMs;
    const answers = effort === 'tiny' ? [200] : [200, 1000, 3000, 5000];
    return withStage(async (stage) => {
      const lines = await Promise.all(
        answers.map((answerMs) => measureBackfill(stage, answerMs, forMs)),
      );
      return lines.flat();
    });
  },
};

async function measureBackfill(stage: Stage, answerMs: number, forMs: number): Promise<Line[]> {
  const simulator = await startRemoteSimulator({
    accessLogDays: 30,
    // More pages than the budget allows in this time.
    accessLogRowsPerDay: 30_000,
    auditLogRowsPerDay: 0,
    anchor: new Date(),
    accessLogsRequestsPerMinute: requestsPerMinute,
    answerMs,
  });
  const engine = createBenchEngine(stage, simulator.url, `answers-${answerMs}`, {
    support: 100,
    access_logs: requestsPerMinute,
  });
  const ending = new AbortController();
  try {
    const worker = createStreamWorker(engine, accessLogs);
    await worker.follow(ending.signal);
    const filling = worker.fill(ending.signal);
    const requests = await awaitRequests(simulator.url, forMs);
    ending.abort();
    const result = await filling;
    if (result?.outcome !== 'interrupted')
      throw new Error(`The backfill ended before its time: ${result?.outcome} ${result?.error}`);
    return describe(requests, answerMs, forMs);
  } finally {
    await engine.zendesk.close();
    await simulator.stop();
  }
}

/** The requests for access logs in the time that begins with the first of them. */
async function awaitRequests(url: string, forMs: number): Promise<RequestRecord[]> {
  const load = async (): Promise<RequestRecord[]> => {
    const answer = await fetch(`${url}/simulator/requests`);
    const requests = (await answer.json()) as RequestRecord[];
    return requests.filter(({ stream }) => stream === 'access_logs');
  };
  const beginMs = (await load())[0]?.startedAt ?? Date.now();
  await sleep(beginMs + forMs - Date.now());
  return (await load()).filter(({ startedAt }) => startedAt < beginMs + forMs);
}

function describe(requests: readonly RequestRecord[], answerMs: number, forMs: number): Line[] {
  const what = `answers after ${answerMs / 1000} s`;
  const refused = requests.filter(({ status }) => status === 429).length;
  const minutes = Math.floor(forMs / minuteMs);
  const beginMs = requests[0]?.startedAt ?? 0;
  const measured = minutes > 1;
  const shares = Array.from({ length: Math.max(0, minutes - 1) }, (_, index) => {
    const fromMs = beginMs + (index + 1) * minuteMs;
    const inMinute = requests.filter(
      ({ startedAt }) => startedAt >= fromMs && startedAt < fromMs + minuteMs,
    );
    return (inMinute.length / requestsPerMinute) * 100;
  });
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return [
    {
      figure: measured
        ? `Budget of ${requestsPerMinute} a minute spent, minute by minute after the first (${what})`
        : `Requests in ${forMs / 1000} s of the first minute (${what})`,
      target: measured ? `≥ ${leastShare} % in all` : '',
      summary: summarize(measured ? shares : [requests.length]),
      unit: measured ? '%' : '',
      ...(measured ? { reached: mean >= leastShare } : {}),
    },
    {
      figure: `  answers 429 (${what})`,
      target: '0',
      summary: summarize([refused]),
      unit: '',
      reached: refused === 0,
    },
  ];
}
