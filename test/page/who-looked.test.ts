import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { loadMeanings } from '../../src/page/views/who-looked/load-meanings.ts';
import { loadVisits } from '../../src/page/views/who-looked/load-visits.ts';
import { tiers } from '../../src/page/views/who-looked/meaning.ts';
import type { VisitsQuestion } from '../../src/page/views/who-looked/visits.ts';
import { newPath, verifyFile, withSealedAccount } from '../support/evidence-package.ts';
import { withPage } from '../support/page.ts';
import { coverAccesses, storeAccesses, storeState } from '../support/accessed-rows.ts';
import { account, storePeople, withStored } from '../support/report-data.ts';

const day = '2026-11-02';
const span = { from: new Date(`${day}T00:00:00Z`), to: new Date('2026-11-03T00:00:00Z') };
const scope = { account, now: new Date('2026-11-19T15:00:00Z'), timeZone: undefined };

async function storeDay(db: Database): Promise<void> {
  await storePeople(db, [
    { id: 7, name: 'Ann Agent', role: 'agent', email: 'ann@acme.example' },
    { id: 8, name: 'Al Admin', role: 'admin' },
    { id: 937, name: 'Jane <b>Doe</b>', role: 'end-user', team_member: false },
  ]);
  const requests = [
    { timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets/937' },
    { timestamp: `${day}T10:01:00Z`, url: '/api/v2/search?query=jane doe' },
    { timestamp: `${day}T10:02:00Z`, url: '/api/v2/tickets/937/comments' },
    { timestamp: `${day}T10:03:00Z`, url: '/api/v2/tickets/937', user_id: 8, status: 403 },
    { timestamp: `${day}T10:04:00Z`, url: '/api/v2/users/937', user_id: 8 },
    { timestamp: `${day}T11:00:00Z`, url: '/api/v2/tickets/937' },
    { timestamp: `${day}T11:01:00Z`, url: '/api/v2/tickets', ip_address: '2001:db8::7' },
  ];
  await storeAccesses(db, requests);
  await storeAccesses(db, requests, 'other');
  await coverAccesses(db, `${day}T00:00:00Z`, '2026-11-03T00:00:00Z');
}

async function meaningLines(db: Database, text: string): Promise<string[]> {
  const { exact, similar } = await loadMeanings(db, account, text);
  const line = (sign: string, { kind, id, name }: (typeof exact)[number]): string =>
    [sign, kind, id, name].join(' ').trim();
  return [...exact.map((each) => line('=', each)), ...similar.map((each) => line('~', each))];
}

const ask = async (
  db: Database,
  question: Omit<VisitsQuestion, 'span'> & { readonly role?: 'reader' | 'investigator' },
  offset = 0,
) =>
  loadVisits(db, scope, { span, ...question }, { role: question.role ?? 'investigator', offset });

async function rowLines(db: Database, question: Parameters<typeof ask>[1]): Promise<string[]> {
  const { columns, rows } = await ask(db, question);
  return rows.map((row) =>
    columns
      .map(({ key }) => row[key])
      .map((value) => (value instanceof Date ? value.toISOString().slice(11, 19) : value))
      .join('|'),
  );
}

describe('what a text of the search field may mean', { concurrency: 2 }, () => {
  it('is every ticket, person, agent and address that it names exactly, or what is similar', async () => {
    await withStored(async (db) => {
      await storeDay(db);
      await storePeople(db, [
        { id: 20, name: 'Sam Same', role: 'agent' },
        { id: 21, name: 'Sam Same', team_member: false },
        { id: 22, name: 'Anna Newname', role: 'agent', email: 'anna@acme.example' },
      ]);
      await storeState(db, {
        id: 22,
        name: 'Al Admin',
        role: 'agent',
        from: '2026-01-01',
        to: '2026-02-01',
      });
      const table: [string, string[]][] = [
        // A number that is both a ticket and a person.
        ['937', ['= ticket 937', '= person 937 Jane <b>Doe</b>']],
        ['#937', ['= ticket 937']],
        ['ticket 937', ['= ticket 937']],
        ['User: 937', ['= person 937 Jane <b>Doe</b>']],
        // A team member looks, and is looked at.
        ['7', ['= person 7 Ann Agent', '= agent 7 Ann Agent']],
        [' ANN@acme.example ', ['= person 7 Ann Agent', '= agent 7 Ann Agent']],
        ['agent: ann agent', ['= agent 7 Ann Agent']],
        ['sam same', ['= person 20 Sam Same', '= agent 20 Sam Same', '= person 21 Sam Same']],
        [
          'al admin',
          [
            '= person 8 Al Admin',
            '= agent 8 Al Admin',
            '= person 22 Anna Newname',
            '= agent 22 Anna Newname',
          ],
        ],
        [
          'ann',
          [
            '~ person 7 Ann Agent',
            '~ agent 7 Ann Agent',
            '~ person 22 Anna Newname',
            '~ agent 22 Anna Newname',
          ],
        ],
        // A ticket that nothing names is still a ticket.
        ['5555', ['= ticket 5555']],
        ['203.0.113.0/24', ['= address 203.0.113.0/24']],
        ['2001:db8::7', ['= address 2001:db8::7']],
        ["x' or true --", []],
        ['%', []],
        ['9999999999999999999', []],
      ];
      for (const [text, lines] of table)
        assert.deepEqual(await meaningLines(db, text), lines, text);
      await assert.rejects(loadMeanings(db, account, '  '), /^KnownError: Search for the number/);
    });
  });
});

describe('the visits that the page shows', { concurrency: 2 }, () => {
  it('are those of the reports: certain ones and possible ones apart, in the order of time', async () => {
    await withStored(async (db) => {
      await storeDay(db);
      const ticket = { kind: 'ticket', id: '937' } as const;
      assert.deepEqual(await rowLines(db, { ...ticket, tier: 'confirmed' }), [
        '10:00:00|Ann Agent|view|agent|10:02:00|2|203.0.113.9|7|false',
        '11:00:00|Ann Agent|view|agent|11:00:00|1|203.0.113.9|7|false',
      ]);
      assert.deepEqual(await rowLines(db, { ...ticket, tier: 'refused' }), [
        '10:03:00|Al Admin|view|denied|admin|10:03:00|1|203.0.113.9|8|false',
      ]);
      const possible = [
        '10:01:00|Ann Agent|search||1|10:01:00|agent|7|203.0.113.9|jane doe|false',
        '11:01:00|Ann Agent|list|ticket|1|11:01:00|agent|7|2001:db8::7||false',
      ];
      assert.deepEqual(await rowLines(db, { ...ticket, tier: 'possible' }), possible);
      const person = { kind: 'person', id: '937' } as const;
      assert.deepEqual(await rowLines(db, { ...person, tier: 'confirmed' }), [
        '10:04:00|Al Admin|view|937|user|1|10:04:00|admin|8|203.0.113.9||false',
      ]);
      assert.deepEqual(await rowLines(db, { ...person, tier: 'possible' }), possible);
      assert.deepEqual(await rowLines(db, { ...person, tier: 'refused' }), []);
      assert.deepEqual(await rowLines(db, { kind: 'agent', id: '8', tier: 'confirmed' }), [
        '10:03:00|view|ticket|937||denied|10:03:00|1|203.0.113.9',
        '10:04:00|view|user|937||ok|10:04:00|1|203.0.113.9',
      ]);
      const address = await ask(db, { kind: 'address', id: '2001:db8::/32', tier: 'confirmed' });
      assert.deepEqual(
        address.rows.map(({ agent_name: name, kind }) => [name, kind]),
        [['Ann Agent', 'list']],
      );
      const agent = await ask(db, { kind: 'agent', id: '8', tier: 'confirmed' });
      assert.deepEqual(agent.names, { 8: 'Al Admin', 937: 'Jane <b>Doe</b>' });
    });
  });

  it('say what they rest on in the sentences of the reports, without the options of commands', async () => {
    await withStored(async (db) => {
      await storeDay(db);
      const { title, statement } = await ask(db, { kind: 'ticket', id: '937', tier: 'confirmed' });
      assert.equal(title, 'Ticket 937 of acme: who opened it, 2026-11-02 to 2026-11-03 (UTC)');
      assert.deepEqual(statement.coverage, [
        'The access log from 2026-11-02 00:00:00 to 2026-11-03 00:00:00 was read completely; not verified yet.',
      ]);
      assert.deepEqual(statement.gaps, []);
      for (const kind of ['ticket', 'person', 'agent', 'address'] as const)
        for (const tier of tiers) {
          const id = kind === 'address' ? '203.0.113.9' : '7';
          const { notes = [] } = (await ask(db, { kind, id, tier })).statement;
          assert.ok(notes.length > 0);
          assert.deepEqual(
            notes.filter((note) => note.includes('--') || note.includes('()')),
            [],
          );
        }
    });
  });

  it('come in parts of fifty', async () => {
    await withStored(async (db) => {
      const requests = Array.from({ length: 120 }, (_, index) => ({
        timestamp: new Date(span.from.getTime() + index * 60_000).toISOString(),
        url: `/api/v2/tickets/${index + 1}`,
      }));
      await storeAccesses(db, requests);
      await coverAccesses(db, `${day}T00:00:00Z`, '2026-11-03T00:00:00Z');
      const parts = [];
      for (const offset of [0, 50, 100]) {
        const { rows, isMore } = await ask(
          db,
          { kind: 'agent', id: '7', tier: 'confirmed' },
          offset,
        );
        parts.push({ first: rows[0]?.['resource_id'], rows: rows.length, isMore });
      }
      assert.deepEqual(parts, [
        { first: '1', rows: 50, isMore: true },
        { first: '51', rows: 50, isMore: true },
        { first: '101', rows: 20, isMore: false },
      ]);
    });
  });

  it('have nothing that people typed for a reader, nor a row for each of their searches', async () => {
    await withStored(async (db) => {
      await storeDay(db);
      await storeAccesses(
        db,
        [
          {
            timestamp: `${day}T10:01:30Z`,
            url: '/api/v2/search?query=secret passport',
            user_id: 9,
          },
          { timestamp: `${day}T10:01:31Z`, url: '/api/v2/search?query=secret card', user_id: 9 },
        ].map((each) => ({ ...each })),
        'third',
      );
      for (const asked of [account, 'third'])
        for (const kind of ['ticket', 'person', 'agent', 'address'] as const)
          for (const tier of tiers) {
            const id = kind === 'address' ? '203.0.113.9' : kind === 'agent' ? '7' : '937';
            const answer = await loadVisits(
              db,
              { ...scope, account: asked },
              { span, kind, id, tier },
              { role: 'reader', offset: 0 },
            ).catch((error: unknown) => String(error));
            assert.doesNotMatch(JSON.stringify(answer), /jane doe|secret|search_query/);
          }
      const grouped = await loadVisits(
        db,
        { ...scope, account: 'third' },
        { span, kind: 'ticket', id: '937', tier: 'possible' },
        { role: 'reader', offset: 0 },
      );
      assert.deepEqual(
        grouped.rows.map(({ kind, requests }) => [kind, requests]),
        [['search', 2]],
      );
    });
  });
});

describe('the evidence package of the page', () => {
  it('is written with the two connections of the page, of what was looked up and of a time, and verifies', async () => {
    await withSealedAccount(async ({ db, url: databaseUrl }) => {
      const [row] = await db.query<{ id: string; from: Date }>(
        `select user_id::text as id, date_trunc('day', min(timestamp)) as "from" from zendesk.access_logs
         where user_id is not null group by user_id order by count(*) desc, user_id limit 1`,
      );
      assert.ok(row);
      await withPage(
        async ({ url }) => {
          const about = `account=acme&kind=agent&id=${row.id}&from=${row.from.toISOString()}`;
          const until = new Date(row.from.getTime() + 3 * 86_400_000).toISOString();
          const whole = `account=acme&from=${row.from.toISOString()}&until=${until}`;
          const packages = [
            ['one.zip', `who-looked/package?${about}`],
            ['two.zip', `who-looked/package?${about}`],
            ['of-a-time.zip', `evidence/package?${whole}`],
          ] as const;
          const files = await Promise.all(
            packages.map(async ([name, question]) => {
              const response = await fetch(`${url}/api/${question}`);
              assert.equal(response.status, 200);
              const path = newPath(name);
              writeFileSync(path, Buffer.from(await response.arrayBuffer()));
              return path;
            }),
          );
          for (const path of files) {
            const verified = await verifyFile(path);
            assert.deepEqual(verified.findings, [], path);
          }
        },
        { databaseUrl },
      );
    });
  });
});
