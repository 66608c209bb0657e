import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from 'pg';
import type { Database } from '../../src/database/client.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { readText } from '../support/project-files.ts';
import { storeRecords } from '../support/stored-records.ts';
import { examineLogs } from '../support/findings.ts';
import { withLedger } from '../support/ledger.ts';

/** A text that is in every place for a person's words or a query. */
const secretWords = 'w0rds-nobody-else-may-read';

const accessRecord = {
  id: '01M7W0BX7MZ5S07QPRW8REK5RD',
  timestamp: '2026-11-18T08:15:02Z',
  user_id: 5,
  ip_address: '203.0.113.9',
  method: 'GET',
  status: 200,
  url: `/api/v2/search.json?query=password ${secretWords}`,
  referer: `https://acme.zendesk.com/agent/search/1?q=${secretWords}`,
  unknown_field: secretWords,
  graphql: {
    operation_name: 'search',
    operation_type: 'query',
    query: `query { search(text: "${secretWords}") }`,
    variables: `{"query": "${secretWords}"}`,
  },
};
const auditRecord = {
  id: 1,
  created_at: '2026-11-18T08:15:02Z',
  action: 'update',
  actor_id: 5,
  source_type: 'account_setting',
  source_label: 'Security: Session expiration',
  change_description: 'Changed from 10 minutes to 30 minutes',
  ip_address: `no address: ${secretWords}`,
  unknown_field: secretWords,
};

/** Deleted tickets: Zendesk names them by their subjects. */
const ticketRecords = [`Ticket: ${secretWords}`, `${secretWords}: of a ticket`].map(
  (label, place) => ({
    id: 2 + place,
    created_at: '2026-11-18T08:15:02Z',
    action: 'destroy',
    actor_id: 5,
    source_type: 'ticket',
    source_id: 41 + place,
    source_label: label,
    change_description: `Subject changed from ${secretWords} to ${secretWords}`,
  }),
);

/** Searches whose words appear elsewhere, and a visit to a watched resource. */
const otherAccesses = [
  `/api/v2/search/{...}&query=${secretWords}`,
  `/api/v2/search/export?query=${secretWords}`,
  `/api/v2/users/autocomplete.json?name=${secretWords}`,
  `/api/v2/tickets/1?note=${secretWords}`,
  `/api/v2/moon_phases?phase=${secretWords}`,
  `/api/v2/oauth/tokens?name=${secretWords}`,
].map((url, second) => ({
  ...accessRecord,
  id: `${accessRecord.id}${second}`,
  timestamp: `2026-11-21T22:00:0${second}Z`,
  url,
  referer: `https://acme.zendesk.com${url}`,
}));

/** Stores searches and visits, a revision, a change of a setting, and everything that follows from them. */
async function fill(db: Database): Promise<void> {
  for (const [stream, record] of [
    [accessLogs, accessRecord],
    [accessLogs, { ...accessRecord, status: 304 }],
    ...otherAccesses.map((other) => [accessLogs, other] as const),
    ...[auditRecord, ...ticketRecords].map((change) => [auditLogs, change] as const),
  ] as const)
    await storeRecords(db, stream, [record]);
  await db.query(
    `insert into zendesk.watchlist (account, resource_type, resource_id) values ('acme', 'ticket', '1')`,
  );
  await refreshRollups(db, 'acme', [auditLogs, accessLogs]);
}

/** What tools list: the relations of which a role may read something, as in the SQL standard. */
const listVisible = `select format('%I.%I', table_schema, table_name) as relation from information_schema.tables
  where table_schema not in ('pg_catalog', 'information_schema') order by 1`;

type Ask = <Row>(text: string) => Promise<Row[]>;

/** Runs `work` on a filled database as one of the roles, with only its rights. */
async function withRole(role: string, work: (ask: Ask, db: Database) => Promise<void>) {
  await withLedger(async (db, url) => {
    await fill(db);
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(`set role ${role}`);
      await work(async <Row>(text: string) => (await client.query(text)).rows as Row[], db);
    } finally {
      await client.end();
    }
  });
}

/** Every relation of our schemas with the columns that the current role may read. */
const listReadable = `select format('%I.%I', n.nspname, c.relname) as relation, c.relispartition as partition,
    array_agg(quote_ident(a.attname) order by a.attnum)
      filter (where has_column_privilege(c.oid, a.attnum, 'select')) as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where n.nspname like 'zendesk%' and c.relkind in ('r', 'p', 'v', 'm', 'f')
  group by 1, 2 order by 1`;

type Readable = { relation: string; partition: boolean; columns: string[] | null };

/** The columns in which the words can be read. */
async function findWords(ask: Ask): Promise<string[]> {
  const found: string[] = [];
  for (const { relation, columns } of await ask<Readable>(listReadable)) {
    for (const column of columns ?? []) {
      const [hit] = await ask<{ hits: number }>(
        `select count(*)::integer as hits from ${relation} where ${column}::text like '%${secretWords}%'`,
      );
      if ((hit?.hits ?? 0) > 0) found.push(`${relation}.${column}`);
    }
  }
  return found;
}

