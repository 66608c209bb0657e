/** Kills a pulling process at random moments, again and again, and compares what is stored with the truth. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type SimulatorSettings,
  startSimulator,
  type Simulator,
} from '../../src/simulator/simulator.ts';
import { createTestDatabase } from './database.ts';
import type { EngineOptions } from './engine.ts';
import { startPullingProcess, type PullingProcess } from './pulling-process.ts';
import { withClient, type Query } from './query.ts';
import { assertAllStored, assertLedgerTrue, storeTruth } from './truth.ts';

export type ChaosOptions = {
  /** How many processes are killed. */
  readonly kills: number;
  /** Decides the accounts and the moments; the rest is up to the machine. */
  readonly seed: number;
  /** Hears what happens, in lines. */
  readonly report?: (line: string) => void;
};

/** What chaos has come to, all accounts together. */
export type ChaosResult = {
  readonly kills: number;
  readonly accounts: number;
  readonly rows: number;
  /** Requests for pages of the logs, pages that were stored, and the rows in them that had been stored before. */
  readonly requests: number;
  readonly pages: number;
  readonly again: number;
};

/** An account is left in peace after so many kills at most, so that every run sees several. */
const killsPerAccount = 20;
const settleSeconds = 300;

/** A repeatable sequence of choices. */
type Choices = {
  /** A whole number in [0, limit). */
  below(limit: number): number;
  pick<T>(values: readonly [T, ...T[]]): T;
};

/** Choices that a seed decides (mulberry32). */
function createChoices(seed: number): Choices {
  let state = seed | 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return { below, pick: (values) => values[below(values.length)] ?? values[0] };
}

/** Pulls one account after the other and kills at random moments until there were as many kills as asked for. */
export async function runChaos({
  kills,
  seed,
  report = () => {},
}: ChaosOptions): Promise<ChaosResult> {
  const random = createChoices(seed);
  const spare = createSpare();
  const sum = { kills: 0, accounts: 0, rows: 0, requests: 0, pages: 0, again: 0 };
  try {
    while (sum.kills < kills) {
      const allowed = Math.min(killsPerAccount, kills - sum.kills);
      const settings = chooseAccount(random);
      report(`account ${sum.accounts + 1}: ${describe(settings)}`);
      const done = await withChaoticAccount(settings, (account) =>
        tormentAccount(account, { allowed, random, spare, report }),
      );
      sum.accounts += 1;
      for (const key of ['kills', 'rows', 'requests', 'pages', 'again'] as const)
        sum[key] += done[key];
      report(`${sum.kills} of ${kills} killed: nothing lost, nothing doubled; ${describe(done)}`);
    }
  } finally {
    spare.discard();
  }
  return sum;
}

type ChaoticAccount = { simulator: Simulator; query: Query; databaseUrl: string; begun: Date };

async function withChaoticAccount<T>(
  settings: SimulatorSettings,
  work: (account: ChaoticAccount) => Promise<T>,
): Promise<T> {
  const database = await createTestDatabase();
  const simulator = await startSimulator(settings);
  try {
    return await withClient(database.url, async (query) => {
      const begun = new Date();
      await storeTruth(query, simulator, new Date(0), begun);
      return work({ simulator, query, databaseUrl: database.url, begun });
    });
  } finally {
    await simulator.stop();
    await database.drop();
  }
}

type Torment = {
  readonly allowed: number;
  readonly random: Choices;
  readonly spare: Spare;
  readonly report: (line: string) => void;
};

