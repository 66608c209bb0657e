/** The stored rollups against their whole definition, counted again from all rows in the plainest way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { writeRows } from '../../src/ingest/rows/rows.ts';
import { listStale, markStaleDays } from '../../src/ingest/stale-days.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { listLogs, streams } from '../../src/streams/registry.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { withLedger } from '../support/ledger.ts';
import { usualClassify } from '../support/stored-records.ts';

const logs = listLogs(streams);

const days = ['2026-10-30', '2026-10-31', '2026-11-01', '2026-11-18'];
const times = ['00:00:00', '00:00:01', '12:00:00', '23:59:59'];
const urls = [
  '/api/v2/tickets/7',
  '/api/v2/tickets/8',
  '/api/v2/tickets/show_many?ids=7,8,9',
  '/api/v2/users/7',
  '/api/v2/users/me',
  '/api/v2/tickets',
  '/api/v2/search?query=invoice',
  '/api/v2/incremental/tickets?start_time=1',
  '/api/v2/oauth/tokens',
  '/api/v2/audit_logs',
  '/api/v2/nobody_knows_this',
];

const account = fc.constantFrom('acme', 'globex');
const moment = fc
  .tuple(fc.constantFrom(...days), fc.constantFrom(...times))
  .map(([day, time]) => `${day}T${time}Z`);
const address = fc.constantFrom(
  '203.0.113.9',
  '203.0.113.10',
  '198.51.100.1',
  '2001:db8::1',
  undefined,
);
const person = fc.constantFrom(0, 5, 6, 7, undefined);

// Few ids, so that pages bring rows again: unchanged, changed, and moved to another day.
const request = fc.record({
  id: fc.nat(12).map((id) => `r${id}`),
  timestamp: moment,
  url: fc.constantFrom(...urls),
  user_id: person,
  status: fc.constantFrom(200, 201, 403, 404, undefined),
  method: fc.constantFrom('GET', 'PUT'),
  bytes_sent: fc.constantFrom(0, 100, 5_000_000_000, undefined),
  ip_address: address,
});
const change = fc.record({
  id: fc.integer({ min: 1, max: 12 }),
  created_at: moment,
  action: fc.constantFrom('login', 'update', undefined),
  source_type: fc.constantFrom('user', 'rule', 'x'.repeat(2000), undefined),
  source_id: fc.constantFrom(1, 2, undefined),
  actor_id: person,
  ip_address: address,
});

const page = <T extends { readonly id: unknown }>(log: LogStream, record: fc.Arbitrary<T>) =>
  fc.record({
    do: fc.constant('store' as const),
    log: fc.constant(log),
    account,
    records: fc.uniqueArray(record, { selector: ({ id }) => id, minLength: 1, maxLength: 8 }),
  });
const step = fc.oneof(
  { weight: 4, arbitrary: page(accessLogs, request) },
  { weight: 2, arbitrary: page(auditLogs, change) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      log: fc.constantFrom(accessLogs, auditLogs),
      account,
      day: fc.constantFrom(...days),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('refresh' as const), account }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe('the rollups', () => {
  it('equal what counting all rows again gives, whatever came late, changed, moved or went, of several accounts', async () => {
    await withLedger(async (db) => {
      const ensure = createPartitionKeeper(db);
      const moments = days.map((day) => Date.parse(day));
      for (const { table } of [accessLogs, auditLogs]) await ensure(table, moments);
      let counted = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 4, maxLength: 12, size: 'max' }),
          async (steps) => {
            await db.query(
              `truncate zendesk.access_logs, zendesk.access_log_resources, zendesk.audit_logs, zendesk.agent_day,
                 zendesk.resource_day, zendesk.audit_day, zendesk.sign_in_day, zendesk_sync.stale_days`,
            );
            for (const each of steps) await take(db, each);
            for (const each of ['acme', 'globex']) await refreshRollups(db, each, logs);
            for (const [table, definition] of Object.entries(definitions)) {
              const expected = await readLines(db, definition);
              assert.deepEqual(await readLines(db, `select * from zendesk.${table}`), expected);
              counted += expected.length;
            }
          },
        ),
        { numRuns: 40 },
      );
      assert.ok(counted > 200, `${counted} rows were compared`);
    });
  });

  it('are not written again where nothing differs', async () => {
    await withLedger(async (db) => {
      const records = [1, 2, 3].map((id) => ({
        id: `r${id}`,
        timestamp: `2026-11-18T0${id}:00:00Z`,
        url: `/api/v2/tickets/${id}`,
        user_id: id,
        status: 200,
        method: 'GET',
      }));
      await take(db, { do: 'store', log: accessLogs, account: 'acme', records });
      await refreshRollups(db, 'acme', logs);
      const before = await readVersions(db);
      assert.equal(before.length, 6);
      const late = { ...records[0], id: 'r4', url: '/api/v2/tickets/1' };
      await take(db, { do: 'store', log: accessLogs, account: 'acme', records: [late] });
      assert.equal(await refreshRollups(db, 'acme', logs), 1);
      const kept = new Set(before);
      assert.deepEqual(
        (await readVersions(db)).filter((version) => !kept.has(version)).map(nameOf),
        ['agent 1', 'ticket 1'],
      );
    });
  });
});

/** Does one step as the program does it. */
async function take(
  db: Database,
  each: Step | (Omit<Extract<Step, { do: 'store' }>, 'records'> & { records: readonly object[] }),
): Promise<void> {
  if (each.do === 'refresh') {
    await refreshRollups(db, each.account, logs);
    return;
  }
  if (each.do === 'store') {
    // As in an answer: without undefined fields.
    const sent = JSON.parse(JSON.stringify(each.records)) as unknown[];
    const rows = readRecords(each.log, usualClassify, sent);
    await createPartitionKeeper(db)(
      each.log.table,
      rows.map(({ timeMs }) => timeMs),
    );
    await db.transaction(async (tx) => {
      const written = await writeRows(tx, each.log, each.account, rows, { covered: [] });
      await markStaleDays(tx, each.account, each.log, listStale(rows, written));
    });
    return;
  }
  const { log, account: of, day } = each;
  await db.transaction(async (tx) => {
    for (const { name, time } of [
      log.table,
      ...(log.table.derived === undefined ? [] : [{ ...log.table.derived, time: log.table.time }]),
    ])
      await tx.query(
        `delete from ${name} where account = $1 and (${time} at time zone 'UTC')::date = $2::date`,
        [of, day],
      );
    await markStaleDays(tx, of, log, [{ timeMs: Date.parse(day) }]);
  });
}

