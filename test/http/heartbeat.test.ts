import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createHeartbeat, createRunWatch } from '../../src/http/heartbeat.ts';
import type { RunOutcome, Task } from '../../src/ingest/events.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { collectLog, type CollectedLog } from '../support/collected-log.ts';
import { patienceMs } from '../support/patience.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';

const secretPath = '/kr7-secret-uuid';

async function receive(test: TestContext): Promise<Receiver> {
  const receiver = await startReceiver();
  test.after(() => receiver.stop());
  return receiver;
}

function pathsOf({ received }: Receiver): string[] {
  return received.map(({ method, path }) => `${method} ${path}`);
}

/** Fails if a log contains the address. */
function assertSecret(log: CollectedLog): void {
  assert.ok(!log.text().includes('kr7'), log.text());
}

describe('a heartbeat', () => {
  it('requests the address with /start when a run begins, the address itself for success, and with /fail for failure', async (test) => {
    const receiver = await receive(test);
    const log = collectLog();
    const heartbeat = createHeartbeat(`${receiver.origin}${secretPath}`, undefined, log);
    for (const [beat, path] of [
      [() => heartbeat.begin(), `${secretPath}/start`],
      [() => heartbeat.end(true), secretPath],
      [() => heartbeat.begin(), `${secretPath}/start`],
      [() => heartbeat.end(false), `${secretPath}/fail`],
    ] as const) {
      const before = receiver.received.length;
      beat();
      await waitUntil(() => receiver.received.length > before);
      assert.equal(pathsOf(receiver).at(-1), `GET ${path}`);
    }
    assert.equal(receiver.received.length, 4);
    assert.deepEqual(log.lines(), []);
    heartbeat.close();
  });

  it('keeps the query of the address and needs no path', async (test) => {
    const receiver = await receive(test);
    const heartbeat = createHeartbeat(`${receiver.origin}/?token=kr7`, undefined, collectLog());
    heartbeat.begin();
    await waitUntil(() => receiver.received.length === 1);
    heartbeat.end(true);
    await waitUntil(() => receiver.received.length === 2);
    assert.deepEqual(pathsOf(receiver), ['GET /start?token=kr7', 'GET /?token=kr7']);
    heartbeat.close();
  });

  it('sends one request at a time, and of those that waited meanwhile only the newest', async (test) => {
    const receiver = await receive(test);
    const held: (() => void)[] = [];
    receiver.answerWith((response) => held.push(() => response.end()));
    const heartbeat = createHeartbeat(
      `${receiver.origin}${secretPath}`,
      undefined,
      collectLog(),
      patienceMs,
    );
    heartbeat.begin();
    await waitUntil(() => held.length === 1);
    heartbeat.end(false);
    heartbeat.begin();
    heartbeat.end(true);
    held[0]?.();
    await waitUntil(() => held.length === 2);
    held[1]?.();
    assert.deepEqual(pathsOf(receiver), [`GET ${secretPath}/start`, `GET ${secretPath}`]);
    heartbeat.close();
  });

  it('logs once that it is refused and once that it is accepted again, without the address', async (test) => {
    const receiver = await receive(test);
    receiver.answerWith((response) => response.writeHead(404).end('kr7 is not known'));
    const log = collectLog();
    const heartbeat = createHeartbeat(`${receiver.origin}${secretPath}`, undefined, log);
    for (const count of [1, 2]) {
      heartbeat.end(true);
      await waitUntil(() => receiver.received.length === count && log.lines().length === 1);
    }
    assert.deepEqual(log.lines(), [
      {
        level: 'warn',
        reason: 'status 404',
        msg: 'HEARTBEAT_URL does not accept the heartbeat; runs continue',
      },
    ]);
    receiver.answerWith((response) => response.end());
    heartbeat.end(true);
    await waitUntil(() => log.lines().length === 2);
    assert.deepEqual(log.lines()[1], {
      level: 'info',
      msg: 'HEARTBEAT_URL accepts the heartbeat again',
    });
    assertSecret(log);
    heartbeat.close();
  });

  it('is dropped when no answer comes, when nothing listens, and when it is redirected', async (test) => {
    const hanging = await receive(test);
    hanging.answerWith(() => {});
    const leading = await receive(test);
    leading.answerWith((response) =>
      response.writeHead(302, { location: `${hanging.origin}/elsewhere` }).end(),
    );
    const gone = await startReceiver();
    await gone.stop();
    const cutting = await receive(test);
    cutting.answerWith((response) => response.destroy());
    for (const [{ origin }, limitMs, reason] of [
      [cutting, patienceMs, 'no connection (ECONNRESET)'],
      [hanging, 200, 'no answer within 0.2 s'],
      [gone, patienceMs, 'no connection (ECONNREFUSED)'],
      [leading, patienceMs, 'status 302'],
    ] as const) {
      const log = collectLog();
      const heartbeat = createHeartbeat(`${origin}${secretPath}`, undefined, log, limitMs);
      heartbeat.begin();
      await waitUntil(() => log.lines().length === 1);
      assert.equal(log.lines()[0]?.['reason'], reason);
      assertSecret(log);
      heartbeat.close();
    }
    // On a busy machine the one that hangs may be given up before it is seen here.
    assert.deepEqual(
      pathsOf(hanging).filter((path) => path !== `GET ${secretPath}/start`),
      [],
      'the redirection is not followed',
    );
  });

  it('sends and logs nothing once it is closed', async (test) => {
    const receiver = await receive(test);
    receiver.answerWith(() => {});
    const log = collectLog();
    const heartbeat = createHeartbeat(
      `${receiver.origin}${secretPath}`,
      undefined,
      log,
      patienceMs,
    );
    heartbeat.begin();
    await waitUntil(() => receiver.received.length === 1);
    heartbeat.end(true);
    heartbeat.close();
    // Anything that was still to be sent would come before this one's answer.
    receiver.answerWith((response) => response.writeHead(404).end());
    const other = createHeartbeat(`${receiver.origin}/other`, undefined, log, patienceMs);
    other.begin();
    await waitUntil(() => log.lines().length === 1);
    assert.deepEqual(pathsOf(receiver), [`GET ${secretPath}/start`, 'GET /other/start']);
    other.close();
  });
});

