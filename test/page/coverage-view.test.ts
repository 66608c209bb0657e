import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GapPreview } from '../../src/page/views/coverage/load-gap-cost.ts';
import { assertAccessible, assertFits, withoutBrowser } from '../support/browser.ts';
import { storeHistories } from '../support/page-history.ts';
import { withPage } from '../support/page.ts';

/** How many cells have each text, without the day and without how much of the present day there is. */
const countTexts = `Object.entries(Object.groupBy(
  [...document.querySelectorAll('[aria-label^="Days of the access log"] [data-key]')].map((cell) => cell.ariaLabel.replace(/^.*?: /, '').replace(/^[0-9.]+ % covered, [0-9]+ min(?: [0-9]+ s)? being/, 'partly covered, being')),
  (text) => text
)).map(([text, cells]) => text + ' × ' + cells.length).toSorted()`;

describe('the coverage view in a browser', { skip: withoutBrowser }, () => {
  it('has a cell with a text for each day of the history, the same as the ledger says', async () => {
    await withPage(async ({ db, open }) => {
      await storeHistories(db, ['acme']);
      const { page, problems, countBytes } = await open('#/coverage');
      await page.getByRole('grid', { name: 'Days of the audit log of acme, by month' }).waitFor();
      assert.ok(countBytes() <= 60_000, `${countBytes()} bytes`);
      assert.deepEqual(await page.evaluate(countTexts), [
        '50 % covered, 12 h a gap that will be filled × 2',
        '50 % covered, 12 h lost for good × 1',
        'covered × 105',
        'lost for good × 14',
        'partly covered, being read × 1',
      ]);
      const [days] = await db.query<{ days: number }>(
        `select count(*)::integer as days from generate_series(timestamptz '2023-11-20', now(), interval '1 day')`,
      );
      assert.equal(
        await page.locator('[aria-label^="Days of the audit log"] [data-key]').count(),
        days?.days,
      );
      await assertAccessible(page);
      await assertFits(page, 360);
      await assertFits(page, 3840);
      assert.deepEqual(problems, []);
    });
  });

  it('leads from a day to its minutes, to its seconds and back by the keyboard alone', async () => {
    await withPage(async ({ db, open }) => {
      await storeHistories(db, ['acme']);
      const { page, problems } = await open('#/coverage?account=acme');
      const told = (): Promise<unknown> =>
        page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent');
      await page.getByRole('grid', { name: 'Days of the audit log of acme, by month' }).waitFor();
      await page.getByRole('link', { name: '3 gaps to fill' }).focus();
      const { keyboard } = page;
      await keyboard.press('Tab');
      await keyboard.press('Control+Home');
      assert.match(String(await told()), /^Sunday,? 1 November 2026: covered$/);
      await keyboard.press('ArrowRight');
      await keyboard.press('ArrowRight');
      assert.match(
        String(await told()),
        /^Tuesday,? 3 November 2026: 99.9 % covered, 4 s a gap that will be filled$/,
      );
      await keyboard.press('ArrowDown');
      assert.match(String(await told()), /^Saturday,? 3 October 2026: covered$/);
      await keyboard.press('ArrowUp');
      await keyboard.press('Enter');
      await page.getByRole('grid', { name: /^Minutes of the audit log/ }).waitFor();
      assert.match(page.url(), /#\/coverage\?account=acme&stream=audit_logs&day=2026-11-03$/);
      await page
        .getByRole('gridcell', { name: '10:00 UTC: 93.3 % covered, 4 s a gap that will be filled' })
        .focus();
      await keyboard.press('Enter');
      const seconds = page.getByRole('grid', { name: /^Seconds of the audit log/ });
      await seconds.waitFor();
      assert.equal(
        await seconds.getByRole('gridcell', { name: /: a gap that will be filled$/ }).count(),
        4,
      );
      await assertAccessible(page);
      await assertFits(page, 360);
      await seconds
        .getByRole('gridcell', { name: '10:00:05 UTC: a gap that will be filled' })
        .focus();
      await keyboard.press('Escape');
      await page.getByRole('grid', { name: /^Minutes/ }).waitFor();
      assert.deepEqual(problems, []);
    });
  });

  it('lists the gaps with their reasons, and previews what reading one takes', async () => {
    await withPage(async ({ db, url, open }) => {
      await storeHistories(db, ['acme']);
      const { page, problems } = await open('#/coverage?account=acme&stream=access_logs&list=gaps');
      const table = page.getByRole('table', { name: 'Gaps' });
      await table.waitFor();
      assert.equal(await table.getByText('It cannot be read again.').count(), 2);
      await page.getByRole('button', { name: /^Read now: from 2026-10-10T12:00:00/ }).click();
      const cost = await fetch(
        `${url}/api/coverage/cost?account=acme&stream=access_logs&from=2026-10-10T12:00:00Z&until=2026-10-11T12:00:00Z`,
      );
      const { requests, minutes } = ((await cost.json()) as GapPreview).cost ?? {};
      assert.deepEqual([requests, minutes], [1, 1]);
      await page.getByText(`It takes at least ${requests} request and ${minutes} minute`).waitFor();
      await assertAccessible(page);
      assert.deepEqual(problems, []);
    });
  });

  it('follows a backfill without being asked again', async () => {
    await withPage(async ({ db, open }) => {
      await storeHistories(db, ['acme']);
      const { page, problems } = await open('#/coverage?account=acme');
      const days = page.getByRole('grid', { name: 'Days of the access log of acme, by month' });
      await days.getByRole('gridcell', { name: '10 October 2026: 50 % covered' }).focus();
      await db.query(
        `update zendesk_sync.coverage set covered_until = '2026-10-11T00:00:00Z' where stream = 'access_logs' and covered_until = '2026-10-10T12:00:00Z'`,
      );
      await days.getByRole('gridcell', { name: /10 October 2026: covered$/ }).waitFor();
      assert.match(
        String(await page.evaluate('document.activeElement.ariaLabel')),
        /10 October 2026: covered$/,
        'who goes through the calendar stays where they are',
      );
      assert.deepEqual(problems, []);
    });
  });

  it('shows what has changed before it was told of changes, and no older answer that comes late', async () => {
    await withPage(async ({ db, open }) => {
      await storeHistories(db, ['acme']);
      const { page, problems } = await open('#/findings');
      const { promise: isRead, resolve: read } = Promise.withResolvers<void>();
      const { promise: isSent, resolve: send } = Promise.withResolvers<void>();
      let questions = 0;
      await page.route(
        (url) => url.pathname === '/api/coverage',
        async (route) => {
          questions += 1;
          if (questions > 1) return route.continue();
          const response = await route.fetch();
          read();
          await isSent;
          return route.fulfill({ response });
        },
      );
      const asked = page.waitForRequest((request) => request.url().includes('/api/coverage?'));
      await page.evaluate(`location.hash = '#/coverage?account=acme'`);
      await isRead;
      await db.query(
        `update zendesk_sync.coverage set covered_until = '2026-10-11T00:00:00Z' where stream = 'access_logs' and covered_until = '2026-10-10T12:00:00Z'`,
      );
      const day = page
        .getByRole('grid', { name: 'Days of the access log of acme, by month' })
        .getByRole('gridcell', { name: /10 October 2026: covered$/ });
      await day.waitFor();
      send();
      await (await (await asked).response())?.finished();
      await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))');
      assert.equal(await day.count(), 1, 'the first answer, which comes last, does not replace it');
      assert.ok(questions > 1);
      assert.deepEqual(problems, []);
    });
  });

  it('makes only the calendars that are in sight, of 50 accounts with three years of days', async () => {
    const accounts = Array.from({ length: 50 }, (_, number) => `acme${number + 10}`);
    await withPage(
      async ({ db, open }) => {
        await storeHistories(db, accounts);
        const { page, countBytes } = await open('#/coverage');
        await page.getByRole('grid').first().waitFor();
        const elements = await page.locator('*').count();
        assert.ok(elements < 6000, `${elements} elements`);
        assert.ok(countBytes() <= 60_000, `${countBytes()} bytes`);
        await page.getByRole('heading', { name: 'acme59' }).scrollIntoViewIfNeeded();
        await page
          .getByRole('grid', { name: 'Days of the audit log of acme59, by month' })
          .waitFor();
      },
      { accounts },
    );
  });
});
