import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import type { Database } from '../../src/database/client.ts';
import { coverAccesses, storeAccesses } from '../support/accessed-rows.ts';
import { withArchive } from '../support/archive.ts';
import { assertAccessible, assertFits, withoutBrowser } from '../support/browser.ts';
import { withPage } from '../support/page.ts';
import { storeChanges, storePeople } from '../support/report-data.ts';

const day = '2026-11-02';
const spanText = `from=${day}T00%3A00%3A00Z&to=2026-11-03T00%3A00%3A00Z`;
const hostile = '<img src=x onerror="document.title=1"><b>Doe</b>';

async function storeDay(db: Database): Promise<void> {
  await storePeople(db, [
    { id: 7, name: 'Ann Agent', role: 'agent', email: 'ann@acme.example' },
    { id: 937, name: hostile, role: 'end-user', team_member: false },
  ]);
  await storeAccesses(db, [
    { timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets/937' },
    { timestamp: `${day}T10:01:00Z`, url: `/api/v2/search?query=typed in secret ${hostile}` },
    { timestamp: `${day}T10:02:00Z`, url: '/api/v2/tickets/937/comments' },
    { timestamp: `${day}T10:04:00Z`, url: '/api/v2/users/937' },
    { timestamp: `${day}T11:00:00Z`, url: '/api/v2/tickets/937', ip_address: '2001:db8::7' },
  ]);
  await coverAccesses(db, `${day}T00:00:00Z`, '2026-11-03T00:00:00Z');
}

/** The cells of the table with a name, a row each. */
async function cellsOf(page: Page, name: RegExp): Promise<string[][]> {
  const rows = page.getByRole('region', { name }).getByRole('row');
  await rows.first().waitFor();
  const all = await rows.all();
  return Promise.all(all.slice(1).map((row) => row.getByRole('cell').allInnerTexts()));
}

describe('who looked, in a browser', { skip: withoutBrowser, concurrency: 2 }, () => {
  it('is answered by keyboard alone, from a number that means two things to the visits', async () => {
    await withPage(async ({ db, open }) => {
      await storeDay(db);
      const { page, problems } = await open(`#/who-looked?${spanText}`);
      await page.getByRole('searchbox').focus();
      await page.keyboard.type('937');
      await page.keyboard.press('Enter');
      const choice = page.getByRole('link', { name: 'Ticket 937: who opened it' });
      await choice.waitFor();
      assert.deepEqual(await page.getByRole('main').getByRole('listitem').allInnerTexts(), [
        'Ticket 937: who opened it',
        `${hostile} (937): who looked at their records`,
      ]);
      await choice.focus();
      await page.keyboard.press('Enter');
      const confirmed = await cellsOf(page, /^Confirmed/);
      assert.deepEqual(
        confirmed.map(([time, agent, kind]) => [time?.slice(0, 19), agent, kind]),
        [
          ['2026-11-02 11:00:00', 'Ann Agent 7, agent', 'view'],
          ['2026-11-02 12:00:00', 'Ann Agent 7, agent', 'view'],
        ],
      );
      const possible = await cellsOf(page, /^Possible/);
      assert.equal(possible.length, 1);
      assert.ok(possible[0]?.includes(`typed in secret ${hostile}`), String(possible));
      await page.getByText('was read completely; not verified yet.').first().waitFor();
      const searched = await db.query<{ asked: string }>(
        `select distinct asked_by || ': ' || view || ' ' || coalesce(parameters -> 'text' ->> 0, parameters -> 'id' ->> 0) as asked
         from zendesk_sync.questions order by asked`,
      );
      assert.deepEqual(
        searched.map(({ asked }) => asked),
        ['this machine: who-looked/meanings 937', 'this machine: who-looked/visits 937'],
      );
      assert.notEqual(await page.title(), '1');
      assert.equal(await page.locator('main img, main b').count(), 0);
      await assertAccessible(page);
      await assertFits(page, 360);
      assert.deepEqual(problems, []);
    });
  });

  it('has an address for each state, which shows the same again', async () => {
    await withPage(async ({ db, open }) => {
      await storeDay(db);
      const { page } = await open(`#/who-looked?text=ann%40acme.example&${spanText}`);
      await page.getByRole('link', { name: 'Ann Agent (7): what they looked at' }).click();
      const first = await cellsOf(page, /^Visits/);
      assert.equal(first.length, 4);
      const again = await open(new URL(page.url()).hash);
      assert.deepEqual(await cellsOf(again.page, /^Visits/), first);
      await again.page.getByRole('link', { name: '2001:db8::7' }).click();
      await again.page.getByRole('heading', { name: '2001:db8::7: who came from there' }).waitFor();
      assert.equal((await cellsOf(again.page, /^Visits/)).length, 1);
    });
  });

  it('gives the same as CSV, equal to SQL, as a workbook, and as an evidence package or why not', async () => {
    await withPage(async ({ db, open, url }) => {
      await storeDay(db);
      const { page } = await open(`#/who-looked?text=%23937&${spanText}`);
      await page.getByRole('heading', { name: 'Possible' }).waitFor();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('[data-tier=confirmed]').getByRole('link', { name: 'CSV' }).click(),
      ]);
      assert.equal(download.suggestedFilename(), 'acme-ticket-937.csv');
      const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n');
      const rows = await db.query<{ line: string }>(
        `select concat_ws(',', to_char(first_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), user_name, 'view') as line
         from zendesk.access_visits
         where account = 'acme' and day = $1 and resource_type = 'ticket' and resource_id = '937'
         order by first_at`,
        [day],
      );
      assert.equal(rows.length, 2);
      assert.deepEqual(
        lines.slice(1).map((line) => [0, 2, 3].map((place) => line.split(',')[place]).join(',')),
        rows.map(({ line }) => line),
      );
      const about = `account=acme&kind=ticket&id=937&${spanText}`;
      const workbook = await fetch(`${url}/api/who-looked/file?${about}&form=xlsx`);
      assert.equal(workbook.status, 200);
      assert.equal(Buffer.from(await workbook.arrayBuffer()).toString('latin1', 0, 2), 'PK');
      const evidence = await fetch(`${url}/api/who-looked/package?${about}`);
      assert.equal(evidence.status, 400);
      assert.deepEqual(await evidence.json(), {
        reason: 'The account acme has no sealed log yet. Run "sync" or "serve" first.',
      });
      // Another file can be written after one that could not.
      const after = await fetch(`${url}/api/who-looked/file?${about}&form=csv&tier=possible`);
      assert.match(await after.text(), /search/);
    });
  });

  it('says what is missing when nothing is found, and what is wrong when something is', async () => {
    await withPage(async ({ db, open }) => {
      await storeDay(db);
      const { page, problems } = await open('#/who-looked?text=nobody%20here');
      await page.getByText('Nothing is named “nobody here” in the logs of acme.').waitFor();
      await page.goto(`${page.url().split('#')[0]}#/who-looked?text=5555&${spanText}`);
      await page
        .getByText('No stored request of the account acme names ticket 5555. Check the id.')
        .waitFor();
      await page.goto(`${page.url().split('#')[0]}#/who-looked?kind=ticket&id=x`);
      await page.getByRole('alert').getByText('The id is "x". Use digits only.').waitFor();
      await assertAccessible(page);
      assert.deepEqual(problems, []);
    });
  });
});

