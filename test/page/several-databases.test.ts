import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import type { Access } from '../../src/http/page/access.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { assertAccessible, assertFits, withoutBrowser } from '../support/browser.ts';
import { withDatabase } from '../support/database.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.ts';
import { withPage, type ServedPage } from '../support/page.ts';

const accounts = ['acme', 'globex'];
const jane = 'jane-token-0123456789';
const login: Access = {
  kind: 'login',
  tokens: [{ role: 'investigator', name: 'jane', token: jane }],
  proxy: undefined,
};

/** A page of two databases with an account each: the first has acme, and can be cut off. */
async function withTwo(
  work: (page: ServedPage, first: DatabaseProxy) => Promise<void>,
  access?: Access,
): Promise<void> {
  await withDatabase((one) =>
    withDatabase(async (two) => {
      const places = [
        [one, 'acme'],
        [two, 'globex'],
      ] as const;
      for (const [url, account] of places) {
        const db = openDatabase({ url });
        await registerStream(db, account, auditLogs);
        await db.query(
          `insert into zendesk_sync.coverage values ($1, 'audit_logs', '2026-11-01T00:00:00Z', '2026-11-03T00:00:00Z')`,
          [account],
        );
        await db.close();
      }
      const first = await startDatabaseProxy(one);
      try {
        await withPage((page) => work(page, first), {
          accounts,
          ...(access === undefined ? {} : { access }),
          databaseUrl: two,
          databases: [
            { name: 'first', url: first.url, accounts: ['acme'] },
            { name: 'second', url: two, accounts: ['globex'] },
          ],
        });
      } finally {
        await first.close();
      }
    }),
  );
}

describe('the page of several databases', { skip: withoutBrowser, concurrency: 2 }, () => {
  it('shows what all of them have, and of each account what its own has', async () => {
    await withTwo(async ({ open }) => {
      const { page, problems } = await open('#/overview');
      await page.locator('.live', { hasText: /Live$/ }).waitFor();
      const streams = page.getByRole('region', { name: /stream/i }).getByRole('row');
      await streams.nth(2).waitFor();
      assert.equal(await streams.count(), 3);
      await page.evaluate(`location.hash = '#/coverage'`);
      for (const account of accounts)
        await page
          .getByRole('grid', { name: `Days of the audit log of ${account}, by month` })
          .waitFor();
      await page.getByRole('combobox', { name: 'Account' }).selectOption('globex');
      await page.getByRole('heading', { name: 'Coverage' }).waitFor();
      await page.getByRole('grid', { name: / of acme, / }).waitFor({ state: 'detached' });
      assert.equal(await page.getByRole('grid').count(), 1);
      assert.deepEqual(problems, []);
    });
  });

  it('says in every view which of them is away, and shows the others', async () => {
    await withTwo(async ({ open }, first) => {
      await first.closedDuring(async () => {
        const { page, problems } = await open('#/overview');
        await page.getByText(/^Database first: /).waitFor();
        await page.getByRole('rowheader', { name: 'Audit log' }).waitFor();
        await assertAccessible(page);
        await assertFits(page, 360);
        for (const view of ['coverage', 'findings', 'activity', 'evidence']) {
          await page.evaluate(`location.hash = '#/${view}'`);
          await page
            .getByText(/^Database first: .* What it has is missing here\.$/)
            .first()
            .waitFor();
          await assertAccessible(page);
          await assertFits(page, 360);
        }
        await page.evaluate(`location.hash = '#/coverage'`);
        await page
          .getByRole('grid', { name: 'Days of the audit log of globex, by month' })
          .waitFor();
        assert.deepEqual(problems, []);
      });
    });
  });

  it('lets people in while one of them is away, whose sessions last', async () => {
    await withTwo(async ({ open, url }, first) => {
      const { page, problems } = await open('#/overview');
      const begin = async (): Promise<void> => {
        await page.getByLabel('Token').fill(jane);
        await page.getByRole('button', { name: 'Log in' }).click();
        await page.getByText('jane, investigator').waitFor();
      };
      await begin();
      await first.closedDuring(async () => {
        await page.reload();
        await page.getByText('jane, investigator').waitFor();
        await page.getByRole('button', { name: 'Log out' }).click();
        await page.getByText('You are still logged in').waitFor();
      });
      await page.reload();
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByLabel('Token').waitFor();
      await first.closedDuring(begin);
      await page.goto(`${url}/#/evidence`);
      await page.getByText('jane, investigator').waitFor();
      assert.deepEqual(problems, []);
    }, login);
  });
});
