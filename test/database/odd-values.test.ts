/** Whatever values the logs and the people contain, every view and function works, and the rollups are made. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { openFetch } from '../../src/ingest/fetch.ts';
import type { Lease } from '../../src/ingest/lease.ts';
import { readPage } from '../../src/ingest/page-records.ts';
import { storePage } from '../../src/ingest/page.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { listLogs, streams } from '../../src/streams/registry.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { parseJson } from '../../src/zendesk/body.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { usualClassify } from '../support/stored-records.ts';

const long = 'x'.repeat(5000);
const deep = (levels: number): unknown =>
  levels === 0 ? '\ud800' : levels % 2 === 0 ? [deep(levels - 1)] : { a: deep(levels - 1) };
/** Written into the JSON exactly like this: numbers that JavaScript cannot hold. */
const numbers = ['1e400', '-0', '123456789012345678901234567890', '0.1000000000000000000000000001'];
const numberText = (number: string): string => `number ${number}`;

const odd: readonly unknown[] = [
  null,
  '',
  ' ',
  long,
  `${'é'.repeat(1500)}\u0000`,
  '\u0000',
  '\\u0000',
  '\ud800',
  'a\udfffb',
  "'; drop table --",
  '%_\\',
  '{}',
  '[',
  '{"id":',
  '2026-13-45T99:00:00Z',
  '::ffff:1.2.3.4/200',
  'fe80::1%eth0',
  true,
  0,
  -1,
  Number.MAX_SAFE_INTEGER,
  32_768,
  {},
  [],
  [[], [null, '\u0000']],
  deep(60),
  ...numbers.map(numberText),
];

/** A value of a field: usually a meaningful one, otherwise an unusual one; undefined: the field is missing. */
function field(...usual: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...usual) },
    { weight: 2, arbitrary: fc.constantFrom(...odd) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

const moments = fc.constantFrom(
  '0001-01-01T00:00:00Z',
  '0044-03-15T12:00:00Z',
  '1969-12-31T23:59:59Z',
  '2026-10-25T00:30:00Z',
  '2026-11-18T10:00:00Z',
  '2026-11-18T10:00:05Z',
  '2026-11-18T23:00:00.123456789Z',
  '9999-12-31T23:59:59Z',
);
const people = [-1, 0, 7, 8, '9223372036854775807'];
const addresses = ['203.0.113.9', '2001:db8::1', '198.51.100.7'];

const audit = fc.record({
  created_at: moments,
  action: field('create', 'update', 'destroy', 'login', 'exported', long),
  actor_id: field(...people),
  actor_name: field('Ann', 'System'),
  change_description: field(
    'Role changed from Agent to Admin',
    'Changed from "off" to "on"',
    'Two-factor authentication\\nTurned off',
    'Email added: a@b.example',
    `${long} from ${long} to ${long}`,
  ),
  ip_address: field(...addresses),
  source_id: field(7, 8),
  source_label: field('User: Ann', 'Setting: Two-factor'),
  source_type: field('user', 'account_setting', 'apitoken', 'ticket', 'user_setting', long),
  url: field('https://acme.zendesk.com/api/v2/audit_logs/1.json'),
  unheard_of: fc.constantFrom(...odd),
});
const access = fc.record({
  timestamp: moments,
  user_id: field(...people),
  ip_address: field(...addresses),
  method: field('GET', 'POST'),
  status: field(200, 304, 403, 'none'),
  url: field(
    '/api/v2/tickets/7',
    '/api/v2/users/7',
    '/api/v2/search.json?query=visa%204111',
    '/api/v2/incremental/tickets?start_time=0',
    `/api/v2/tickets/${'9'.repeat(40)}`,
    `/api/v2/search.json?query=${'%zz'.repeat(2000)}`,
    '/graphql',
  ),
  client: field('Mozilla/5.0 (X11)', 'curl/8', 'zendesk-log-sync/1'),
  authorization_type: field('session', 'bearer', 'basic'),
  referer: field('/agent/tickets/7'),
  bytes_sent: field(0, 1e15, '9223372036854775807'),
  graphql_operation_name: field('getTicket', 'user'),
  graphql_operation_type: field('QUERY', 'MUTATION'),
  graphql_query: field('query user($id: ID!) { user(id: $id) { name } }'),
  graphql_variables: field('{"id":"7"}', '{"id":[[[', '{"id":"\\u0000\\ud800"}'),
  unheard_of: fc.constantFrom(...odd),
});

/** Stores records as pulling does, from the JSON of an answer. */
async function store(
  db: Database,
  stream: LogStream,
  lease: Lease,
  records: readonly object[],
): Promise<void> {
  const text = JSON.stringify(
    records.map((record, index) => ({
      id: stream === auditLogs ? index + 1 : `access ${index}`,
      ...record,
    })),
  ).replaceAll(/"number ([^"]+)"/g, '$1');
  const page = {
    records: parseJson(Buffer.from(text)) as unknown[],
    originals: () => [],
    lossy: new Set<number>(),
  };
  const { fetch } = await openFetch(db, lease, {
    kind: 'backfill',
    span: { from: 0, to: 100 },
    pageSize: 100,
  });
  await storePage({ db, ensurePartitions: createPartitionKeeper(db) }, lease, stream, {
    ...readPage(stream, usualClassify, page),
    fetch,
    pageSize: 100,
    askedAt: 5000,
    covered: [],
    end: { kind: 'complete', coverage: [{ from: 0, to: 100 }], rescans: [] },
  });
}

