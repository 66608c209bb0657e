import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  readExhaustion,
  readOwnLimit,
  readPauseMs,
  readRetryAfterMs,
} from '../../src/zendesk/rate-limit.ts';

const date = 'Fri, 20 Nov 2026 12:00:00 GMT';
const serverMs = Date.parse(date);
const serverSeconds = serverMs / 1000;
/** A local clock that is wrong by a day, which must not matter if the answer has a date. */
const localMs = serverMs + 86_400_000;

describe('the pause after a 429', () => {
  const table: [string, Record<string, string>, number][] = [
    ['retry-after in seconds', { 'retry-after': '37' }, 37_000],
    ['retry-after of zero', { 'retry-after': '0' }, 1_000],
    ['retry-after below a second', { 'retry-after': '0.2' }, 1_000],
    ['retry-after of more than an hour', { 'retry-after': '99999' }, 3_600_000],
    ['retry-after as a date', { 'retry-after': 'Fri, 20 Nov 2026 12:00:30 GMT' }, 30_000],
    [
      'retry-after as a date in the past',
      { 'retry-after': 'Fri, 20 Nov 2026 11:00:00 GMT' },
      1_000,
    ],
    ['retry-after before the reset', { 'retry-after': '7', 'ratelimit-reset': '50' }, 7_000],
    ['an unreadable retry-after', { 'retry-after': 'soon', 'ratelimit-reset': '50' }, 50_000],
    ['a negative retry-after', { 'retry-after': '-5', 'ratelimit-reset': '50' }, 50_000],
    ['a reset in seconds', { 'ratelimit-reset': '4' }, 4_000],
    ['a reset of zero', { 'ratelimit-reset': '0' }, 1_000],
    ['the largest reset in seconds', { 'ratelimit-reset': '99999' }, 120_000],
    ['the smallest epoch, long past', { 'ratelimit-reset': '100000' }, 1_000],
    ['a reset as an epoch', { 'ratelimit-reset': String(serverSeconds + 45) }, 45_000],
    [
      'a reset as an epoch in milliseconds',
      { 'ratelimit-reset': String(serverMs + 45_500) },
      45_500,
    ],
    ['a reset as ISO time', { 'ratelimit-reset': '2026-11-20T12:00:20Z' }, 20_000],
    [
      'a reset as ISO time with an offset',
      { 'ratelimit-reset': '2026-11-20T14:00:20+02:00' },
      20_000,
    ],
    ['a reset as ISO time without a zone', { 'ratelimit-reset': '2026-11-20T12:00:20' }, 20_000],
    ['a reset as HTTP date', { 'ratelimit-reset': 'Fri, 20 Nov 2026 12:00:20 GMT' }, 20_000],
    ['a reset as time of a database', { 'ratelimit-reset': '2026-11-20 12:00:20 UTC' }, 20_000],
    ['a reset as time without a zone', { 'ratelimit-reset': '2026-11-20 12:00:20' }, 20_000],
    ['a reset far ahead', { 'ratelimit-reset': '2026-11-21T12:00:00Z' }, 120_000],
    ['an unreadable reset', { 'ratelimit-reset': 'in 5 minutes' }, 60_000],
    ['a retry-after with hundredths', { 'retry-after': '1.25' }, 1250],
    ['a retry-after between spaces', { 'retry-after': ' 37 ' }, 37_000],
    [
      'a retry-after with words behind its number',
      { 'retry-after': '5 minutes', 'ratelimit-reset': '50' },
      50_000,
    ],
    ['a reset with hundredths', { 'ratelimit-reset': '4.25' }, 4250],
    [
      'a reset as ISO time with an offset without a colon',
      { 'ratelimit-reset': '2026-11-20T14:00:20+0200' },
      20_000,
    ],
    ['a reset as a day without a time', { 'ratelimit-reset': '2026-11-20' }, 60_000],
    ['no header', {}, 60_000],
  ];
  for (const [name, headers, waitMs] of table)
    it(`reads ${name}`, () => assert.equal(readPauseMs({ ...headers, date }, localMs), waitMs));

  it('counts from the local clock when the answer has no date', () => {
    assert.equal(readPauseMs({ 'ratelimit-reset': '2026-11-20T12:00:20Z' }, serverMs), 20_000);
    assert.equal(readPauseMs({ 'retry-after': 'Fri, 20 Nov 2026 12:00:30 GMT' }, serverMs), 30_000);
  });
});

