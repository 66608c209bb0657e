import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutBrowser } from '../support/browser.ts';
import { withPage } from '../support/page.ts';

describe('the address of a view', { skip: withoutBrowser }, () => {
  it('is followed when it changes as soon as the page is drawn', async () => {
    await withPage(async ({ open }) => {
      const { page, problems } = await open('#/findings');
      await page.addInitScript(`
        new MutationObserver((_, observer) => {
          if (document.querySelector('header') === null) return;
          observer.disconnect();
          location.hash = '#/coverage';
        }).observe(document, { childList: true, subtree: true });
      `);
      await page.reload();
      await page.getByRole('heading', { name: 'Coverage', level: 1 }).waitFor();
      assert.equal(await page.evaluate('location.hash'), '#/coverage');
      assert.deepEqual(problems, []);
    });
  });
});
