import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { KnownError } from '../../src/errors.ts';
import { AttemptError, type Failure } from '../../src/zendesk/answer.ts';
import {
  decideRetry,
  runAttempts,
  wait,
  waitFor,
  type Decision,
  type RetryPolicy,
  type Tries,
} from '../../src/zendesk/retry.ts';

const policy: RetryPolicy = {
  attempts: 6,
  baseMs: 1_000,
  pauses: 20,
  renewableToken: true,
  wasCutOff: false,
};
const first: Tries = { attempt: 1, pauses: 0, tokenRenewed: false };
/** The middle of the range: the waiting time itself. */
const middle = 0.5;

function status(code: number, more: Partial<Extract<Failure, { kind: 'refusal' }>> = {}): Failure {
  return {
    kind: 'refusal',
    status: code,
    requestId: undefined,
    body: { shape: 'object', code: undefined, words: undefined },
    cursorSent: false,
    pauseMs: 60_000,
    retryAfterMs: undefined,
    redirectedTo: undefined,
    ...more,
  };
}

function noAnswer(code: string): Extract<Failure, { kind: 'no-answer' }> {
  return { kind: 'no-answer', code, cause: new Error(code) };
}

const giveUp: Decision = { action: 'give-up' };

function backOff(waitMs: number, askForLess = false): Decision {
  return { action: 'back-off', waitMs, askForLess };
}

function pause(waitMs: number): Decision {
  return { action: 'pause', waitMs };
}

/** An answer that does not come from Zendesk. */
const foreign = { body: { shape: 'html', code: undefined, words: undefined } } as const;
const noRecord = {
  body: { shape: 'string', code: 'RecordNotFound', words: 'Not found' },
} as const;

const unconnected: Failure = { ...noAnswer('ETIMEDOUT'), isUnconnected: true };
const brokenAnswer: Failure = {
  kind: 'broken-answer',
  status: 200,
  requestId: undefined,
  fault: 'is no list',
  wasCut: false,
};

describe('decideRetry', () => {
  const table: [string, Failure, Partial<Tries>, Partial<RetryPolicy>, Decision][] = [
    ['a lost connection', noAnswer('ECONNRESET'), {}, {}, backOff(1_000, true)],
    ['a cut body', noAnswer('ERR_HTTP_CONTENT_LENGTH_MISMATCH'), {}, {}, backOff(1_000, true)],
    ['our own time limit', noAnswer('ETIMEDOUT'), {}, {}, backOff(1_000, true)],
    ['a connection that is refused', noAnswer('ECONNREFUSED'), {}, {}, backOff(1_000)],
    ['the same once more', noAnswer('ECONNREFUSED'), {}, { wasCutOff: true }, giveUp],
    ['no connection in time', unconnected, {}, { wasCutOff: true }, giveUp],
    ['another failure after it', brokenAnswer, {}, { wasCutOff: true }, backOff(1_000)],
    ['an answer too large', { ...brokenAnswer, wasCut: true }, {}, {}, backOff(1_000, true)],
    ...['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].map(
      (code): [string, Failure, Partial<Tries>, Partial<RetryPolicy>, Decision] => [
        code,
        noAnswer(code),
        {},
        {},
        backOff(1_000),
      ],
    ),
    ['413 of a proxy', status(413, foreign), {}, {}, backOff(1_000, true)],
    ['401 of a proxy once', status(401, foreign), {}, { renewableToken: false }, backOff(1_000)],
    ['429 before any pause', status(429, { pauseMs: 86_400_000 }), {}, {}, pause(300_000)],
    ['429 where none is waited for', status(429), { pauses: 1 }, { pauses: 1 }, giveUp],
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
    ['500', status(500), {}, {}, backOff(1_000, true)],
    ['502', status(502), {}, {}, backOff(1_000, true)],
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
    ...(
      [
        [1, 300_000],
        [2, 900_000],
        [3, 3_600_000],
        [4, 3_600_000],
      ] as const
    ).map(([pauses, waitMs]): [string, Failure, Partial<Tries>, Partial<RetryPolicy>, Decision] => [
      `429 with retry-after of a day, ${pauses} in a row,`,
      status(429, { pauseMs: 86_400_000 }),
      { pauses },
      {},
      { action: 'pause', waitMs },
    ]),
    ['429 for the twentieth time', status(429), { pauses: 20 }, {}, giveUp],
    ['401', status(401), {}, {}, { action: 'renew-token' }],
    ['401 after five failures', status(401), { attempt: 6 }, {}, { action: 'renew-token' }],
    ['401 of a new token', status(401), { tokenRenewed: true }, {}, giveUp],
    ['401 without a way to renew', status(401), {}, { renewableToken: false }, giveUp],
    ['401 of a proxy', status(401, foreign), { tokenRenewed: true }, {}, backOff(1_000)],
    ['403', status(403), {}, {}, backOff(1_000)],
    ['403 for the third time', status(403), { attempt: 3 }, {}, giveUp],
    [
      '403 of a proxy for the fifth time',
      status(403, foreign),
      { attempt: 5 },
      {},
      backOff(16_000),
    ],
    ['403 of a proxy for the sixth time', status(403, foreign), { attempt: 6 }, {}, giveUp],
    ['404', status(404), {}, {}, backOff(1_000)],
    ['404 for the third time', status(404), { attempt: 3 }, {}, giveUp],
    ['404 with a cursor', status(404, { cursorSent: true }), {}, {}, giveUp],
    ['404 of a record', status(404, noRecord), {}, {}, giveUp],
    ['404 of a proxy', status(404, foreign), { attempt: 3 }, {}, backOff(4_000)],
    ...[408, 409, 421, 423, 425, 499].map(
      (code): [string, Failure, Partial<Tries>, Partial<RetryPolicy>, Decision] => [
        String(code),
        status(code),
        { attempt: 3 },
        {},
        backOff(4_000, [408, 499].includes(code)),
      ],
    ),
    ['400 without a cursor', status(400), {}, {}, giveUp],
    ['400 with a cursor', status(400, { cursorSent: true }), {}, {}, giveUp],
    ['422', status(422), {}, {}, giveUp],
    ['422 with a cursor', status(422, { cursorSent: true }), {}, {}, giveUp],
    ['418', status(418), {}, {}, giveUp],
    ['418 of a proxy', status(418, foreign), {}, {}, backOff(1_000)],
    ['a redirect', status(302), {}, {}, backOff(1_000)],
  ];
  for (const [name, failure, tries, limits, decision] of table)
    it(`answers ${name} with ${decision.action}`, () =>
      assert.deepEqual(
        decideRetry(failure, { ...first, ...tries }, { ...policy, ...limits }, middle),
        decision,
      ));

  it('changes a waiting time by up to half in both directions', () => {
    assert.deepEqual(decideRetry(brokenAnswer, first, policy, 0), backOff(500));
    assert.deepEqual(decideRetry(brokenAnswer, first, policy, 1), backOff(1_500));
  });
});

