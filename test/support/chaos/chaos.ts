/**
 * Disturbs a pulling process at random moments, again and again, in the ways of `disturbances.ts`, and compares what is
 * stored with the truth after each.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { patienceMs } from '../patience.ts';
import { startPullingProcess, type PullingProcess } from '../pulling-process.ts';
import { withLastingClient } from './lasting-client.ts';
import { assertAllStored, assertLedgerTrue } from '../truth.ts';
import { type ChaoticAccount, settleSeconds, withChaoticAccount } from './account.ts';
import { createChoices, type Choices } from './choices.ts';
import { assertSealedTrue } from './sealed.ts';
import type { Disturbance } from './disturbance.ts';
import { startOwnServer, type OwnServer } from './server.ts';

export type ChaosOptions = {
  /** How many processes are disturbed. */
  readonly strikes: number;
  /** What may happen to them. */
  readonly disturbances: readonly [Disturbance, ...Disturbance[]];
  /** Decides the accounts, the disturbances and the moments; the rest depends on the machine. */
  readonly seed: number;
  /** Gets the progress, line by line. */
  readonly report?: (line: string) => void;
};

/** The result of chaos for all accounts together. */
export type ChaosResult = {
  readonly strikes: number;
  readonly accounts: number;
  readonly rows: number;
  /** Requests for pages of the logs, pages that were stored, and the rows in them that had been stored before. */
  readonly requests: number;
  readonly pages: number;
  readonly again: number;
};

/** The largest number of disturbances for one account, so that every run has several accounts. */
const strikesPerAccount = 20;
/** After at most so many other processes, the unfinished work of a disturbed one is done. */
const passesToRecover = 4;

/** Pulls one account after the other and disturbs it as often as requested. */
export async function runChaos({
  strikes,
  disturbances,
  seed,
  report = () => {},
}: ChaosOptions): Promise<ChaosResult> {
  const random = createChoices(seed);
  const server = await startOwnServer();
  const spare = createSpare();
  const sum = { strikes: 0, accounts: 0, rows: 0, requests: 0, pages: 0, again: 0 };
  try {
    while (sum.strikes < strikes) {
      const allowed = Math.min(strikesPerAccount, strikes - sum.strikes);
      const done = await withChaoticAccount(random, async (account) => {
        report(`account ${sum.accounts + 1}: ${describe(account.settings)}`);
        return tormentAccount(account, { allowed, disturbances, random, server, spare, report });
      });
      sum.accounts += 1;
      for (const key of ['strikes', 'rows', 'requests', 'pages', 'again'] as const)
        sum[key] += done[key];
      report(`${sum.strikes} of ${strikes}: nothing lost, nothing doubled; ${describe(done)}`);
    }
  } finally {
    spare.discard();
    await server.stop();
  }
  return sum;
}

type Torment = Pick<ChaosOptions, 'disturbances'> & {
  readonly allowed: number;
  readonly random: Choices;
  readonly server: OwnServer;
  readonly spare: Spare;
  readonly report: (line: string) => void;
};

/** Disturbs one process after the other; the first undisturbed one completes the account. */
async function tormentAccount(
  account: ChaoticAccount,
  torment: Torment,
): Promise<Omit<ChaosResult, 'accounts'>> {
  const everStruck = new Set<Disturbance>();
  let [strikes, undisturbed, isComplete] = [0, 0, false];
  while (!isComplete || undisturbed === 0) {
    const allowed = isComplete ? 0 : torment.allowed - strikes;
    const { struck, outcome } = await runProcess(account, { ...torment, allowed });
    strikes += struck.length;
    for (const disturbance of struck) everStruck.add(disturbance);
    undisturbed = struck.length > 0 ? 0 : undisturbed + 1;
    await assertTruth(account, everStruck);
    const wrong = outcome?.filter((word) => word !== 'complete' && word !== 'nothing to do');
    isComplete = wrong?.length === 0;
    const mustPass = struck.length > 0 && struck.every(({ passes }) => passes);
    if (mustPass || undisturbed >= passesToRecover)
      assert.deepEqual(wrong, [], `after ${struck.map(({ name }) => name).join(', ')}`);
  }
  return { strikes, ...(await assertWhole(account, everStruck)) };
}

