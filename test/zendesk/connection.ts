/** A client of the scripted server, with a budget and a log that record their calls. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { KnownError } from '../../src/errors.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { createZendesk, type Zendesk, type ZendeskOptions } from '../../src/zendesk/client.ts';
import type { PageRequest } from '../../src/zendesk/request.ts';

export type Connection = {
  zendesk: Zendesk;
  takes: { group: string; priority: number }[];
  pauses: { group: string; waitMs: number; reason: string }[];
  logged: { details: Record<string, unknown>; message: string }[];
};

/** Connects, by default with an access token, and closes after the test. */
export function connect(
  test: TestContext,
  origin: string,
  more: Partial<ZendeskOptions> = {},
): Connection {
  const takes: Connection['takes'] = [];
  const pauses: Connection['pauses'] = [];
  const logged: Connection['logged'] = [];
  const log = (details: Record<string, unknown>, message: string): void =>
    void logged.push({ details, message });
  const zendesk = createZendesk({
    origin,
    credentials: { kind: 'oauth-token', token: 'fixed-token' },
    scope: 'read',
    account: 'acme',
    budget: {
      take: async (group, priority) => void takes.push({ group, priority }),
      pause: async (group, waitMs, reason) => void pauses.push({ group, waitMs, reason }),
    },
    log: { warn: log },
    retryBaseMs: 1,
    ...more,
  });
  test.after(() => zendesk.close());
  return { zendesk, takes, pauses, logged };
}

/** A first page of audit logs. */
export function auditRequest(more: Partial<PageRequest> = {}): PageRequest {
  return {
    group: auditLogs.budget,
    priority: 3,
    path: '/api/v2/audit_logs',
    paging: auditLogs.source.paging,
    needs: auditLogs.needs,
    parameters: [
      ['sort', 'created_at'],
      ['filter[created_at][]', '2026-11-20T08:00:00Z'],
      ['filter[created_at][]', '2026-11-20T09:00:00Z'],
    ],
    pageSize: 100,
    cursor: undefined,
    ...more,
  };
}

/** A signal for requests that nobody ends. */
export const neverAborted = new AbortController().signal;

/** The error that the promise rejects with. */
export async function refusalOf(promise: Promise<unknown>): Promise<KnownError> {
  const error: unknown = await promise.then(
    () => assert.fail('the request was expected to fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof KnownError) return error;
  throw error;
}
