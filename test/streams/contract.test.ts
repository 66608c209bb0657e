/**
 * What must be true of every stream of the registry, so that the program can treat all alike. For a new stream add a line to
 * `samples`; without it the suite fails.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { listSettings } from '../../src/config/settings.ts';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { hasCode } from '../../src/errors.ts';
import { isSchedule } from '../../src/scheduler.ts';
import { listLogs, streams } from '../../src/streams/registry.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { withDatabase } from '../support/database.ts';
import { deletionLogs } from './deletion-logs.ts';
import { makeDeletionTables } from './deletion-tables.ts';

type Record = Readonly<{ [field: string]: unknown }>;

/** A normal record of each log with all fields. */
const samples: { readonly [stream: string]: Record } = {
  audit_logs: {
    id: 54337476015999,
    created_at: '2026-11-20T08:34:33Z',
    action: 'update',
    action_label: 'Updated',
    actor_id: 5,
    actor_name: 'Jane',
    change_description: 'Changed from 10 minutes to 30 minutes',
    ip_address: '192.0.2.1',
    source_id: 23639740139999,
    source_label: 'Security: Session expiration',
    source_type: 'account_setting',
    url: 'https://acme.zendesk.com/api/v2/audit_logs/54337476015999.json',
  },
  access_logs: {
    id: '01M7W0BXW1PWS5B33SS5QHYZVK',
    timestamp: '2026-11-20T08:15:03Z',
    user_id: 5,
    ip_address: '2001:db8::9',
    method: 'POST',
    status: 200,
    url: '/graphql',
    origin_service: 'Zendesk',
    authorization_type: 'session',
    client: 'Mozilla/5.0',
    referer: '/agent/tickets/199',
    category: 'Tickets',
    summary: 'Viewed a ticket',
    bytes_sent: 512,
    graphql: {
      operation_name: 'ticket',
      operation_type: 'QUERY',
      query: 'query ticket…',
      variables: '{"id":"199"}',
    },
  },
  deletion_logs: {
    number: 7,
    deleted_at: '2026-11-20T08:15:03Z',
    deleter_id: 5,
    kind: 'ticket',
    copies: 2,
    title: 'A ticket',
  },
};

const all = [...streams, deletionLogs];

describe('the streams of the registry', () => {
  it('have names, titles and settings that no two of them share', () => {
    for (const list of [
      all.map(({ name }) => name),
      all.map(({ title }) => title),
      listSettings(all).map(({ name }) => name),
    ])
      assert.deepEqual([...new Set(list)], list);
  });

  it('say the same about a budget that they share', () => {
    const budgets = new Map(all.map(({ budget }) => [budget.name, budget]));
    for (const { budget } of all) assert.equal(budget, budgets.get(budget.name));
  });

  for (const { name, schedule } of all) {
    it(`have schedules that the scheduler takes: ${name}`, () => {
      assert.ok(isSchedule(schedule.cron));
      assert.ok(isSchedule(schedule.demoCron));
    });
  }
});

for (const log of listLogs(all)) describe(`the log ${log.name}`, () => holdContract(log));