/** Starts pulling processes and kills them; the one that comes to its end, or the last, completes the account. */
async function tormentAccount(
  { simulator, query, databaseUrl, begun }: ChaoticAccount,
  { allowed, random, spare, report }: Torment,
): Promise<Omit<ChaosResult, 'accounts'>> {
  const { clientId, clientSecret } = simulator.options.credentials;
  const place = { databaseUrl, origin: simulator.url, clientId, clientSecret };
  const options: EngineOptions = {
    leaseMs: 250,
    settleSeconds,
    rescanAges: [],
    // As many as are never needed; they decide how many cursors read at once.
    requestsPerMinute: { support: 3000, access_logs: 3000 },
  };
  let kills = 0;
  for (;;) {
    const child = await spare.take();
    child.go({ place, options });
    const moment = chooseMoment(random);
    // It may come to its end before that.
    if (kills < allowed) killAt(child, moment).catch(() => {});
    const outcome = await child.ended;
    await assertLedgerTrue(query);
    if (outcome !== undefined) {
      // What an earlier process has finished, and was killed afterwards, is not done again.
      const wrong = outcome.filter((word) => word !== 'complete' && word !== 'nothing to do');
      assert.deepEqual(wrong, []);
      break;
    }
    kills += 1;
    report(`kill ${kills}: ${describe(moment)}`);
  }
  await assertAllStored(query, new Date(begun.getTime() - settleSeconds * 1000));
  const [stored = { pages: 0, rows: 0, again: 0 }] = await query<Pages>(
    `select sum(pages)::integer as pages, sum(rows_new)::integer as rows,
       sum(rows_seen - rows_new)::integer as again from zendesk_sync.fetches`,
  );
  const asked = simulator.requests().filter(({ path }) => path.endsWith('_logs'));
  return { kills, requests: asked.length, ...stored };
}

type Pages = Pick<ChaosResult, 'pages' | 'rows' | 'again'>;

/** When a process is killed: some milliseconds after it was told to go, or after it has done something so many times. */
type Moment = {
  readonly event: 'go' | 'request' | 'page';
  readonly times: number;
  readonly ms: number;
};

function chooseMoment(random: Choices): Moment {
  const event = random.pick(['go', 'request', 'page', 'page'] as const);
  if (event === 'go') return { event, times: 0, ms: random.below(400) };
  // Two requests of each process follow the newest; what comes after them is what is to be disturbed.
  const times = (event === 'request' ? 2 : 3) + random.below(12);
  return { event, times, ms: random.below(40) };
}

/** Kills a process at the moment, unless it comes to its end before that. */
async function killAt(child: PullingProcess, { event, times, ms }: Moment): Promise<void> {
  if (event !== 'go') await child.when(event, times);
  await sleep(ms);
  child.kill('SIGKILL');
}

type Spare = { take(): Promise<PullingProcess>; discard(): void };

/** Keeps a process ready, because loading its program takes longer than what is to be disturbed. */
function createSpare(): Spare {
  let next = startPullingProcess();
  return {
    async take() {
      const process = next;
      next = startPullingProcess();
      await process.ready;
      return process;
    },
    discard: () => next.kill('SIGKILL'),
  };
}

/** An account of a size that takes a few seconds when nobody disturbs it: dense or thin, with or without a burst. */
function chooseAccount(random: Choices): SimulatorSettings {
  const accessLogDays = 5 + random.below(85);
  const auditLogDays = 20 + random.below(300);
  const burstAt = new Date(Date.now() - (1 + random.below(4)) * 86_400_000);
  const stream = random.pick(['access_logs', 'audit_logs'] as const);
  return {
    seed: random.below(2 ** 32),
    limits: false,
    answerMs: random.below(25),
    accessLogDays,
    accessLogRowsPerDay: Math.round((30_000 + random.below(20_000)) / accessLogDays),
    auditLogDays,
    auditLogRowsPerDay: Math.round((4000 + random.below(3000)) / auditLogDays),
    burst:
      random.below(2) === 0
        ? { stream, at: burstAt, count: stream === 'access_logs' ? 6000 : 350 }
        : null,
    inclusiveBounds: random.below(2) === 0,
  };
}

function describe(facts: object): string {
  return Object.entries(facts)
    .map(
      ([name, value]) =>
        `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
    )
    .join(', ');
}