describe('what a reader sees, in a browser', { skip: withoutBrowser, concurrency: 2 }, () => {
  it('is nothing that people typed, in no view, no file and no answer', async () => {
    const token = 'a-token-of-a-reader';
    const access = {
      kind: 'login',
      tokens: [{ role: 'reader', name: 'Rita', token }],
      proxy: undefined,
    } as const;
    await withPage(
      async ({ db, open, url }) => {
        await storeDay(db);
        await storeChanges(db, [
          {
            id: 1,
            created_at: `${day}T10:00:00Z`,
            source_type: 'ticket',
            source_id: 937,
            source_label: 'Ticket: typed in secret',
          },
        ]);
        const { page, problems } = await open('#/who-looked');
        const answers: Promise<string>[] = [];
        page.on('response', (response) => {
          if (response.url().includes('/api/')) answers.push(response.text().catch(() => ''));
        });
        await page.getByLabel('Token').fill(token);
        await page.keyboard.press('Enter');
        const see = async (hash: string, heading: string): Promise<void> => {
          await page.goto(`${url}/${hash}`);
          await page.getByRole('heading', { name: heading }).first().waitFor();
          assert.doesNotMatch(await page.getByRole('main').innerText(), /typed in secret/);
        };
        await page.getByRole('searchbox').waitFor();
        await see(`#/who-looked?text=%23937&${spanText}`, 'Possible');
        await page.getByText('it needs the role investigator').waitFor();
        await see(`#/who-looked?kind=agent&id=7&${spanText}`, 'Visits');
        await see(`#/what-changed?${spanText}`, 'Changes');
        const said = await Promise.all(answers);
        assert.ok(said.length > 0);
        assert.doesNotMatch(said.join('\n'), /typed in secret/);
        const headers = { authorization: `Bearer ${token}` };
        for (const [about, status] of [
          [`who-looked/file?kind=ticket&id=937&tier=possible&form=csv`, 200],
          [`who-looked/file?kind=agent&id=7&form=csv`, 200],
          [`what-changed/file?form=csv`, 200],
          [`who-looked/package?kind=ticket&id=937`, 403],
        ] as const) {
          const response = await fetch(`${url}/api/${about}&account=acme&${spanText}`, { headers });
          assert.equal(response.status, status, about);
          assert.doesNotMatch(await response.text(), /typed in secret|search_query/);
        }
        assert.deepEqual(problems, []);
      },
      { access },
    );
  });
});

