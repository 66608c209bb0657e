import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { assertAccessible, assertFits, withoutBrowser } from '../support/browser.ts';
import { withPage } from '../support/page.ts';

/** Two agents, three types of changes and two networks, on each day since the first of October. */
async function storeDays(db: Database): Promise<void> {
  const days = `generate_series(timestamptz '2026-10-01', now(), interval '1 day') as day`;
  await db.query(
    `insert into zendesk.users (account, id, name, team_member, valid_from) values ('acme', 1, '<b>Ada</b>', true, now()), ('acme', 2, 'Bob', true, now())`,
  );
  await db.query(
    `insert into zendesk.agent_day
     select 'acme', day::date, n, 10, 0, 4, 2, 1, 0, 0, 0, 0, 0, n, 0, n, 1, 100, day, day from ${days} cross join generate_series(1, 2) as n`,
  );
  await db.query(
    `insert into zendesk.audit_day
     select 'acme', day::date, type, 'update', 1, 2, day, day from ${days} cross join unnest(array['user', 'rule', '']) as type`,
  );
  await db.query(
    `insert into zendesk.sign_in_day
     select 'acme', day::date, network, 3, 2, day, day from ${days} cross join unnest(array['203.0.113.0/24', '']) as network`,
  );
}

describe('the activity view in a browser', { skip: withoutBrowser }, () => {
  it('draws charts from the daily sums, each with its table with the numbers that SQL has', async () => {
    await withPage(async ({ db, open }) => {
      await storeDays(db);
      const { page, problems, countBytes } = await open('#/activity');
      await page.locator('canvas').nth(2).waitFor();
      await page.getByRole('table', { name: 'Agents by tickets' }).waitFor();
      assert.equal(await page.locator('canvas').count(), 3);
      assert.ok(countBytes() <= 90_000, `${countBytes()} bytes`);
      await page
        .getByText(/^Table of/)
        .first()
        .click();
      const rows = await page
        .getByRole('table', { name: 'Requests a day by kind' })
        .locator('tbody tr')
        .allInnerTexts();
      assert.deepEqual(
        rows.map((row) => row.split('\t').slice(0, 2)),
        (
          await db.query<{ day: string; requests: string }>(
            `select day::text, sum(requests)::text as requests from zendesk.agent_day group by day order by day desc`,
          )
        ).map(({ day, requests }) => [day, requests]),
      );
      await assertAccessible(page);
      await assertFits(page, 360);
      await assertFits(page, 3840);
      assert.deepEqual(problems, []);
    });
  });

  it('shows a part of the time that is dragged over, or filled in, in all charts and tables', async () => {
    await withPage(async ({ db, open }) => {
      await storeDays(db);
      const { page, problems } = await open('#/activity?range=30');
      const over = page.locator('.u-over').first();
      await over.waitFor();
      const box = (await over.boundingBox()) ?? assert.fail('no chart');
      const at = (share: number): readonly [number, number] => [
        box.x + box.width * share,
        box.y + box.height / 2,
      ];
      await page.mouse.move(...at(10.5 / 30));
      await page.mouse.down();
      await page.mouse.move(...at(12.5 / 30), { steps: 5 });
      await page.mouse.up();
      await page.waitForURL(/from=2026-10-31&until=2026-11-03$/);
      const agents = page.getByRole('table', { name: 'Agents by tickets' });
      await page.getByText('2026-10-31 to 2026-11-02. Different tickets').waitFor();
      assert.deepEqual(
        (await agents.locator('tbody tr').allInnerTexts()).map((row) =>
          row.split(/\s+/).slice(0, 3),
        ),
        [
          ['Bob', 'acme', '6'],
          ['<b>Ada</b>', 'acme', '3'],
        ],
      );
      await page.getByText('Table of 3 days').first().waitFor();
      await page.getByLabel('First day').fill('2026-11-01');
      await page.getByLabel('First day').press('Enter');
      await page.getByText('2026-11-01 to 2026-11-02. Different tickets').waitFor();
      await page.getByRole('button', { name: 'All days of the charts' }).click();
      await page.getByText('Table of 30 days').first().waitFor();
      assert.deepEqual(problems, []);
    });
  });
});
