import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Condition } from '../../src/alerts/conditions.ts';
import {
  decideAlerts,
  type Alert,
  type AlertFacts,
  type FindingGroup,
} from '../../src/alerts/decision.ts';

const start = Date.UTC(2026, 10, 19, 15);
const at = (seconds: number): Date => new Date(start + seconds * 1000);
const minutes = (count: number): number => count * 60;
const hours = (count: number): number => count * 3600;

const failing: Condition = {
  account: 'acme',
  subject: 'access_logs',
  kind: 'fails',
  sentence: 'acme access_logs fails: no connection.',
  amount: 1,
};
const stale: Condition = { ...failing, kind: 'stale', sentence: 'nothing has been pulled.' };
const quarantined = (amount: number): Condition => ({ ...failing, kind: 'quarantined', amount });

const group: FindingGroup = {
  account: 'acme',
  severity: 'high',
  title: 'Owner changed',
  findings: 1,
  names: ['Jane'],
  people: 1,
  first_at: at(0),
  last_at: at(0),
};

const nothing: AlertFacts = { conditions: [], findings: [], past: [], introduced: [], sent: [] };

/** Looks at the facts one after the other, as a process does, and lists what is sent: `+` a problem, `-` its end. */
function watch(
  looks: readonly (readonly [seconds: number, facts: Partial<AlertFacts>])[],
): readonly string[] {
  let alerts: readonly Alert[] = [];
  const sent: Date[] = [];
  const told: string[] = [];
  for (const [seconds, facts] of looks) {
    // What the database keeps is all that the next look knows: another process may make it.
    const before = alerts.map((alert) => ({ ...alert }));
    const { after, news } = decideAlerts(before, { ...nothing, sent, ...facts }, at(seconds));
    alerts = after;
    if (news === undefined) continue;
    sent.push(at(seconds));
    const words = [
      ...news.raised.map(({ kind, amount }) => `+${kind} ${amount}`),
      ...news.ended.map(({ kind }) => `-${kind}`),
      ...news.findings.map(({ findings }) => `findings ${findings}`),
      ...news.past.map(({ account }) => `past ${account}`),
      ...news.introduced.map(({ account }) => `introduced ${account}`),
    ];
    told.push(`${seconds}: ${words.join(', ')}`);
  }
  return told;
}

/** A look every ten seconds, with what `conditions` says of each. */
function watchAll(
  until: number,
  conditions: (seconds: number) => readonly Condition[],
): readonly string[] {
  const count = Math.floor(until / 10) + 1;
  return watch(
    Array.from({ length: count }, (_, place) => [
      place * 10,
      { conditions: conditions(place * 10) },
    ]),
  );
}

