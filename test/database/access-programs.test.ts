import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, isProgram, own, storeAccessRows } from '../support/access-view-rows.ts';
import { withLedger } from '../support/ledger.ts';

describe('is_service_account of access_events', () => {
  it('marks the requests of users on the list, and the requests that this program itself sends', async () => {
    const cases: readonly (readonly [boolean, Readonly<Record<string, unknown>>])[] = [
      [true, { url: '/api/v2/access_logs?filter[start]=2026-11-18', ...own }],
      [true, { url: '/api/services/access_logs', ...own }],
      [true, { url: '/api/v2/audit_logs.json?{...}', ...own }],
      [true, { url: '/api/v2/users{...}', ...own }],
      [true, { url: '/api/v2/users/show_many/?ids=1', ...own }],
      [true, { url: '/oauth/tokens', method: 'POST', ...own }],
      [false, { url: '/api/v2/audit_logs/export', ...own }],
      [false, { url: '/api/v2/users/9', ...own }],
      [false, { url: '/api/v2/tickets/show_many?ids=1', ...own }],
      [false, { url: null, ...own }],
      [false, { url: '/api/v2/access_logs', client: 'curl/8.0 zendesk-log-sync/1.0' }],
      [false, { url: '/api/v2/access_logs', client: null }],
      [true, { user_id: 8 }],
      [false, { user_id: 9 }],
      [false, { user_id: null }],
    ];
    await withLedger(async (db) => {
      await storeAccessRows(
        db,
        cases.map(([, more]) => at('11-18T12:00:00', more)),
      );
      await db.query(isProgram(8));
      await db.query(`insert into zendesk.service_accounts (account, user_id) values ('other', 9)`);
      assert.deepEqual(
        await db.query(
          'select is_service_account as marked from zendesk.access_events order by id',
        ),
        cases.map(([marked]) => ({ marked })),
      );
    });
  });
});
