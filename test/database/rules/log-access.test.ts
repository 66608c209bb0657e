import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, findAccesses, isProgram, own } from '../../support/access-view-rows.ts';

describe('the rule log_access', () => {
  it('finds who reads the logs, but not this program, whose token may be that of a person', async () => {
    assert.deepEqual(
      await findAccesses(
        'log_access',
        [
          at('11-18T12:00:00', { url: '/api/v2/audit_logs?page[after]=x', ...own }),
          at('11-18T12:00:01', { url: '/api/v2/audit_logs?page[after]=x' }),
          at('11-18T12:00:02', { url: '/api/v2/audit_logs?page[after]=y' }),
          at('11-18T12:00:03', { url: '/api/v2/audit_logs/77' }),
          at('11-18T12:00:04', { url: '/api/v2/access_logs', user_id: 6, status: 403 }),
          at('11-18T12:00:05', { url: '/api/v2/access_logs', user_id: 8 }),
          at('11-18T12:00:06', { url: '/api/v2/tickets/1/audits' }),
        ],
        [isProgram(8)],
      ),
      [
        [2, 'Log read: audit_log'],
        [4, 'Log read: audit_log 77'],
        [5, 'Log read: access_log, denied'],
      ],
    );
  });
});
