import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Failure } from '../../src/zendesk/answer.ts';
import {
  decideRetry,
  type Decision,
  type RetryPolicy,
  type Tries,
} from '../../src/zendesk/retry.ts';

const policy: RetryPolicy = { attempts: 6, baseMs: 1_000, pauses: 20, renewableToken: true };
const first: Tries = { attempt: 1, pauses: 0, tokenRenewed: false };
/** The middle of the spread: the back-off itself. */
const middle = 0.5;

function status(code: number, more: Partial<Extract<Failure, { kind: 'refusal' }>> = {}): Failure {
  return {
    kind: 'refusal',
    status: code,
    requestId: undefined,
    body: { shape: 'none', code: undefined, words: undefined },
    cursorSent: false,
    pauseMs: 60_000,
    retryAfterMs: undefined,
    redirectedTo: undefined,
    ...more,
  };
}

function noAnswer(code: string): Failure {
  return { kind: 'no-answer', code, cause: new Error(code) };
}

const giveUp: Decision = { action: 'give-up' };

function backOff(waitMs: number, halvePage = false): Decision {
  return { action: 'back-off', waitMs, halvePage };
}

const brokenAnswer: Failure = {
  kind: 'broken-answer',
  status: 200,
  requestId: undefined,
  fault: 'is not complete JSON',
};

describe('decideRetry', () => {
  const table: [string, Failure, Partial<Tries>, Partial<RetryPolicy>, Decision][] = [
    ['a lost connection', noAnswer('ECONNRESET'), {}, {}, backOff(1_000)],
    ['an unknown host name', noAnswer('ENOTFOUND'), {}, {}, backOff(1_000)],
    ['a broken answer', brokenAnswer, {}, {}, backOff(1_000)],
    ['the second failure', brokenAnswer, { attempt: 2 }, {}, backOff(2_000)],
    ['the third failure', brokenAnswer, { attempt: 3 }, {}, backOff(4_000)],
    ['the fourth failure', brokenAnswer, { attempt: 4 }, {}, backOff(8_000)],
    ['the fifth failure', brokenAnswer, { attempt: 5 }, {}, backOff(16_000)],
    ['the sixth failure', brokenAnswer, { attempt: 6 }, {}, giveUp],
    ['an untrusted certificate', noAnswer('DEPTH_ZERO_SELF_SIGNED_CERT'), {}, {}, giveUp],
    ['an expired certificate', noAnswer('CERT_HAS_EXPIRED'), {}, {}, giveUp],
    ['an unknown issuer', noAnswer('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), {}, {}, giveUp],
    ['a certificate of another host', noAnswer('ERR_TLS_CERT_ALTNAME_INVALID'), {}, {}, giveUp],
    ['500', status(500), {}, {}, backOff(1_000)],
    ['502', status(502), {}, {}, backOff(1_000)],
    ['503', status(503), {}, {}, backOff(1_000)],
    ['503 with retry-after', status(503, { retryAfterMs: 30_000 }), {}, {}, backOff(30_000)],
    ['503 with a short retry-after', status(503, { retryAfterMs: 1 }), {}, {}, backOff(1_000)],
    ['503 with a long retry-after', status(503, { retryAfterMs: 3e6 }), {}, {}, backOff(120_000)],
    ['504', status(504), {}, {}, backOff(1_000, true)],
    ['504 for the sixth time', status(504), { attempt: 6 }, {}, giveUp],
    ['429', status(429), { pauses: 1 }, {}, { action: 'pause', waitMs: 60_000 }],
    [
      '429 after five failures',
      status(429),
      { attempt: 6, pauses: 19 },
      {},
      { action: 'pause', waitMs: 60_000 },
    ],
    ['429 for the twentieth time', status(429), { pauses: 20 }, {}, giveUp],
    ['401', status(401), {}, {}, { action: 'renew-token' }],
    ['401 after five failures', status(401), { attempt: 6 }, {}, { action: 'renew-token' }],
    ['401 of a new token', status(401), { tokenRenewed: true }, {}, giveUp],
    ['401 without a way to renew', status(401), {}, { renewableToken: false }, giveUp],
    ['403', status(403), {}, {}, giveUp],
    ['404', status(404), {}, {}, giveUp],
    ['400 without a cursor', status(400), {}, {}, giveUp],
    ['400 with a cursor', status(400, { cursorSent: true }), {}, {}, giveUp],
    ['422', status(422), {}, {}, giveUp],
    ['422 with a cursor', status(422, { cursorSent: true }), {}, {}, giveUp],
    ['418', status(418), {}, {}, giveUp],
    ['a redirect', status(302), {}, {}, giveUp],
  ];
  for (const [name, failure, tries, limits, decision] of table)
    it(`answers ${name} with ${decision.action}`, () =>
      assert.deepEqual(
        decideRetry(failure, { ...first, ...tries }, { ...policy, ...limits }, middle),
        decision,
      ));

  it('spreads a back-off by half of it to both sides', () => {
    assert.deepEqual(decideRetry(brokenAnswer, first, policy, 0), backOff(500));
    assert.deepEqual(decideRetry(brokenAnswer, first, policy, 1), backOff(1_500));
  });
});
