import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withPage } from '../support/page.ts';
import { waitUntil } from '../support/pulled-account.ts';

/** The most that may listen at a time. */
const most = 100;

/** Listens until it is stopped; the status of the answer. */
function listen(url: string, { signal }: AbortController): Promise<number> {
  return fetch(`${url}/api/live`, { signal }).then(({ status }) => status);
}

/** Whether one more may listen; it leaves again. */
async function isAdmitted(url: string): Promise<boolean> {
  const leaving = new AbortController();
  const status = await listen(url, leaving);
  leaving.abort();
  return status === 200;
}

describe('who listens to the page', () => {
  it('is one of a hundred at most, also when more come at the same moment', async () => {
    await withPage(async ({ url }) => {
      const tabs = Array.from({ length: most + 3 }, () => new AbortController());
      const statuses = await Promise.all(tabs.map((tab) => listen(url, tab)));
      const refused = statuses.filter((status) => status === 503);
      assert.deepEqual([statuses.length - refused.length, refused.length], [most, 3]);
      assert.equal(await isAdmitted(url), false);
      tabs[statuses.indexOf(200)]?.abort();
      await waitUntil(() => isAdmitted(url));
      for (const tab of tabs) tab.abort();
    });
  });

  it('is not counted any more after leaving before the answer', async () => {
    await withPage(async ({ db, url }) => {
      const tabs = Array.from({ length: most }, () => new AbortController());
      await db.transaction(async (tx) => {
        await tx.query('lock table zendesk_sync.streams in access exclusive mode');
        const asked = tabs.map((tab) => listen(url, tab));
        await waitUntil(async () => {
          const waiting = await db.query(
            `select from pg_locks join pg_stat_activity using (pid) where datname = current_database() and not granted`,
          );
          return waiting.length > 0;
        });
        for (const tab of tabs) tab.abort();
        await Promise.allSettled(asked);
      });
      await waitUntil(() => isAdmitted(url));
    });
  });
});