function holdContract(log: LogStream): void {
  const { table, source, name } = log;
  const sample = samples[name] ?? assert.fail(`samples has no record of ${name}`);
  const reserved = [table.id.name, table.time];

  it('describes its table as in the database: columns in order, key, and partition column', async () => {
    await withTables(async (db) => {
      const columns = await db.query<{ name: string; type: string }>(
        `select attname as name, format_type(atttypid, null) as type from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
        [table.name],
      );
      const bookkeeping = ['account', 'first_synced_at', 'synced_at'];
      const own = columns.filter((column) => !bookkeeping.includes(column.name));
      assert.deepEqual(
        new Set(own.map((column) => column.name)),
        new Set([...reserved, ...table.columns]),
      );
      const typeOf = new Map(columns.map((column) => [column.name, column.type]));
      assert.equal(typeOf.get(table.time), 'timestamp with time zone');
      assert.equal(typeOf.get(table.id.name), table.id.type);
      assert.equal(typeOf.get(table.actor), 'bigint');
      const [key] = await db.query<{ columns: string[]; partitions: string }>(
        `select array_agg(a.attname::text order by k.place) as columns, pg_get_partkeydef($1::regclass) as partitions
         from pg_index i cross join unnest(i.indkey) with ordinality as k (attnum, place)
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
         where i.indrelid = $1::regclass and i.indisprimary`,
        [table.name],
      );
      assert.deepEqual(key?.columns, ['account', table.time, table.id.name]);
      assert.equal(key?.partitions.replaceAll('"', ''), `RANGE (${table.time})`);
    });
  });

  it('knows its personal columns among its own', () => {
    for (const column of table.personal) assert.ok(table.columns.includes(column), column);
    assert.ok(table.personal.includes('extra'));
  });

  it('reads a normal record into every column and leaves extra null', () => {
    const { id, timeMs, row } = log.read(sample);
    assert.equal(id, String(sample[table.id.name]));
    assert.equal(timeMs, Date.parse(String(sample[table.time])));
    assert.deepEqual(Object.keys(row), [...reserved, ...table.columns]);
    for (const column of table.columns)
      assert.equal(row[column] === null, column === 'extra', column);
  });

  it('refuses a record without a usable id or time, and anything that is not a record, with a code', () => {
    for (const record of [
      null,
      [],
      'text',
      {},
      { ...sample, [table.id.name]: undefined },
      { ...sample, [table.id.name]: {} },
      { ...sample, [table.time]: 'yesterday' },
      { ...sample, [table.time]: null },
    ])
      assert.throws(
        () => log.read(record),
        (error) => hasCode(error, 'record_unreadable'),
      );
  });

  it('loses nothing of a hostile record: what does not fit its column is in extra', () => {
    const fields = Object.keys(sample).filter((field) => !reserved.includes(field));
    const hostile = fc.oneof(
      fc.constantFrom(null, true, 1.5, -1, 2 ** 60, '', '\u0000', '\ud800x', '9999999999999999999'),
      fc.string(),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...fields), hostile, (field, value) => {
        const { row } = log.read({ ...sample, [field]: value });
        const text = JSON.stringify(row);
        // Postgres could store it.
        assert.doesNotMatch(text, /(?<!\\)(\\\\)*\\u(0000|d[89ab])/);
        const kept = Object.keys(row['extra'] ?? {}).some((key) => key.split('.')[0] === field);
        const isStored =
          value === null || kept || Object.values(row).some((each) => each === value);
        assert.ok(isStored || isNumberAsText(value) || isPlainObject(value), `${field}: ${text}`);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps an unknown field with any name', () => {
    for (const field of ['brand_new', '__proto__', 'constructor', 'extra']) {
      const record = JSON.parse(`{"${field}": {"a": [1]}}`) as Record;
      const { row } = log.read(Object.assign(Object.create(null), sample, record));
      assert.equal(JSON.stringify(row['extra']), `{"${field}":{"a":[1]}}`);
    }
  });

  it('asks for at least a second more on both ends of a span', () => {
    const span = { from: 1_800_000_000, to: 1_800_003_600 };
    const moments = source
      .spanParameters(span)
      .map(([, value]) => Date.parse(value) / 1000)
      .filter((seconds) => !Number.isNaN(seconds));
    assert.ok(Math.min(...moments) <= span.from - 1);
    assert.ok(Math.max(...moments) >= span.to + 1);
  });

  it('either says how long Zendesk keeps it, or how to find its oldest record', () => {
    assert.notEqual(log.retentionDays === undefined, source.oldestParameters === undefined);
  });

  it('recomputes its rollups of any days, again and again, with the same result', async () => {
    await withTables(async (db) => {
      for (const day of ['2026-11-20', '2024-02-29']) {
        for (const statement of [...log.rollups, ...log.rollups])
          await db.query(statement, ['acme', day, '2026-11-21']);
      }
    });
  });
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number may be in a smallint column as a number although Zendesk sent it as text. */
function isNumberAsText(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d+$/.test(value);
}

async function withTables(work: (db: Database) => Promise<void>): Promise<void> {
  await withDatabase(async (url) => {
    await makeDeletionTables(url);
    const db = openDatabase({ url });
    try {
      await work(db);
    } finally {
      await db.close();
    }
  });
}
