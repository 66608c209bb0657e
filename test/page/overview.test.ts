import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import {
  assertAccessible,
  assertFits,
  visit,
  withBrowser,
  withoutBrowser,
} from '../support/browser.ts';
import { findFreePort } from '../support/free-port.ts';
import { takeLease } from '../support/ledger.ts';
import { withPage } from '../support/page.ts';
import { storeFinding } from '../support/stored-finding.ts';
import { runProgram, startProgram } from '../support/program.ts';
import { smallAccount, waitUntil, withAccount } from '../support/pulled-account.ts';

const counts = new Intl.NumberFormat('en-GB');

describe('the overview', { skip: withoutBrowser, concurrency: 2 }, () => {
  it('shows of each stream what the database says, to everybody and on every screen', async () => {
    await withAccount(smallAccount, async ({ settings, databaseUrl, query }) => {
      assert.equal((await runProgram(['sync'], settings)).status, 0);
      await withPage(
        async ({ open }) => {
          const { page, problems, countBytes } = await open('');
          const table = page.getByRole('region', { name: 'The streams of each account' });
          await table.waitFor();
          // The first view, with the database's answer.
          assert.ok(countBytes() <= 60_000, `${countBytes()} bytes`);
          const status = await query<{
            stream: string;
            rows: string;
            from: Date | null;
            until: Date;
          }>(
            `select stream, rows::text as rows, covered_from as from, covered_until as until
             from zendesk_sync.status order by array_position(array['audit_logs', 'access_logs', 'users'], stream)`,
          );
          const minute = (at: Date): string => at.toISOString().slice(11, 16);
          const shown = await table.locator('tbody tr').all();
          assert.equal(shown.length, 3);
          for (const [place, { rows, from, until }] of status.entries()) {
            const text = (await shown[place]?.innerText()) ?? '';
            assert.ok(text.includes(`\t${counts.format(Number(rows))}\t`), text);
            if (from !== null) assert.ok(text.includes(`${minute(from)} UTC`), text);
            assert.ok(text.includes(`${minute(until)} UTC`), text);
            assert.match(text, /Complete/);
            // When this process looks at it next, by its own settings.
            assert.doesNotMatch(text, /not by this process/);
          }
          const total = status.reduce((sum, { rows }) => sum + Number(rows), 0);
          const figures = await page.locator('.figures').innerText();
          assert.match(figures, /Complete\s+3 of 3/);
          const since = status.flatMap(({ from }) => from ?? []).toSorted((a, b) => +b - +a)[0];
          const berlin = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' });
          assert.match(figures, new RegExp(`Stored since\\s+${berlin.format(since)}`));
          assert.match(figures, /Next run\s+(?:in .*|now)/);
          assert.match(figures, /Verified\s+not yet/);
          assert.ok(figures.includes(counts.format(total)), figures);
          await assertAccessible(page);
          for (const width of [360, 1280, 3840]) await assertFits(page, width);
          assert.deepEqual(problems, []);
        },
        // As the demo serves it: all that is pulled is in the only database.
        { databaseUrl, databases: [{ name: undefined, url: databaseUrl, accounts: [] }] },
      );
    });
  });

  it('puts on top what needs a person, with what to do, and shows markup as text', async () => {
    await withPage(async ({ db, open }) => {
      await takeLease(db, auditLogs);
      await takeLease(db, accessLogs);
      const markup = `<img src=x onerror="document.title='taken'"><b>bold</b>`;
      await db.query(
        `update zendesk_sync.streams set unavailable_since = now(), unavailable_code = 'plan_missing', unavailable_reason = $1
         where stream = 'audit_logs'`,
        [`Refused: ${markup}`],
      );
      await storeFinding(db, { finding: 'f1', actorName: markup, summary: markup });
      const { page, problems } = await open('');
      const needs = page.getByRole('region', { name: 'Needs a person' });
      await needs.waitFor();
      const text = await needs.innerText();
      assert.match(text, /Audit log: Zendesk refuses it\./);
      assert.ok(text.includes(`Refused: ${markup}`), text);
      const finding = page.getByRole('region', { name: 'The newest findings' });
      assert.ok((await finding.innerText()).includes(markup));
      assert.equal(await page.locator('img, main b').count(), 0);
      assert.equal(await page.title(), 'Overview – Zendesk logs');
      await assertAccessible(page);
      assert.deepEqual(problems, []);
    });
  });

  it('follows a backfill without being loaded again', async () => {
    await withAccount(
      { ...smallAccount, accessLogRowsPerDay: 3000 },
      async ({ settings, query }) => {
        const port = String(await findFreePort());
        const service = startProgram(['serve'], { ...settings, HTTP_PORT: port });
        await service.waitFor(/"msg":"answering over HTTP"/);
        await withBrowser(async (browser) => {
          await waitUntil(
            async () =>
              (await query('select from pg_tables where schemaname = $1', ['zendesk_sync']))
                .length > 0,
          );
          await waitUntil(
            async () => (await query('select from zendesk_sync.coverage')).length > 0,
          );
          const { page, problems } = await visit(browser, `http://127.0.0.1:${port}/`);
          await page.evaluate('globalThis.isSamePage = true');
          await page.getByText('3 of 3', { exact: true }).waitFor();
          // More may be stored meanwhile.
          await waitUntil(async () => {
            const [stored] = await query<{ rows: string }>(
              'select sum(rows)::text as rows from zendesk_sync.status',
            );
            const shown = page.getByText(counts.format(Number(stored?.rows)), { exact: true });
            return (await shown.count()) > 0;
          });
          assert.equal(await page.evaluate('globalThis.isSamePage'), true);
          assert.deepEqual(problems, []);
        });
        service.kill('SIGTERM');
        assert.equal((await service.ended).status, 0);
      },
    );
  });

  it('can be read and left by the keyboard alone', async () => {
    await withPage(async ({ db, open }) => {
      await takeLease(db, auditLogs);
      const { page, problems } = await open('');
      await page.getByRole('region', { name: 'The streams of each account' }).waitFor();
      await page.keyboard.press('Tab');
      assert.equal(
        await page.evaluate('document.activeElement.textContent'),
        'Skip to the content',
      );
      await page.keyboard.press('Enter');
      assert.equal(await page.evaluate('document.activeElement.id'), 'main');
      await page.keyboard.press('Tab');
      // What is wider than its box is scrolled by the keys.
      assert.equal(await page.evaluate('document.activeElement.getAttribute("role")'), 'region');
      await page.reload();
      await page.getByRole('link', { name: 'Evidence' }).waitFor();
      for (let tabs = 0; tabs < 20; tabs += 1) {
        await page.keyboard.press('Tab');
        if ((await page.evaluate('document.activeElement.textContent')) === 'Evidence') break;
      }
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Evidence', level: 1 }).waitFor();
      assert.deepEqual(problems, []);
    });
  });
});
