import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { Client } from 'pg';
import type { Database } from '../../src/database/client.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { listLogs, streams } from '../../src/streams/registry.ts';
import { coverAccesses, storeAccesses } from '../support/accessed-rows.ts';
import { expandSql, readDashboards, type Situation } from '../support/dashboards.ts';
import { examineLogs } from '../support/findings.ts';
import { readText } from '../support/project-files.ts';
import { account, cover, storeChanges, storePeople, withStored } from '../support/report-data.ts';

const situation: Situation = {
  from: new Date('2026-11-12T00:00:00Z'),
  to: new Date('2026-11-19T00:00:00Z'),
  variables: { account, actor: '', resource_type: 'ticket', resource_id: '937' },
};

/** A week in which something happens that each panel shows. */
async function fill(db: Database): Promise<void> {
  await storePeople(db, [{ id: 7, name: 'Joe Agent', role: 'agent' }]);
  await storeAccesses(db, [
    { timestamp: '2026-11-17T09:00:00Z', url: '/api/v2/tickets/937' },
    { timestamp: '2026-11-17T09:05:00Z', url: '/api/v2/tickets/937', status: 403 },
    { timestamp: '2026-11-17T10:00:00Z', url: '/api/v2/search.json?query=anything' },
    { timestamp: '2026-11-17T10:30:00Z', url: '/api/v2/nobody/knows/this' },
    { timestamp: '2026-11-17T11:00:00Z', url: '/api/services/access_logs' },
    { timestamp: '2026-11-17T03:00:00Z', url: '/api/v2/oauth/tokens.json' },
  ]);
  await coverAccesses(db, '2026-11-12T00:00:00Z', '2026-11-19T00:00:00Z');
  await storeChanges(db, [
    { created_at: '2026-11-17T09:00:00Z' },
    {
      created_at: '2026-11-17T09:30:00Z',
      action: 'create',
      source_type: 'api_token',
      source_label: 'API token: export',
      change_description: 'Created',
    },
    {
      created_at: '2026-11-17T08:00:00Z',
      action: 'login',
      source_type: 'user',
      source_label: 'Team member: Joe Agent',
      change_description: 'Successful sign-in using Zendesk password from https://acme.zendesk.com',
    },
  ]);
  await cover(db, '2026-11-12T00:00:00Z', '2026-11-19T00:00:00Z');
  await db.query(
    `insert into zendesk_sync.stale_days (account, stream, day)
     values ($1, 'audit_logs', '2026-11-17'), ($1, 'access_logs', '2026-11-17') on conflict do nothing`,
    [account],
  );
  await refreshRollups(db, account, listLogs(streams));
}

/** Runs `work` with a connection of the user that monitoring/grafana/user.sql creates. */
async function withGrafana(
  db: Database,
  url: string,
  work: (grafana: Client) => Promise<void>,
): Promise<void> {
  const password = randomBytes(12).toString('hex');
  // Users belong to the whole server, which may have a user for its own Grafana.
  const user = `zls_test_${randomBytes(6).toString('hex')}`;
  const script = readText('monitoring/grafana/user.sql')
    .replace(":'password'", `'${password}'`)
    .replaceAll(/\bgrafana\b/g, user);
  // Twice, because it may be run any number of times.
  for (let time = 0; time < 2; time++) await db.query(script);
  const address = new URL(url);
  Object.assign(address, { username: user, password });
  const grafana = new Client({ connectionString: address.href });
  await grafana.connect();
  try {
    await work(grafana);
  } finally {
    await grafana.end();
    await db.query(`drop role ${user}`);
  }
}