const isDenied = 'coalesce(r.status in (401, 403, 404), false)';
const resources = `(
  select r.*, (r.timestamp at time zone 'UTC')::date as day, coalesce(r.user_id, 0) as person, ${isDenied} as denied
  from zendesk.access_log_resources r
)`;
const of = 'r.account = l.account and r.day = l.day and r.person = l.person';
const ofKind = (kind: string): string =>
  `(select count(*) from ${resources} r where ${of} and r.position = 0 and r.kind = '${kind}')`;
const different = (type: string): string =>
  `(select count(distinct (r.resource_type, r.resource_id)) from ${resources} r
    where ${of} and r.resource_id is not null and not r.denied and r.resource_type like '${type}')`;

const definitions = {
  agent_day: `select l.account, l.day, l.person, count(*), count(*) filter (where l.denied),
      ${['view', 'list', 'search', 'export', 'write', 'secret', 'log', 'unclassified'].map(ofKind).join(', ')},
      ${['ticket', 'user', '%'].map(different).join(', ')},
      count(distinct l.ip_address), coalesce(sum(l.bytes_sent), 0)::float8, min(l.timestamp), max(l.timestamp)
    from (
      select r.*, (r.timestamp at time zone 'UTC')::date as day, coalesce(r.user_id, 0) as person, ${isDenied} as denied
      from zendesk.access_logs r
    ) l
    group by l.account, l.day, l.person`,
  resource_day: `select r.account, r.day, r.resource_type, r.resource_id, count(*), count(distinct r.person),
      min(r.timestamp), max(r.timestamp)
    from ${resources} r
    where r.resource_id is not null and not r.denied
    group by r.account, r.day, r.resource_type, r.resource_id`,
  audit_day: `select a.account, (a.created_at at time zone 'UTC')::date, zendesk_sync.key_text(coalesce(a.source_type, '')),
      coalesce(a.action, ''), coalesce(a.actor_id, 0), count(*), min(a.created_at), max(a.created_at)
    from zendesk.audit_logs a
    group by 1, 2, 3, 4, 5`,
  sign_in_day: `select a.account, (a.created_at at time zone 'UTC')::date, coalesce(zendesk.network_of(a.ip_address)::text, ''),
      count(*), count(distinct a.source_id), min(a.created_at), max(a.created_at)
    from zendesk.audit_logs a
    where a.source_type = 'user' and a.action = 'login'
    group by 1, 2, 3`,
};

async function readLines(db: Database, text: string): Promise<readonly string[]> {
  const rows = await db.query<{ line: string }>(
    `select t::text as line from (${text}) as t order by 1`,
  );
  return rows.map(({ line }) => line);
}

/** Each row of the rollups with the transaction that wrote it. */
async function readVersions(db: Database): Promise<readonly string[]> {
  const rows = await db.query<{ version: string }>(
    `select concat_ws(' ', 'agent', user_id, xmin) as version from zendesk.agent_day
     union all select concat_ws(' ', resource_type, resource_id, xmin) from zendesk.resource_day
     order by 1`,
  );
  return rows.map(({ version }) => version);
}

function nameOf(version: string): string {
  return version.split(' ').slice(0, 2).join(' ');
}