/** What is known about people: only the required fields, all with unusual values. */
async function storePeople(db: Database): Promise<void> {
  const ends = `'0001-01-01Z'::timestamptz, '9999-12-31Z'::timestamptz`;
  await db.query(
    `insert into zendesk.users (account, id, team_member, valid_from)
     values ('acme', 0, false, '0001-01-01Z'), ('acme', -1, true, '9999-12-31Z')`,
  );
  for (const table of ['users', 'user_history'])
    await db.query(
      `insert into zendesk.${table}
         (account, id, name, email, role, role_type, custom_role_id, active, suspended, team_member, valid_from,
          ${table === 'users' ? 'departed_at, iana_time_zone, time_zone, locale' : 'valid_to'})
       select 'acme', id, $1, $1, $2, -32768, 9223372036854775807, false, true, team, ${
         table === 'users' ? `${ends}, $1, $1, $1` : ends
       }
       from (values (7::bigint, true), (8, false)) as people (id, team)`,
      [long, ''],
    );
}

/** Every relation of the program's schemas, without partitions. */
async function listRelations(db: Database): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c
     where c.relnamespace in ('zendesk'::regnamespace, 'zendesk_sync'::regnamespace, 'zendesk_fivetran'::regnamespace)
       and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
     order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** Unusual values of the parameter types of functions. */
const values: Readonly<Record<string, readonly string[]>> = {
  text: [long, '', ' ', '\\u0000', '%_\\(', 'GraphQL {...} from to', '/api/v2/x?{...}'].map(
    (value) => `'${value}'`,
  ),
  smallint: [`'0'`, `'-32768'`, `'32767'`],
  bigint: [`'-1'`, `'9223372036854775807'`],
  inet: [`'0.0.0.0/0'`, `'::/0'`, `'fe80::1'`],
  date: [`'0001-01-01'`, `'9999-12-31'`],
  boolean: ['true', 'false'],
  // The parameters of a rule, which are an object.
  jsonb: [`'{}'`, `'{"a": 1e400}'`],
  'time without time zone': [`'00:00'`, `'24:00'`],
  'timestamp without time zone': [`'0001-01-01'`, `'9999-12-31'`],
  'timestamp with time zone': [`'0001-01-01Z'`, `'9999-12-31Z'`],
  tstzmultirange: [`'{}'`, `'{[0001-01-01,9999-12-31)}'`, `'{(,)}'`],
};

/** A call with unusual values and one with only nulls for every function that only computes. */
async function listCalls(db: Database): Promise<string[]> {
  const functions = await db.query<{ name: string; types: string[] }>(
    `select p.oid::regproc::text as name,
       array(select format_type(t, null) from unnest(p.proargtypes) with ordinality as a (t, place) order by place) as types
     from pg_proc p
     where p.pronamespace in ('zendesk'::regnamespace, 'zendesk_sync'::regnamespace)
       and p.provolatile <> 'v' and p.prorettype <> 'trigger'::regtype
     order by 1`,
  );
  return functions.flatMap(({ name, types }) => {
    const nulls = `${name}(${types.map((type) => `null::${type}`).join(', ')})`;
    if (!types.every((type) => type in values)) return [nulls];
    const most = Math.max(1, ...types.map((type) => values[type]?.length ?? 0));
    const calls = Array.from({ length: most }, (_, turn) => {
      const given = types.map((type) => {
        const known = values[type] ?? [];
        return `${known[turn % known.length]}::${type}`;
      });
      return `${name}(${given.join(', ')})`;
    });
    return [nulls, ...calls];
  });
}

describe('unusual values in the logs', () => {
  it('do not make a view, a function or a rollup fail', async () => {
    await withLedger(async (db) => {
      await storePeople(db);
      const relations = await listRelations(db);
      assert.ok(relations.includes('zendesk.access_findings') && relations.length > 40);
      const changesLease = await takeLease(db, auditLogs);
      const accessesLease = await takeLease(db, accessLogs);
      const fields = { minLength: 80, maxLength: 80 };
      for (let run = 0; run < 4; run += 1) {
        const seed = randomInt(2 ** 31);
        const [changes = []] = fc.sample(fc.array(audit, fields), { seed, numRuns: 1 });
        const [accesses = []] = fc.sample(fc.array(access, fields), { seed, numRuns: 1 });
        try {
          await store(db, auditLogs, changesLease, changes);
          await store(db, accessLogs, accessesLease, accesses);
          assert.ok((await refreshRollups(db, 'acme', listLogs(streams))) > 0);
          for (const relation of relations) await readWhole(db, relation);
        } catch (error) {
          throw new Error(`with the seed ${seed}`, { cause: error });
        }
      }
      assert.deepEqual(await db.query('select from zendesk_sync.stale_days'), []);
      for (const call of await listCalls(db)) await readWhole(db, call);
    });
  });
});

/** Reads every column of every row. */
async function readWhole(db: Database, relation: string): Promise<void> {
  try {
    await db.query(`select count(whole::text) from ${relation} as whole`);
  } catch (error) {
    throw new Error(`select from ${relation.slice(0, 200)}`, { cause: error });
  }
}