describe('the decision about alerts', () => {
  it('tells a stream that fails once it has lasted, once, and its end when it has lasted', () => {
    const told = watchAll(hours(3), (seconds) => (seconds < hours(1) ? [failing] : []));
    assert.deepEqual(told, ['30: +fails 1', '3660: -fails']);
  });

  it('tells nothing of what is over before it has lasted', () => {
    assert.deepEqual(
      watchAll(600, (seconds) => (seconds < 30 ? [failing] : [])),
      [],
    );
    assert.deepEqual(
      watchAll(900, (seconds) => (seconds < 330 ? [stale] : [])),
      [],
    );
  });

  it('tells of a stream that comes and goes less and less often', () => {
    // Every five minutes it works, and fails again, for two days.
    const told = watchAll(hours(48), (seconds) => (seconds % 600 < 300 ? [failing] : []));
    assert.deepEqual(told, ['30: +fails 1', '360: -fails', '630: +fails 1']);
    const slow = watchAll(hours(48), (seconds) => (seconds % hours(2) < hours(1) ? [failing] : []));
    assert.deepEqual(slow, [
      '30: +fails 1',
      '3660: -fails',
      '7230: +fails 1',
      '11400: -fails',
      '14430: +fails 1',
    ]);
  });

  it('begins from the start with what comes back after more than a day', () => {
    const told = watchAll(hours(30), (seconds) =>
      seconds < 300 || (seconds >= hours(26) && seconds < hours(26) + 300) ? [failing] : [],
    );
    assert.deepEqual(told, ['30: +fails 1', '360: -fails', '93630: +fails 1', '93960: -fails']);
  });

  it('tells that there are more records in quarantine, and not that there are fewer', () => {
    const told = watch([
      [0, { conditions: [quarantined(3)] }],
      [100, { conditions: [quarantined(3)] }],
      [200, { conditions: [quarantined(2)] }],
      [300, { conditions: [quarantined(4)] }],
      [400, { conditions: [] }],
      [460, { conditions: [] }],
    ]);
    assert.deepEqual(told, ['0: +quarantined 3', '300: +quarantined 4', '460: -quarantined']);
  });

  it('puts together what happens at about the same time', () => {
    const other = { ...failing, subject: 'users' };
    const told = watch([
      [0, { conditions: [failing] }],
      [10, { conditions: [failing, other] }],
      [30, { conditions: [failing, other] }],
      // Within a minute of the last message it waits.
      [40, { conditions: [failing, other], findings: [group] }],
      [80, { conditions: [failing, other], findings: [group] }],
      [90, { conditions: [failing, other], findings: [{ ...group, findings: 2 }] }],
    ]);
    assert.deepEqual(told, ['30: +fails 1', '90: +fails 1, findings 2']);
  });

  it('makes no more than six messages an hour, whatever happens', () => {
    const looks = Array.from({ length: 1440 }, (_, place): [number, Partial<AlertFacts>] => [
      place * 10,
      { findings: [{ ...group, findings: place + 1 }] },
    ]);
    const told = watch(looks).map((line) => Number(line.split(':')[0]));
    assert.deepEqual(told.slice(0, 8), [0, 60, 120, 180, 240, 300, 3600, 3660]);
    assert.equal(told.length, 24);
  });

  it('keeps what waits: a problem that is over before it was told is not told', () => {
    const full = Array.from({ length: 6 }, (_, place) => at(place * 60));
    const told = watch([
      [400, { conditions: [quarantined(1)], sent: full }],
      [500, { conditions: [], sent: full }],
      [4000, { conditions: [], sent: [] }],
    ]);
    assert.deepEqual(told, []);
  });

  it('tells findings about the past when the history is stored, or once a day', () => {
    const past = {
      account: 'acme',
      counts: [['high', 7]] as const,
      since: at(0),
      isComplete: false,
    };
    assert.deepEqual(watch([[minutes(30), { past: [past] }]]), []);
    assert.deepEqual(watch([[minutes(9), { past: [{ ...past, isComplete: true }] }]]), []);
    assert.deepEqual(watch([[minutes(10), { past: [{ ...past, isComplete: true }] }]]), [
      '600: past acme',
    ]);
    assert.deepEqual(watch([[hours(24), { past: [past] }]]), ['86400: past acme']);
  });

  it('is not stopped by a clock that is set back, nor misled by one that jumps ahead', () => {
    // Messages of a time that has not come yet.
    const ahead = Array.from({ length: 6 }, () => at(hours(1000)));
    assert.deepEqual(watch([[0, { conditions: [quarantined(1)], sent: ahead }]]), [
      '0: +quarantined 1',
    ]);
    const back = watch([
      [hours(24), { conditions: [stale] }],
      [0, { conditions: [stale] }],
      [minutes(6), { conditions: [stale] }],
      [minutes(6) + 10, { conditions: [] }],
      [minutes(8), { conditions: [] }],
    ]);
    assert.deepEqual(back, ['360: +stale 1', '480: -stale']);
    // After a jump ahead a stream seems stale until its next run.
    const jump = watch([
      [0, {}],
      [hours(24), { conditions: [stale] }],
      [hours(24) + minutes(5), { conditions: [stale] }],
      [hours(24) + minutes(5) + 10, {}],
    ]);
    assert.deepEqual(jump, []);
  });

  it('does not tell again after a restart', () => {
    const told = watch([
      [0, { conditions: [quarantined(1)] }],
      // Hours without a process, again and again.
      [hours(5), { conditions: [quarantined(1)] }],
      [hours(5) + 1, { conditions: [quarantined(1)] }],
      [hours(50), { conditions: [quarantined(1)] }],
    ]);
    assert.deepEqual(told, ['0: +quarantined 1']);
  });
});