describe('the attempts of a request', () => {
  const never = new AbortController().signal;

  /** Runs attempts that fail with these one after the other, and then succeed. Returns what was done meanwhile. */
  async function run(failures: readonly unknown[], signal = never): Promise<readonly string[]> {
    const done: string[] = [];
    let attempts = 0;
    const result = runAttempts(
      async () => {
        const failure = failures[attempts];
        attempts += 1;
        if (failure === undefined) return 'answered';
        throw failure instanceof Error ? failure : new AttemptError(failure as Failure);
      },
      {
        policy: { ...policy, attempts: 3, baseMs: 1, pauses: 3 },
        signal,
        pause: async (waitMs) => void done.push(`paused ${waitMs}`),
        onRetry: (_failure, { action }, { attempt, pauses, tokenRenewed }) =>
          void done.push(`${action} ${attempt} ${pauses} ${tokenRenewed}`),
        explain: (_failure, { attempt, pauses }) =>
          new KnownError('no_usable_answer', { found: `gave up at ${attempt} after ${pauses}` }),
      },
    );
    done.push(await result.catch((error: Error) => error.message));
    return done;
  }

  it('continue until one succeeds, and end when the policy gives up', async () => {
    assert.deepEqual(await run([]), ['answered']);
    assert.deepEqual(await run([brokenAnswer, brokenAnswer]), [
      'back-off 1 0 false',
      'back-off 2 0 false',
      'answered',
    ]);
    assert.deepEqual(await run([brokenAnswer, brokenAnswer, brokenAnswer]), [
      'back-off 1 0 false',
      'back-off 2 0 false',
      'gave up at 3 after 0.',
    ]);
  });

  it('do not count a pause for 429 or a new token, and count only pauses in a row', async () => {
    const limited = status(429);
    assert.deepEqual(await run([limited, limited, brokenAnswer, limited, status(401)]), [
      'pause 1 1 false',
      'paused 60000',
      'pause 1 2 false',
      'paused 60000',
      'back-off 1 0 false',
      'pause 2 1 false',
      'paused 60000',
      'renew-token 2 0 false',
      'answered',
    ]);
    assert.deepEqual(await run([limited, limited, limited]), [
      'pause 1 1 false',
      'paused 60000',
      'pause 1 2 false',
      'paused 60000',
      'gave up at 1 after 3.',
    ]);
    assert.deepEqual(await run([status(401), status(401)]), [
      'renew-token 1 0 false',
      'gave up at 1 after 0.',
    ]);
  });

  it('end at once with an error that does not come from an attempt, and with the reason of an abort', async () => {
    assert.deepEqual(await run([new Error('a fault of our own')]), ['a fault of our own']);
    const stopped = AbortSignal.abort(new Error('stopped'));
    assert.deepEqual(await run([brokenAnswer], stopped), ['stopped']);
  });
});

describe('a wait', () => {
  const reason = new Error('stopped');

  it('ends with the reason of an abort, before the wait and during it', async () => {
    await wait(0, new AbortController().signal);
    await assert.rejects(wait(60_000, AbortSignal.abort(reason)), reason);
    const stopping = new AbortController();
    const waiting = wait(60_000, stopping.signal);
    stopping.abort(reason);
    await assert.rejects(waiting, reason);
  });

  it('for something that others wait for too ends alone, and leaves no listener behind', async () => {
    const shared = Promise.withResolvers<string>();
    const stopping = new AbortController();
    const given = waitFor(shared.promise, stopping.signal);
    const other = waitFor(shared.promise, new AbortController().signal);
    assert.equal(getEventListeners(stopping.signal, 'abort').length, 1);
    stopping.abort(reason);
    await assert.rejects(given, reason);
    await assert.rejects(waitFor(shared.promise, stopping.signal), reason);
    shared.resolve('the token');
    assert.equal(await other, 'the token');
    const quiet = new AbortController();
    await waitFor(shared.promise, quiet.signal);
    assert.equal(getEventListeners(quiet.signal, 'abort').length, 0);
  });
});
