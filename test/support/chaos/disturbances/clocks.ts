/** Clocks that step, and step back again after a while. */
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
  async strike(world) {
    await setDatabaseClock(world, world.random.pick([hourMs, -hourMs]));
    await sleep(world.random.below(300));
    await setDatabaseClock(world, 0);
  },
};

/** That of Zendesk, or of what stands before it: as its answers tell it. */
export const zendeskClock: Disturbance = {
  name: 'zendesk-clock',
  deed: 'for a while, the `Date` header of responses is wrong by an hour or a day, either way',
  passes: true,
  async strike({ child, zendesk, random }) {
    const byMs = random.pick([hourMs, -hourMs, 24 * hourMs, -24 * hourMs]);
    let left = 1 + random.below(40);
    // What a process reads while a clock is behind is covered by a later one: that must have the right time.
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

async function setDatabaseClock({ query }: World, byMs: number): Promise<void> {
  const offsetMs = clockOffsetMs() + byMs;
  for (const [name, kind] of [
    ['now', 'stable'],
    ['statement_timestamp', 'stable'],
    ['clock_timestamp', 'volatile'],
  ])
    await query(
      `create or replace function public.machine_${name}() returns timestamptz language internal ${kind} parallel safe as '${name}';
       create or replace function pg_catalog.${name}() returns timestamptz language sql ${kind} parallel safe
         as $$ select public.machine_${name}() + interval '${offsetMs} ms' $$`,
    );
}
