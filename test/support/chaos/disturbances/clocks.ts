/** Clocks that jump, and jump back after a while. */
import { setTimeout as sleep } from 'node:timers/promises';
import { clockOffsetMs } from '../../run-clock.ts';
import type { Disturbance, World } from '../disturbance.ts';

const hourMs = 3_600_000;

/** That of the machine on which the program runs. */
export const localClock: Disturbance = {
  name: 'local-clock',
  deed: 'the clock of the program jumps by an hour or a day, in either direction, and back',
  passes: true,
  async strike({ child, random }) {
    child.stepClock(random.pick([hourMs, -hourMs, 24 * hourMs, -24 * hourMs]));
    await sleep(random.below(300));
    child.stepClock(0);
  },
};

/** That of the machine on which Postgres runs. */
export const databaseClock: Disturbance = {
  name: 'database-clock',
  deed: 'the clock of the database jumps by an hour, in either direction, and back',
  passes: true,
  leaves: 'clock_set_back',
  async strike(world) {
    await setDatabaseClock(world, world.random.pick([hourMs, -hourMs]));
    await sleep(world.random.below(300));
    await setDatabaseClock(world, 0);
  },
};

/** That of Zendesk, or of a proxy before it, in its answers. */
export const zendeskClock: Disturbance = {
  name: 'zendesk-clock',
  deed: 'for a while, the `Date` header of responses is wrong by an hour or a day, either way',
  passes: true,
  async strike({ child, zendesk, random }) {
    const byMs = random.pick([hourMs, -hourMs, 24 * hourMs, -24 * hourMs]);
    let left = 1 + random.below(40);
    // A later process covers what a process reads while a clock is behind: it must have the right time.
    const end = (): void => void (left = 0);
    child.ended.then(end, end);
    zendesk.alter((answer) => {
      const { date } = answer.headers;
      if (date === undefined || left === 0) return answer;
      left -= 1;
      const wrong = new Date(Date.parse(date) + byMs).toUTCString();
      return { ...answer, headers: { ...answer.headers, date: wrong } };
    });
  },
};

/** A step of a database's clock: from this moment of the machine on, it is so much ahead. */
type Step = { readonly at: string; readonly aheadMs: number };

/** The latest steps of each database, newest first: a transaction keeps the clock that it began with. */
const steps = new Map<string, readonly Step[]>();
const mostSteps = 8;
/** Transactions begin all the time: the step must be known before its moment comes. */
const shortestLeadMs = 1000;

async function setDatabaseClock(world: World, byMs: number): Promise<void> {
  for (let leadMs = shortestLeadMs; !(await stepAfter(world, byMs, leadMs)); leadMs *= 2);
}

/** Whether the step was known in time; otherwise nothing has changed. */
async function stepAfter(world: World, byMs: number, leadMs: number): Promise<boolean> {
  const { databaseUrl, query } = world;
  await query(
    `create or replace function public.machine_clock_timestamp() returns timestamptz
     language internal volatile parallel safe as 'clock_timestamp'`,
  );
  const [moment] = await query<{ at: string }>(
    `select to_char((public.machine_clock_timestamp() + make_interval(secs => $1)) at time zone 'UTC',
       'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
    [leadMs / 1000],
  );
  const step = { at: moment?.at ?? '', aheadMs: clockOffsetMs() + byMs };
  const all = [step, ...(steps.get(databaseUrl) ?? [])].slice(0, mostSteps);
  try {
    await defineClock(world, all);
  } catch (error) {
    if ((error as { code?: string }).code === tooLate) return false;
    throw error;
  }
  steps.set(databaseUrl, all);
  await sleep(leadMs);
  return true;
}

/** The code of the error that undoes a step. */
const tooLate = 'ZLS01';

async function defineClock({ query }: World, all: readonly Step[]): Promise<void> {
  const functions = [
    ['now', 'stable'],
    ['statement_timestamp', 'stable'],
    ['clock_timestamp', 'volatile'],
  ].map(([name, kind]) => {
    const whens = all.map(
      ({ at, aheadMs }) =>
        `when public.machine_${name}() >= '${at}'::timestamptz then interval '${aheadMs} ms'`,
    );
    return `create or replace function public.machine_${name}() returns timestamptz language internal ${kind} parallel safe as '${name}';
       create or replace function pg_catalog.${name}() returns timestamptz language sql ${kind} parallel safe
         as $$ select public.machine_${name}() + case ${whens.join(' ')} else interval '${clockOffsetMs()} ms' end $$;`;
  });
  // One transaction.
  await query(
    `${functions.join('\n')}
     do $$ begin
       if public.machine_clock_timestamp() > '${all[0]?.at ?? ''}'::timestamptz - interval '300 ms'
       then raise exception 'too late' using errcode = '${tooLate}'; end if;
     end $$`,
  );
}
