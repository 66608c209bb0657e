import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Budget } from '../../src/zendesk/request.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { auditRequest, connect, neverAborted } from './connection.ts';
import { auditPage, startServer, tokenReply, type Reply } from './scripted-server.ts';

const client = { kind: 'oauth-client', clientId: 'log-puller', clientSecret: 'secret' } as const;

/** A controller with its own reason, and a reply that aborts it and never answers. */
function abortingReply(): { controller: AbortController; reason: Error; reply: Reply } {
  const controller = new AbortController();
  const reason = new Error('the service is stopping');
  return { controller, reason, reply: () => controller.abort(reason) };
}

describe('an abort', () => {
  it('ends a running request with its own reason', async (test) => {
    const { controller, reason, reply } = abortingReply();
    const server = await startServer(test, { replies: [reply] });
    const { zendesk } = connect(test, server.origin);
    await assert.rejects(
      zendesk.readPage(auditRequest(), controller.signal),
      (error) => error === reason,
    );
  });

  it('ends a request whose body has begun', async (test) => {
    const { controller, reason } = abortingReply();
    const server = await startServer(test, {
      replies: [
        (response) => {
          response.writeHead(200);
          response.write('{', () => controller.abort(reason));
        },
      ],
    });
    const { zendesk } = connect(test, server.origin);
    await assert.rejects(
      zendesk.readPage(auditRequest(), controller.signal),
      (error) => error === reason,
    );
  });

  it('ends the wait before the next attempt', async (test) => {
    const { controller, reason } = abortingReply();
    const server = await startServer(test, { replies: [{ status: 500 }] });
    const { zendesk } = connect(test, server.origin, {
      retryBaseMs: 3_600_000,
      log: { warn: () => queueMicrotask(() => controller.abort(reason)) },
    });
    await assert.rejects(
      zendesk.readPage(auditRequest(), controller.signal),
      (error) => error === reason,
    );
    assert.equal(server.requests.length, 1);
  });

  it('ends the wait for the budget, and nothing is sent', async (test) => {
    const { controller, reason } = abortingReply();
    const server = await startServer(test, { replies: [auditPage([1])] });
    const take: Budget['take'] = (_group, _priority, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        controller.abort(reason);
      });
    const { zendesk } = connect(test, server.origin, {
      budget: { take, pause: async () => undefined },
    });
    await assert.rejects(
      zendesk.readPage(auditRequest(), controller.signal),
      (error) => error === reason,
    );
    assert.equal(server.requests.length, 0);
  });

  it('before the request sends nothing, not even for a token', async (test) => {
    const server = await startServer(test, { tokenReplies: [tokenReply('one')] });
    const { zendesk, takes } = connect(test, server.origin, { credentials: client });
    await assert.rejects(
      zendesk.readPage(auditRequest(), AbortSignal.abort('stopped')),
      (error) => error === 'stopped',
    );
    assert.equal(takes.length, 0);
    assert.equal(server.tokenRequests.length, 0);
  });

  it('ends the wait for a token of one request and leaves the token to the others', async (test) => {
    const { controller, reason } = abortingReply();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const server = await startServer(test, {
      replies: [auditPage([1])],
      tokenReplies: [
        (response) => {
          controller.abort(reason);
          void left.then(() =>
            response.writeHead(201).end('{"access_token":"one","scope":"read","expires_in":7200}'),
          );
        },
      ],
    });
    const { zendesk } = connect(test, server.origin, { credentials: client });
    const stopped = zendesk.readPage(auditRequest(), controller.signal);
    const other = zendesk.readPage(auditRequest(), neverAborted);
    await assert.rejects(stopped, (error) => error === reason);
    leave();
    await other;
    assert.equal(server.tokenRequests.length, 1);
    assert.equal(server.requests.length, 1);
  });
});

describe('a token request that no caller waits for any more', () => {
  it('affects nobody when it fails', async (test) => {
    const { controller, reason } = abortingReply();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const server = await startServer(test, {
      replies: [auditPage([1])],
      tokenReplies: [
        (response) => {
          controller.abort(reason);
          void left.then(() => response.writeHead(401).end('{"error":"invalid_client"}'));
        },
        tokenReply('one'),
      ],
    });
    const { zendesk } = connect(test, server.origin, { credentials: client });
    const stopped = zendesk.readPage(auditRequest(), controller.signal);
    await assert.rejects(stopped, (error) => error === reason);
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    test.after(() => process.off('unhandledRejection', note));
    leave();
    await waitUntil(async () => {
      await zendesk.readPage(auditRequest(), neverAborted).catch(() => undefined);
      return server.requests.length > 0;
    });
    assert.deepEqual(unhandled, []);
  });
});

describe('the closing of a client', () => {
  it('ends running requests, also the minting of a token', async (test) => {
    const opened = Promise.withResolvers<void>();
    const server = await startServer(test, { tokenReplies: [() => opened.resolve()] });
    const { zendesk } = connect(test, server.origin, { credentials: client });
    const page = zendesk.readPage(auditRequest(), neverAborted);
    await opened.promise;
    void zendesk.close();
    await assert.rejects(page, new Error('the connection to Zendesk was closed'));
  });
});