describe('the database queries of the dashboards', () => {
  it('each return rows to the user of Grafana', async () => {
    await withStored(async (db, { DATABASE_URL: url }) => {
      await fill(db);
      await examineLogs(db);
      await withGrafana(db, url, async (grafana) => {
        let asked = 0;
        for (const [file, { panels, templating }] of readDashboards()) {
          for (const { title, targets = [] } of panels) {
            for (const { rawSql, format } of targets) {
              if (rawSql === undefined) continue;
              asked++;
              const { rows, fields } = await grafana
                .query<Record<string, unknown>>(expandSql(rawSql, situation))
                .catch((error: unknown) => assert.fail(`${file}: ${title}: ${String(error)}`));
              assert.notEqual(rows.length, 0, `${file}: ${title} has no rows`);
              for (const { name, dataTypeID: type } of fields)
                assert.ok(
                  !undrawn.has(type),
                  `${file}: ${title}: cast ${name} to text or a number`,
                );
              if (format === 'time_series') assertSeries(fields, rows, `${file}: ${title}`);
            }
          }
          for (const { name, query } of templating.list) {
            if (typeof query !== 'string' || !query.startsWith('select')) continue;
            const { rows } = await grafana.query(expandSql(query, situation));
            assert.deepEqual(rows, [{ account }], `${file}: ${name}`);
          }
        }
        assert.equal(asked, 18);
      });
    });
  });

  it('find an actor by a part of the name, including quotes, and one resource', async () => {
    await withStored(async (db, { DATABASE_URL: url }) => {
      await fill(db);
      await withGrafana(db, url, async (grafana) => {
        const count = async (panel: string, variables: Record<string, string>) => {
          const sql = [...readDashboards().values()]
            .flatMap(({ panels }) => panels)
            .find(({ title }) => title === panel)?.targets?.[0]?.rawSql;
          const changed = { ...situation, variables: { ...situation.variables, ...variables } };
          return (await grafana.query(expandSql(sql ?? '', changed))).rowCount;
        };
        assert.equal(await count('Changes of settings', { actor: 'joe' }), 1);
        assert.equal(await count('Changes of settings', { actor: "O'Neill" }), 0);
        assert.equal(await count('Who visited it', { resource_id: '937' }), 2);
        assert.equal(await count('Who visited it', { resource_id: '938' }), 0);
        assert.equal(await count('Completeness', { account: 'other' }), 0);
      });
    });
  });

  it('name the resources that most people opened, also where many are equal', async () => {
    const sql = [...readDashboards().values()]
      .flatMap(({ panels }) => panels)
      .find(({ title }) => title === 'What was looked at by most')?.targets?.[0]?.rawSql;
    const changed = { ...situation, variables: { ...situation.variables, resource_type: '' } };
    await withStored(async (db) => {
      for (const agents of ['1', 'n % 40', 'n']) {
        await db.query('delete from zendesk.resource_day');
        await db.query(
          `insert into zendesk.resource_day (account, day, resource_type, resource_id, accesses, agents, first_at, last_at)
           select $1, date '2026-11-19' - d, 'ticket', n::text, n + d, ${agents}, '2026-11-12', '2026-11-19'
           from generate_series(0, 9) as d, generate_series(1, 200) as n where (n + d) % 3 > 0`,
          [account],
        );
        const plain = await db.query(
          `select account, resource_type, resource_id, max(agents) as members_on_one_day, sum(accesses) as accesses, max(last_at) as last
           from zendesk.resource_day where day between '2026-11-12' and '2026-11-19'
           group by 1, 2, 3 order by 4 desc, 5 desc limit 50`,
        );
        assert.equal(plain.length, 50);
        assert.deepEqual(await db.query(expandSql(sql ?? '', changed)), plain, agents);
      }
    });
  });

  it('are everything that this user may do: it writes nothing, and reads nothing that people typed', async () => {
    await withStored(async (db, { DATABASE_URL: url }) => {
      await fill(db);
      await withGrafana(db, url, async (grafana) => {
        await assert.rejects(grafana.query('select url from zendesk.access_logs'), {
          code: '42501',
        });
        const { rows } = await grafana.query('select search_query from zendesk.access_searches');
        assert.deepEqual(rows, [{ search_query: null }]);
        await grafana.query('set default_transaction_read_only = off');
        await assert.rejects(grafana.query('delete from zendesk.access_logs'), { code: '42501' });
      });
    });
  });
});

/** Grafana draws a series from a column `time`, numbers, and at most one text, which names the series. */
function assertSeries(
  fields: readonly { name: string }[],
  rows: readonly Record<string, unknown>[],
  where: string,
): void {
  assert.equal(fields[0]?.name, 'time', where);
  for (const { name } of fields.slice(1)) {
    const values = rows.map((row) => row[name]);
    const wanted = name === 'metric' ? isText : isNumber;
    assert.ok(values.every(wanted), `${where}: ${name} is ${String(values[0])}`);
  }
}

/** Types that Grafana shows in another form than people write: inet with a mask, and lists, and intervals as bytes. */
const undrawn: ReadonlySet<number> = new Set([869, 1041, 1009, 1186]);

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean =>
  value !== null && value !== '' && Number.isFinite(Number(value));