describe('the role zendesk_reader', () => {
  it('can "select *" from everything that a tool lists for it, and never finds what people typed', async () => {
    await withRole('zendesk_reader', async (ask, db) => {
      await examineLogs(db);
      const visible = await ask<{ relation: string }>(listVisible);
      // A list to choose from: partitions are in none of these schemas.
      assert.ok(visible.length > 25 && visible.length <= 40, String(visible.length));
      const owned = await db.query<{ relation: string }>(listVisible);
      assert.deepEqual(
        owned.filter(({ relation }) => /^zendesk\..*_\d{4}/.test(relation)),
        [],
      );
      for (const { relation } of visible) {
        const rows = await ask(`select * from ${relation}`);
        assert.ok(!JSON.stringify(rows).includes(secretWords), relation);
        const [may] = await ask(`select has_table_privilege('${relation}', 'select') as whole`);
        assert.deepEqual(may, { whole: true }, relation);
      }
      assert.deepEqual(await findWords(ask), []);
    });
  });

  it('sees every relation of the schema zendesk except the tables with what people typed, and a view instead of each', async () => {
    await withRole('zendesk_reader', async (ask, db) => {
      const visible = (await ask<{ relation: string }>(listVisible)).map(
        ({ relation }) => relation,
      );
      const closed = (await ask<Readable>(listReadable)).filter(
        ({ relation, partition, columns }) =>
          relation.startsWith('zendesk.') && !partition && columns === null,
      );
      assert.deepEqual(
        closed.map(({ relation }) => relation),
        [
          'zendesk.access_log_resources',
          'zendesk.access_logs',
          'zendesk.audit_logs',
          'zendesk.revisions',
        ],
      );
      for (const { relation } of closed) {
        assert.ok(!visible.includes(relation), relation);
        await assert.rejects(ask(`select account from ${relation}`), { code: '42501' }, relation);
        const count = async (from: string): Promise<unknown> =>
          (await db.query(`select count(*)::integer as rows from ${from}`))[0];
        assert.deepEqual(await count(`${relation}_redacted`), await count(relation), relation);
      }
      assert.deepEqual(
        visible.filter((relation) => relation.startsWith('zendesk_sync.')),
        ['zendesk_sync.coverage', 'zendesk_sync.row_places', 'zendesk_sync.status'],
      );
    });
  });

  it('may run the queries in README and the list of tables', async () => {
    await withRole('zendesk_reader', async (ask) => {
      const pages = ['README.md', 'docs/tables.md'].map((page) => readText(page)).join('\n');
      const statements = [...pages.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql);
      assert.ok(statements.length > 4, String(statements.length));
      for (const statement of statements) await ask(statement);
    });
  });

  it('finds null in views that show search texts to others, and cannot query them', async () => {
    await withRole('zendesk_reader', async (ask) => {
      for (const relation of ['access_events', 'access_searches']) {
        const [found] = await ask(
          `select count(*)::integer as rows, count(search_query)::integer as texts,
             count(*) filter (where search_query like '%words%')::integer as hits
           from zendesk.${relation} where kind = 'search'`,
        );
        assert.deepEqual(found, { rows: 3, texts: 0, hits: 0 }, relation);
      }
    });
  });

  it('reads in the access log who sent which request, what was found in it, and that somebody searched', async () => {
    await withRole('zendesk_reader', async (ask, db) => {
      await examineLogs(db);
      const counts = await ask(
        `select (select count(id) from zendesk.access_logs_redacted)::integer as requests,
           (select count(path) from zendesk.access_events)::integer as events,
           (select count(access_log_id) from zendesk.access_searches)::integer as searches,
           (select count(access_log_id) from zendesk.access_visits)::integer as visits`,
      );
      assert.deepEqual(counts, [{ requests: 7, events: 7, searches: 4, visits: 1 }]);
      const found = await ask<{ line: string }>(
        `select concat(rule, ': ', summary) as line from zendesk.access_findings order by 1`,
      );
      assert.deepEqual(
        found.map(({ line }) => line),
        [
          'data_export: Data exported',
          'off_hours_access: Access off hours: Saturday 22:00',
          'risky_search: Risky search: password',
          'secret_access: Credential read or changed: oauth_token',
          'watchlist_access: Watched resource accessed: ticket 1',
        ],
      );
    });
  });

  it('sees nothing that people typed in the statistics of Postgres', async () => {
    await withRole('zendesk_reader', async (ask, db) => {
      await db.query('analyze');
      for (const view of ['pg_stats', 'pg_stats_ext', 'pg_stats_ext_exprs'])
        assert.deepEqual(
          await ask(`select * from ${view} s where s::text like '%${secretWords}%'`),
          [],
          view,
        );
    });
  });

  it('gets no further rights from a function', async () => {
    await withRole('zendesk_reader', async (ask) => {
      const [functions] = await ask<{ all: number; with_rights_of_the_owner: string[] | null }>(
        `select count(*)::integer as all,
           array_agg(p.oid::regprocedure::text) filter (where p.prosecdef and has_function_privilege(p.oid, 'execute')) as with_rights_of_the_owner
         from pg_proc p where p.pronamespace::regnamespace::text like 'zendesk%'`,
      );
      assert.ok((functions?.all ?? 0) > 15, String(functions?.all));
      assert.equal(functions?.with_rights_of_the_owner, null);
      assert.deepEqual(
        await ask(`select name from zendesk_sync.person_at('acme', 5, '2026-11-18')`),
        [{ name: null }],
      );
      for (const statement of [
        `select zendesk_sync.put_rule('mine', 'access_logs', 'high', 'What?', 'Mine')`,
        `select zendesk_sync.put_patterns('app_changed', '[]', '[{}]')`,
        `select zendesk_sync.put_searches('{}', '{"mine": "x"}')`,
        `select zendesk_sync.describe_findings('zendesk_sync.findings_by_kind', 'Mine')`,
        'select * from zendesk_sync.resources_by_people',
      ])
        await assert.rejects(ask(statement), { code: '42501' }, statement);
    });
  });

  it('writes nothing anywhere', async () => {
    await withRole('zendesk_reader', async (ask) => {
      const relations = await ask<{ relation: string }>(
        `select format('%I.%I', n.nspname, c.relname) as relation
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname like 'zendesk%' and n.nspname not in ('zendesk_evidence', 'zendesk_partitions') and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
      );
      assert.ok(relations.length > 30, String(relations.length));
      for (const { relation } of relations) {
        for (const statement of [
          `insert into ${relation} default values`,
          `update ${relation} set account = account`,
          `delete from ${relation}`,
        ])
          await assert.rejects(
            ask(statement),
            /permission denied|cannot|does not exist/,
            statement,
          );
        const [may] = await ask<{ any: boolean }>(
          `select has_table_privilege('${relation}', 'insert, update, delete, truncate, trigger') as any`,
        );
        assert.equal(may?.any, false, relation);
      }
      for (const schema of [
        'zendesk',
        'zendesk_evidence',
        'zendesk_partitions',
        'zendesk_sync',
        'zendesk_fivetran',
      ])
        await assert.rejects(ask(`create table ${schema}.mine (a integer)`), { code: '42501' });
    });
  });
});

describe('the role zendesk_investigator', () => {
  it('reads search texts, and writes nothing', async () => {
    await withRole('zendesk_investigator', async (ask) => {
      const found = await findWords(ask);
      for (const column of [
        'zendesk.access_logs.url',
        'zendesk.access_logs.referer',
        'zendesk.access_logs.graphql_variables',
        'zendesk.access_log_resources.search_query',
        'zendesk.access_events.search_query',
        'zendesk.access_searches.search_query',
        'zendesk.revisions.content',
        'zendesk.audit_logs.extra',
      ])
        assert.ok(found.includes(column), `${column} is not among ${found.join(', ')}`);
      await assert.rejects(ask('delete from zendesk.access_logs'), { code: '42501' });
      await assert.rejects(ask('delete from zendesk.watchlist'), { code: '42501' });
    });
  });
});

describe('the role zendesk_page', () => {
  it('reads the rows and the ledger, and no logins, sessions, searches of others, keys, and records that could not be stored', async () => {
    await withRole('zendesk_page', async (ask) => {
      const closed = (await ask<Readable>(listReadable)).filter(
        ({ partition, columns }) => !partition && columns === null,
      );
      assert.deepEqual(
        closed
          .map(({ relation }) => relation)
          .filter((relation) => /^zendesk(?:_evidence)?\./.test(relation)),
        ['zendesk_evidence.person_keys'],
      );
      const inLedger = closed
        .map(({ relation }) => relation)
        .filter((relation) => relation.startsWith('zendesk_sync.'));
      for (const table of ['oauth_logins', 'page_sessions', 'questions'])
        assert.ok(inLedger.includes(`zendesk_sync.${table}`), table);
      await ask('select account, code, occurred_at from zendesk_sync.quarantine');
      for (const statement of [
        'select content from zendesk_sync.quarantine',
        'select * from zendesk_sync.oauth_logins',
        'delete from zendesk_sync.fetches',
        'update zendesk.findings set severity = severity',
        'insert into zendesk_sync.actions default values',
        'create table zendesk.mine (a integer)',
        'select zendesk_sync.grant_roles()',
      ])
        await assert.rejects(ask(statement), { code: '42501' }, statement);
    });
  });
});