describe('retry-after alone', () => {
  it('is absent or unreadable without a substitute', () => {
    assert.equal(readRetryAfterMs({ 'ratelimit-reset': '50' }, localMs), undefined);
    assert.equal(readRetryAfterMs({ 'retry-after': 'soon' }, localMs), undefined);
    assert.equal(readRetryAfterMs({ 'retry-after': '12' }, localMs), 12_000);
  });
});

describe('the account-wide limit', () => {
  it('is nearly used up when less than a fifth of it is left', () => {
    const headers = {
      'ratelimit-limit': '700',
      'ratelimit-remaining': '139',
      'ratelimit-reset': '4',
    };
    assert.deepEqual(readExhaustion(headers, localMs), {
      remaining: 139,
      limit: 700,
      waitMs: 4_000,
    });
    assert.equal(readExhaustion({ ...headers, 'ratelimit-remaining': '140' }, localMs), undefined);
  });

  it('is read from the older headers too', () => {
    assert.deepEqual(
      readExhaustion({ 'x-rate-limit': '200', 'x-rate-limit-remaining': '0' }, localMs),
      { remaining: 0, limit: 200, waitMs: 60_000 },
    );
  });

  it('is unknown without headers or with unreadable ones', () => {
    assert.equal(readExhaustion({}, localMs), undefined);
    assert.equal(readExhaustion({ 'ratelimit-remaining': '0' }, localMs), undefined);
    assert.equal(
      readExhaustion({ 'ratelimit-limit': 'many', 'ratelimit-remaining': '0' }, localMs),
      undefined,
    );
    assert.equal(readExhaustion({ 'ratelimit-limit': '700' }, localMs), undefined);
    for (const remaining of ['about 12', '12 left'])
      assert.equal(
        readExhaustion({ 'ratelimit-limit': '700', 'ratelimit-remaining': remaining }, localMs),
        undefined,
      );
  });

  it('pauses two minutes at most', () => {
    const headers = {
      'ratelimit-limit': '700',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '900',
    };
    assert.equal(readExhaustion(headers, localMs)?.waitMs, 120_000);
  });
});

describe('the own limit of an endpoint', () => {
  const read = (text: string): ReturnType<typeof readOwnLimit> =>
    readOwnLimit({ 'zendesk-ratelimit-audit-logs-export': text }, 'audit-logs-export');

  it('is read from its header, in any order and with any spaces', () => {
    assert.deepEqual(read('total=1; remaining=0; resets=41'), { remaining: 0, waitMs: 41_000 });
    assert.deepEqual(read('resets=7;remaining=1;total=1'), { remaining: 1, waitMs: 7_000 });
    assert.deepEqual(read('total=20; remaining=12; resets=41'), { remaining: 12, waitMs: 41_000 });
    assert.deepEqual(read('total=1; remaining=0; resets=0'), { remaining: 0, waitMs: 1_000 });
    assert.deepEqual(read('total=1; remaining=0; resets=9999'), { remaining: 0, waitMs: 120_000 });
  });

  it('is unknown without the header, with another one, and with an unreadable one', () => {
    assert.equal(readOwnLimit({}, 'audit-logs-export'), undefined);
    const other = { 'zendesk-ratelimit-tickets-index': 'total=1; remaining=0; resets=41' };
    assert.equal(readOwnLimit(other, 'audit-logs-export'), undefined);
    assert.equal(read('total=1'), undefined);
    assert.equal(read('total=1; remaining=1'), undefined);
    assert.equal(read('total=1; resets=41'), undefined);
    assert.equal(read('remaining=soon; resets=later'), undefined);
  });
});