describe('the heartbeat of a service', () => {
  /** The heartbeat after a sequence of events. */
  function listBeats(events: readonly (readonly [string, SyncEvent])[]): string[] {
    const beats: string[] = [];
    const watch = createRunWatch({
      begin: () => void beats.push('start'),
      end: (succeeded) => void beats.push(succeeded ? 'success' : 'fail'),
      close() {},
    });
    for (const [account, event] of events) watch(account, event);
    return beats;
  }

  const begin = (stream: string, task: Task = 'live', account = 'acme') =>
    [account, { type: 'run-started', stream, task, run: '1' }] as const;
  const end = (
    stream: string,
    outcome: RunOutcome | 'busy',
    task: Task = 'live',
    account = 'acme',
  ) =>
    [
      account,
      { type: 'run', stream, task, outcome, counts: undefined, code: undefined, error: undefined },
    ] as const;

  it('begins with the first of several concurrent runs and reports the end of each', () => {
    assert.deepEqual(
      listBeats([
        begin('audit_logs'),
        begin('access_logs'),
        end('audit_logs', 'complete'),
        begin('users', 'listing'),
        end('users', 'complete', 'listing'),
        end('access_logs', 'complete'),
        begin('audit_logs'),
        end('audit_logs', 'complete'),
      ]),
      ['start', 'success', 'success', 'success', 'start', 'success'],
    );
  });

  it('reports failure until each stream of each account that failed has succeeded', () => {
    assert.deepEqual(
      listBeats([
        end('audit_logs', 'failed'),
        end('audit_logs', 'unavailable', 'live', 'globex'),
        end('access_logs', 'complete'),
        end('audit_logs', 'complete'),
        end('audit_logs', 'complete', 'live', 'globex'),
      ]),
      ['fail', 'fail', 'fail', 'fail', 'success'],
    );
  });

  it('reports only the failure of a backfill, and remembers it', () => {
    assert.deepEqual(
      listBeats([
        begin('audit_logs', 'backfill'),
        end('audit_logs', 'failed', 'backfill'),
        end('audit_logs', 'complete'),
        end('audit_logs', 'complete', 'backfill'),
        end('audit_logs', 'complete'),
      ]),
      ['fail', 'fail', 'success'],
    );
  });

  it('ignores runs that were stopped or are done by another process, and forgets their failure', () => {
    assert.deepEqual(
      listBeats([
        end('audit_logs', 'failed'),
        end('audit_logs', 'busy'),
        end('users', 'complete', 'listing'),
        begin('users', 'listing'),
        end('users', 'interrupted', 'listing'),
      ]),
      ['fail', 'success', 'start'],
    );
  });
});
