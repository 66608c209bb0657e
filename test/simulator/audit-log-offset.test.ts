import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { assertSameList, ask, NOW, READY, withSimulator } from './simulated-account.ts';

const AUDIT = '/api/v2/audit_logs';

describe('GET /api/v2/audit_logs without page[size]', () => {
  it('silently switches to offset pagination', async () => {
    await withSimulator({ auditLogRowsPerDay: 1000, auditLogDays: 3 }, async (simulator) => {
      const rows = [
        ...simulator.records('audit_logs', new Date(0), new Date(NOW + 1000)),
      ].toReversed();
      const cursor =
        (await ask(simulator, AUDIT, [['page[size]', 5]])).json.meta.after_cursor ?? '';
      const { json } = await ask(simulator, AUDIT, [['page[after]', cursor]]);
      assert.deepEqual(Object.keys(json), ['audit_logs', 'next_page', 'previous_page', 'count']);
      assertSameList(json.audit_logs, rows.slice(0, 100));
      assert.equal(json.count, rows.length);
      assert.equal(json.previous_page, null);
      const second = await ask(simulator, AUDIT, [
        ['page', 2],
        ['per_page', 30],
        ['sort_by', 'created_at'],
        ['sort_order', 'asc'],
      ]);
      assertSameList(second.json.audit_logs, rows.toReversed().slice(30, 60));
      assert.match(second.json.next_page ?? '', /page=3&per_page=30/);
      assert.match(second.json.previous_page ?? '', /page=1&per_page=30/);
    });
  });

  it('clamps per_page to 100 and ends next_page with null', async () => {
    await withSimulator({ auditLogRowsPerDay: 200, auditLogDays: 1 }, async (simulator) => {
      const first = (await ask(simulator, AUDIT, [['per_page', 500]])).json;
      assert.equal(first.audit_logs.length, 100);
      const last = (await ask(simulator, AUDIT, [['page', Math.ceil(first.count / 100)]])).json;
      assert.equal(last.next_page, null);
    });
  });

  it('answers 400 InvalidPaginationDepth beyond the first 10,000 records', async () => {
    await withSimulator({ auditLogDays: 1 }, async (simulator) => {
      assert.equal((await ask(simulator, AUDIT, [['page', 100]])).status, 200);
      const { status, text } = await ask(simulator, AUDIT, [['page', 101]]);
      assert.equal(status, 400);
      const { errors }: { errors: { code: string }[] } = JSON.parse(text);
      assert.equal(errors[0]?.code, 'InvalidPaginationDepth');
    });
  });

  it('answers 200 to page[size] together with sort_by, and silently ignores the sort', async () => {
    await withSimulator({ auditLogRowsPerDay: 1000, auditLogDays: 3 }, async (simulator) => {
      const plain = await ask(simulator, AUDIT, [['page[size]', 5]]);
      const mixed = await ask(simulator, AUDIT, [
        ['page[size]', 5],
        ['sort_by', 'created_at'],
        ['sort_order', 'asc'],
      ]);
      assert.equal(mixed.status, 200);
      assertSameList(mixed.json.audit_logs, plain.json.audit_logs);
    });
  });
});

describe('POST /api/v2/audit_logs/export', () => {
  it('answers 202 without content, once a minute per account, with its own header and text', async () => {
    await withSimulator({ limits: true }, async (simulator) => {
      const first = await ask(simulator, `${AUDIT}/export`, [], {
        method: 'POST',
        headers: READY,
      });
      assert.equal(first.status, 202);
      assert.equal(first.text, 'null');
      assert.equal(
        first.headers.get('zendesk-ratelimit-audit-logs-export'),
        'total=1; remaining=0; resets=60',
      );
      const second = await ask(simulator, `${AUDIT}/export`, [], {
        method: 'POST',
        headers: READY,
      });
      assert.equal(second.status, 429);
      assert.equal(
        second.text,
        'Rate limit for Audit log CSV Export exceeded. Please wait 1 minute and try again.',
      );
      assert.equal(
        (await ask(simulator, AUDIT, [['page[size]', 1]])).status,
        200,
        'the list is not affected',
      );
    });
  });
});
