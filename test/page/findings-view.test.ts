import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { acknowledgeFindings } from '../../src/ingest/findings/acknowledge.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { assertAccessible, assertFits, withoutBrowser } from '../support/browser.ts';
import { withPage } from '../support/page.ts';
import { storeFinding } from '../support/stored-finding.ts';
import { storeRecords } from '../support/stored-records.ts';

const hostile = '<img src=x onerror=alert(1)> & "quoted"';

async function storeSome(db: Database): Promise<void> {
  await storeRecords(db, auditLogs, [
    {
      id: 7,
      created_at: '2026-11-03T10:00:00Z',
      action: 'update',
      source_type: 'user',
      source_label: hostile,
      actor_name: hostile,
    },
  ]);
  const evidence = [{ table: 'audit_logs', created_at: '2026-11-03T10:00:00Z', id: '7' }];
  await storeFinding(db, { finding: 'a', evidence, actorName: hostile, summary: hostile });
  await storeFinding(db, { finding: 'b', severity: 'low', at: '2026-11-04T10:00:00Z' });
  await storeFinding(db, { finding: 'c', severity: 'low', at: '2026-11-05T10:00:00Z' });
  await acknowledgeFindings(db, 'acme', ['c'], { by: 'Bob', note: hostile });
}

describe('the findings view in a browser', { skip: withoutBrowser }, () => {
  it('counts by severity and state, lists, and shows hostile texts as texts', async () => {
    await withPage(async ({ db, open }) => {
      await storeSome(db);
      const { page, problems } = await open('#/findings');
      await page.getByRole('heading', { name: '2 findings' }).waitFor();
      assert.deepEqual(
        (
          await page
            .getByRole('table', { name: /^How many/ })
            .locator('tbody tr')
            .allInnerTexts()
        ).map((row) => row.replaceAll(/\s+/g, ' ')),
        ['▲ high 1 0 0', '▽ low 1 1 0'],
      );
      await page.getByRole('link', { name: hostile }).waitFor();
      await assertAccessible(page);
      await assertFits(page, 360);
      await page.getByRole('link', { name: '1 finding, low, acknowledged' }).click();
      await page.getByText(`acknowledged by Bob`).waitFor();
      await page.getByText(hostile).waitFor();
      assert.deepEqual(problems, []);
    });
  });

  it('shows a finding with the rows behind it, and acknowledges it by the keyboard alone', async () => {
    await withPage(async ({ db, open, offer }) => {
      await storeSome(db);
      offer(async (action, by) => {
        assert.ok(action.kind === 'acknowledge');
        await acknowledgeFindings(db, action.account, action.findings, { by, note: action.note });
        return 'Acknowledged.';
      });
      const { page, problems } = await open('#/findings?account=acme&finding=a');
      const rows = page.getByRole('table', { name: 'Records of the audit log' });
      await rows.waitFor();
      assert.match((await rows.locator('tbody tr').allInnerTexts()).join(), /<img src=x/);
      await assertAccessible(page);
      await assertFits(page, 360);
      await page.getByRole('textbox', { name: 'Why it needs nothing more' }).focus();
      await page.keyboard.type('a <b>test</b>');
      await page.keyboard.press('Enter');
      await page.getByText('a <b>test</b>').waitFor();
      assert.deepEqual(
        await db.query(
          `select acknowledged_by as by, acknowledged_note as note from zendesk.findings where finding = 'a'`,
        ),
        [{ by: 'this machine', note: 'a <b>test</b>' }],
      );
      assert.deepEqual(problems, []);
    });
  });

  it('acknowledges several that were chosen', async () => {
    await withPage(async ({ db, open, offer }) => {
      await storeSome(db);
      const asked: unknown[] = [];
      offer(async (action) => {
        asked.push(action);
        return 'Acknowledged.';
      });
      const { page } = await open('#/findings');
      for (const id of ['a', 'b'])
        await page.getByRole('checkbox', { name: `Choose ${id}: ` }).check();
      await page.getByRole('textbox', { name: 'Why these 2 need nothing more' }).fill('a drill');
      await page.getByRole('button', { name: 'Acknowledge 2 findings' }).click();
      await page
        .getByRole('button', { name: 'Acknowledge 2 findings' })
        .waitFor({ state: 'detached' });
      assert.deepEqual(asked, [
        { kind: 'acknowledge', account: 'acme', findings: ['b', 'a'], note: 'a drill' },
      ]);
    });
  });

  it('offers nothing to do to who is only a reader, and shows nothing that was typed', async () => {
    const token = 'rob-token-0123456789';
    await withPage(
      async ({ db, open }) => {
        await storeRecords(db, accessLogs, [
          {
            id: 'x1',
            timestamp: '2026-11-03T10:00:00Z',
            url: '/api/v2/search?query=secret+word',
            user_id: 5,
            status: 200,
            method: 'GET',
          },
        ]);
        const evidence = [{ table: 'access_logs', timestamp: '2026-11-03T10:00:00Z', id: 'x1' }];
        await storeFinding(db, { finding: 'a', stream: 'access_logs', evidence });
        const options = { extraHTTPHeaders: { authorization: `Bearer ${token}` } };
        const { page } = await open('#/findings?account=acme', options);
        await page.getByRole('link', { name: 'Two-factor' }).waitFor();
        assert.equal(await page.getByRole('checkbox').count(), 0);
        await page.getByRole('link', { name: 'Two-factor' }).click();
        await page.getByRole('table', { name: 'Requests of the access log' }).waitFor();
        assert.equal(await page.getByRole('textbox').count(), 0);
        assert.ok(!(await page.locator('body').innerText()).includes('secret'));
        assert.deepEqual(await db.query('select asked_by, view from zendesk_sync.questions'), [
          { asked_by: 'rob', view: 'findings/rows' },
        ]);
      },
      {
        access: {
          kind: 'login',
          tokens: [{ role: 'reader', name: 'rob', token }],
          proxy: undefined,
        },
      },
    );
  });

  it('lists the rules with their thresholds, on and off', async () => {
    await withPage(async ({ db, open }) => {
      await db.query(`update zendesk.finding_rules set enabled = false where rule = 'enumeration'`);
      const { page, problems } = await open('#/findings?tab=rules');
      const table = page.getByRole('table', { name: 'Rules' });
      await table.waitFor();
      const [rules] = await db.query<{ count: number; off: number }>(
        'select count(*)::integer as count, count(*) filter (where not enabled)::integer as off from zendesk.finding_rules',
      );
      assert.equal(await table.locator('tbody tr').count(), rules?.count);
      assert.equal(await table.locator('.state', { hasText: /off$/ }).count(), rules?.off);
      await assertAccessible(page);
      await assertFits(page, 360);
      assert.deepEqual(problems, []);
    });
  });
});
