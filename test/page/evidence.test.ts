import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Access } from '../../src/http/page/access.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { assertAccessible, assertFits, withoutBrowser } from '../support/browser.ts';
import { withPage } from '../support/page.ts';
import type { Database } from '../../src/database/client.ts';

const jane = 'jane-token-0123456789';
const rob = 'rob-token-0123456789';

const access: Access = {
  kind: 'login',
  tokens: [
    { role: 'investigator', name: 'jane', token: jane },
    { role: 'reader', name: 'rob', token: rob },
  ],
  proxy: undefined,
};

async function seal(db: Database): Promise<void> {
  await db.query(
    `insert into zendesk_evidence.pending (account, stream, manifest) values ('acme', 'audit_logs', '{"kind":"page"}')`,
  );
  const key = makeSigningKey('acme/log');
  await sealWaiting(db, { account: 'acme', origin: 'acme/log', key, logs: [] });
}

describe('the evidence', { skip: withoutBrowser, concurrency: 2 }, () => {
  it('is shown after a login; a reader begins nothing, an investigator does, and that is recorded', async () => {
    await withPage(
      async ({ url, db, open, offer }) => {
        await seal(db);
        offer(async () => 'The verification has begun.');
        const { page, problems } = await open('#/evidence');
        const token = page.getByLabel('Token');
        await token.waitFor();
        await assertAccessible(page);
        await token.fill('wrong-token-0123456789');
        await page.keyboard.press('Enter');
        await page.getByText('This token is not known.').waitFor();
        await token.fill(rob);
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'acme' }).waitFor();
        const verify = page.getByRole('button', { name: 'Verify now' });
        assert.equal(await verify.isDisabled(), true);
        assert.equal(await page.getByText('Evidence package').count(), 0);
        await assertAccessible(page);
        await page.getByRole('button', { name: 'Log out' }).click();
        await token.fill(jane);
        await page.keyboard.press('Enter');
        await verify.click();
        await page.getByText('The verification has begun.').waitFor();
        const [head] = await db.query<{ root: string; origin: string }>(
          `select origin, checkpoint as root from zendesk_evidence.logs`,
        );
        const text = await page.locator('main').innerText();
        assert.ok(text.includes(head?.root.split('\n')[2] ?? '?'), text);
        assert.match(text, /Entries\s+2, the newest/);
        assert.deepEqual(
          await db.query('select done_by, action, parameters from zendesk_sync.actions'),
          [{ done_by: 'jane', action: 'verify', parameters: { depth: 'quick' } }],
        );
        await assertAccessible(page);
        for (const width of [360, 1280]) await assertFits(page, width);
        assert.deepEqual(problems, []);
        const ask = (path: string, who: string): Promise<Response> =>
          fetch(`${url}/api/${path}`, { headers: { authorization: `Bearer ${who}` } });
        const note = await ask('evidence/checkpoint?account=acme', rob);
        assert.equal(await note.text(), head?.root);
        assert.equal(
          note.headers.get('content-disposition'),
          'attachment; filename="acme-checkpoint-2.txt"',
        );
        assert.match(await (await ask('evidence/key?account=acme', rob)).text(), /^acme\/log\+/);
        assert.equal((await ask('evidence/checkpoint?account=globex', rob)).status, 400);
        assert.equal((await ask('evidence/package?account=acme', rob)).status, 403);
      },
      { access },
    );
  });
});
