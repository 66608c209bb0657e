import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  learnClock,
  newestSkewMs,
  readAgeMs,
  unknownClock,
  type ZendeskClock,
} from '../../src/zendesk/clock.ts';

const server = 'Fri, 20 Nov 2026 12:00:00 GMT';
const serverMs = Date.parse(server);

/** A reading of an answer that took `tookMs`, with a Date header `aheadMs` after its middle. */
function reading(aheadMs: number, tookMs = 100, date: string | undefined = server, age?: string) {
  const middleMs = serverMs - aheadMs;
  return { sentAtMs: middleMs - tookMs / 2, receivedAtMs: middleMs + tookMs / 2, date, age };
}

function learn(...readings: ReturnType<typeof reading>[]): ZendeskClock {
  return readings.reduce(learnClock, unknownClock);
}

const hour = 3_600_000;

describe("Zendesk's clock", () => {
  const table: [string, ReturnType<typeof reading>, number][] = [
    ['is ours within a few seconds', reading(4_000), 0],
    ['is ours within a few seconds to the other side', reading(-5_000), 0],
    ['may be an hour ahead', reading(hour), hour],
    ['may be an hour behind', reading(-hour), -hour],
    ['is not proved wrong by a slow answer', reading(20_000, 40_000), 0],
    [
      'is proved wrong by a difference that even a slow answer shows',
      reading(60_000, 40_000),
      60_000,
    ],
    ['is not known from an answer without a date', reading(hour, 100, ''), 0],
    ['is not known from an unreadable date', reading(hour, 100, 'soon'), 0],
    ['is later than a cached date by its age', reading(-hour, 100, server, '3600'), 0],
  ];
  for (const [name, read, newestMs] of table)
    it(name, () => assert.equal(newestSkewMs(learn(read)), newestMs));

  it('is accepted when three answers in a row agree', () => {
    assert.equal(learn(reading(hour), reading(hour)).agreedMs, undefined);
    assert.deepEqual(learn(reading(hour), reading(hour), reading(hour + 900)), {
      agreedMs: hour,
      doubt: undefined,
    });
  });

  it('is not changed by two answers that differ, nor by three that differ from each other', () => {
    const right = [reading(0), reading(0), reading(0)];
    const once = learn(...right, reading(hour), reading(hour));
    assert.deepEqual(once, { agreedMs: 0, doubt: { skewMs: hour, answers: 2 } });
    assert.deepEqual(learnClock(once, reading(0)), { agreedMs: 0, doubt: undefined });
    assert.equal(learn(...right, reading(hour), reading(2 * hour), reading(3 * hour)).agreedMs, 0);
  });

  it('changes when it is corrected', () => {
    const wrong = learn(reading(hour), reading(hour), reading(hour));
    assert.equal([reading(0), reading(0), reading(0)].reduce(learnClock, wrong).agreedMs, 0);
  });

  it('learns the age of an answer in whole seconds, and nothing from an invalid header', () => {
    assert.deepEqual(
      ['60', ' 60 ', '-60', '1e3', '', undefined].map((age) => readAgeMs(age)),
      [60_000, 60_000, 0, 0, 0, 0],
    );
  });
});