/** Starts a process and disturbs it, again and again, until it ends. */
async function runProcess(
  account: ChaoticAccount,
  { allowed, disturbances, random, server, spare, report }: Torment,
): Promise<{ struck: readonly Disturbance[]; outcome: readonly string[] | undefined }> {
  const child = await spare.take();
  const struck: Disturbance[] = [];
  const { simulator, zendesk, proxy, databaseUrl, query } = account;
  const world = { random, child, simulator, zendesk, proxy, databaseUrl, query, server };
  const disturb = async (): Promise<void> => {
    let moment = chooseMoment(random);
    while (struck.length < allowed && (await arrive(child, moment))) {
      const disturbance = random.pick(disturbances);
      struck.push(disturbance);
      report(`${disturbance.name}: ${describe(moment)}`);
      await disturbance.strike(world);
      moment = { event: 'page', times: moment.times + 1 + random.below(12), ms: random.below(40) };
    }
  };
  child.go(account.task);
  const disturbed = disturb();
  const outcome = await Promise.race([child.ended, giveUp(child, struck), failOf(disturbed)]);
  await disturbed;
  return { struck, outcome };
}

/** Rejects if a disturbance was not possible. */
async function failOf(work: Promise<void>): Promise<never> {
  await work;
  return new Promise(() => {});
}

/** A process that hangs is as much a fault as one that loses rows. */
async function giveUp(child: PullingProcess, struck: readonly Disturbance[]): Promise<never> {
  await sleep(3 * patienceMs, undefined, { ref: false });
  child.kill('SIGKILL');
  throw new Error(`It stands still after ${struck.map(({ name }) => name).join(', ')}.`);
}

/** The model check: every covered second has all its rows, no row is there twice, and nothing counts as covered too early. */
async function assertTruth(
  { databaseUrl }: ChaoticAccount,
  struck: ReadonlySet<Disturbance>,
): Promise<void> {
  const countsRows = ![...struck].some(({ takesRows }) => takesRows === true);
  await withLastingClient(databaseUrl, async (query) => {
    await assertLedgerTrue(query, { countsRows });
    const limit = new Date(Date.now() - settleSeconds * 1000);
    const early = await query(
      'select stream, covered_until from zendesk_sync.coverage where covered_until > $1',
      [limit],
    );
    assert.deepEqual(early, [], 'no second is covered before it has settled');
  });
}

async function assertWhole(
  { databaseUrl, simulator, begun }: ChaoticAccount,
  struck: ReadonlySet<Disturbance>,
): Promise<Omit<ChaosResult, 'accounts' | 'strikes'>> {
  const countsRows = ![...struck].some(({ takesRows }) => takesRows === true);
  const expected = new Set([...struck].map(({ leaves }) => leaves));
  if (countsRows) await assertSealedTrue(databaseUrl, expected);
  return withLastingClient(databaseUrl, async (query) => {
    await assertAllStored(query, new Date(begun.getTime() - settleSeconds * 1000), { countsRows });
    for (const { check } of struck) await check?.(query);
    const [stored = { pages: 0, rows: 0, again: 0 }] = await query<
      Pick<ChaosResult, 'pages' | 'rows' | 'again'>
    >(
      `select sum(pages)::integer as pages, sum(rows_new)::integer as rows,
         sum(rows_seen - rows_new)::integer as again from zendesk_sync.fetches`,
    );
    const asked = simulator.requests().filter(({ path }) => path.endsWith('_logs'));
    return { requests: asked.length, ...stored };
  });
}

/** When to disturb a process: some milliseconds after its start signal, or after it has done something so many times. */
type Moment = {
  readonly event: 'go' | 'request' | 'page';
  readonly times: number;
  readonly ms: number;
};

function chooseMoment(random: Choices): Moment {
  const event = random.pick(['go', 'request', 'page', 'page'] as const);
  if (event === 'go') return { event, times: 0, ms: random.below(400) };
  // Two requests of each process follow the newest; the work after them is to be disturbed.
  const times = (event === 'request' ? 2 : 3) + random.below(12);
  return { event, times, ms: random.below(40) };
}

/** Resolves at the moment; to false if the process ends before that. */
async function arrive(child: PullingProcess, { event, times, ms }: Moment): Promise<boolean> {
  const ended = child.ended.then(
    () => false,
    () => false,
  );
  const there = async (): Promise<boolean> => {
    if (event !== 'go') await child.when(event, times);
    await sleep(ms);
    return true;
  };
  return Promise.race([ended, there().catch(() => false)]);
}

type Spare = { take(): Promise<PullingProcess>; discard(): void };

/** Keeps a process ready, because loading its program takes longer than the work to disturb. */
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

function describe(facts: object): string {
  return Object.entries(facts)
    .map(
      ([name, value]) =>
        `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
    )
    .join(', ');
}
