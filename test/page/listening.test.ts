import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutBrowser } from '../support/browser.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { takeLease } from '../support/ledger.ts';
import { withPage } from '../support/page.ts';

const liveWords = /Live$/;
const isLive = (address: string): boolean => new URL(address).pathname === '/api/live';

describe('the page that is live', { skip: withoutBrowser, concurrency: 2 }, () => {
  it('connects again after an answer that makes browsers give up', async () => {
    await withPage(async ({ open }) => {
      const { page } = await open('#/findings');
      let answers = 0;
      await page.route(
        (url) => isLive(url.href),
        async (route) => {
          answers += 1;
          await (answers === 1
            ? route.fulfill({ status: 502, body: 'Bad gateway' })
            : route.continue());
        },
      );
      await page.clock.install();
      // It is said for five seconds only.
      const isSaid = page.getByText('Not live: trying to connect again').waitFor();
      await page.evaluate(`delete globalThis.SharedWorker; location.hash = '#/overview'`);
      await isSaid;
      await page.clock.fastForward(6000);
      await page.locator('.live', { hasText: liveWords }).waitFor();
      assert.equal(answers, 2);
    });
  });

  it('holds none of the few connections of the browser while its tab is hidden', async () => {
    await withPage(async ({ open }) => {
      const { page } = await open('#/findings');
      await page.evaluate(`delete globalThis.SharedWorker; location.hash = '#/overview'`);
      await page.locator('.live', { hasText: liveWords }).waitFor();
      const turn = (hidden: boolean): Promise<unknown> =>
        page.evaluate(
          `Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} });
           document.dispatchEvent(new Event('visibilitychange'));`,
        );
      const left = page.waitForEvent('requestfailed', (request) => isLive(request.url()));
      await turn(true);
      await left;
      const asked = page.waitForRequest((request) => isLive(request.url()));
      await turn(false);
      // What it knows already is not sent again.
      assert.match(new URL((await asked).url()).searchParams.get('version') ?? '', /^[\w-]+\.\d+$/);
    });
  });

  it('is live in eight tabs at a time, which share one connection, and asks in each', async () => {
    await withPage(async ({ db, open, url }) => {
      const { page, problems } = await open('#/overview');
      const others = await Promise.all(Array.from({ length: 7 }, () => page.context().newPage()));
      const tabs = [page, ...others];
      for (const tab of others) await tab.goto(`${url}/#/overview`);
      for (const tab of tabs) await tab.locator('.live', { hasText: liveWords }).waitFor();
      await takeLease(db, auditLogs);
      for (const tab of tabs) await tab.getByRole('rowheader', { name: 'Audit log' }).waitFor();
      // With a stream for each, the browser would have none of its six connections left.
      for (const tab of tabs)
        assert.equal(await tab.evaluate(`fetch('api/session').then(({ status }) => status)`), 200);
      for (const tab of tabs.slice(0, -1)) await tab.close();
      await takeLease(db, accessLogs);
      await tabs.at(-1)?.getByRole('rowheader', { name: 'Access log' }).waitFor();
      assert.deepEqual(problems, []);
    });
  });
});