describe('a question of the page', () => {
  it('that takes too long is ended, and the answer says what to do', async () => {
    await withPage(
      async ({ db, url }) => {
        await storeDay(db);
        await db.transaction(async (tx) => {
          // It stays idle for as long as the question takes.
          await tx.query('set local idle_in_transaction_session_timeout = 0');
          await tx.query('lock table zendesk.user_history in access exclusive mode');
          const response = await fetch(`${url}/api/who-looked/meanings?account=acme&text=ann`);
          assert.deepEqual(
            [response.status, await response.json()],
            [
              503,
              {
                reason:
                  'The answer took longer than 5 seconds, so the question was ended; choose a shorter time range, or a narrower filter.',
              },
            ],
          );
        });
      },
      { isPatient: false },
    );
  });
});

describe('what changed, in a browser', { skip: withoutBrowser, concurrency: 2 }, () => {
  it('shows old and new values side by side, filters by keyboard, and leads to the history', async () => {
    await withPage(async ({ db, open }) => {
      const setting = { source_id: 70, source_label: 'Security: Session expiration' };
      await storeChanges(db, [
        { ...setting, id: 1, created_at: `${day}T10:00:00Z` },
        {
          ...setting,
          id: 2,
          created_at: `${day}T11:00:00Z`,
          change_description: `Changed from 30 minutes to ${hostile}`,
        },
        {
          id: 3,
          created_at: `${day}T12:00:00Z`,
          source_type: 'rule',
          source_label: `Trigger: ${hostile}`,
          action: 'destroy',
        },
      ]);
      const { page, problems } = await open('#/what-changed');
      const cells = await cellsOf(page, /^Changes/);
      assert.deepEqual(
        cells.map(([time, , action, , , before, after]) => [
          time?.slice(0, 19),
          action,
          before,
          after,
        ]),
        [
          ['2026-11-02 13:00:00', 'destroy', '10 minutes', '30 minutes'],
          ['2026-11-02 12:00:00', 'update', '30 minutes', hostile],
          ['2026-11-02 11:00:00', 'update', '10 minutes', '30 minutes'],
        ],
      );
      assert.equal(cells[0]?.[3]?.startsWith(`Trigger: ${hostile}`), true);
      await assertAccessible(page);
      await assertFits(page, 360);
      await page.getByLabel('Type').focus();
      await page.keyboard.type('account_setting');
      await page.keyboard.press('Enter');
      await page.waitForURL(/type=account_setting/);
      await page.getByRole('link', { name: 'Setting over time' }).first().click();
      await page.getByRole('heading', { name: 'Security: Session expiration' }).first().waitFor();
      const history = await cellsOf(page, /over time$/);
      assert.deepEqual(
        history.map(([, until, before, after]) => [until?.slice(0, 19), before, after]),
        [
          ['2026-11-02 12:00:00', '10 minutes', '30 minutes'],
          ['now', '30 minutes', hostile],
        ],
      );
      assert.equal(await page.locator('main img, main b').count(), 0);
      await assertAccessible(page);
      await assertFits(page, 360);
      assert.deepEqual(problems, []);
    });
  });
});

describe('what the page cannot answer', () => {
  it('is refused with a sentence: rows in the archive, and text that no database has', async () => {
    await withArchive(async ({ db, archive, url: databaseUrl }) => {
      const [row] = await db.query<{ from: Date }>(
        'select min(timestamp) as from from zendesk.access_logs',
      );
      assert.ok(row);
      await archive();
      await withPage(
        async ({ url }) => {
          const ask = async (about: string): Promise<[number, string]> => {
            const response = await fetch(`${url}/api/who-looked/${about}`);
            const { reason } = (await response.json()) as { readonly reason: string };
            return [response.status, reason];
          };
          const span = `from=${row.from.toISOString()}`;
          for (const kind of ['ticket', 'person']) {
            const [status, reason] = await ask(`visits?account=acme&kind=${kind}&id=1&${span}`);
            assert.equal(status, 400);
            assert.match(
              reason,
              /^The access log from .* is in the archive, .* Choose a time from /,
            );
          }
          assert.deepEqual(await ask('meanings?account=acme&text=a%00b'), [
            400,
            'A parameter has a character that no text has.',
          ]);
        },
        { databaseUrl },
      );
    });
  });
});
