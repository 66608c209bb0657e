/** A log that only this folder has (deletion-logs.ts), taken through everything that the program does with a log. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { describeCoverage } from '../../src/reports/shared/statement.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { findFreePort } from '../support/free-port.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { startProcess, type Ended, type Program } from '../support/program.ts';
import { deletionLogs } from './deletion-logs.ts';
import { startDeletionServer, type Deletion, type DeletionServer } from './deletion-server.ts';
import { makeDeletionTables } from './deletion-tables.ts';
import { clockOffsetMs } from '../support/run-clock.ts';
import { freezeDatabaseClock } from '../support/still-time.ts';

const program = fileURLToPath(new URL('deletion-program.ts', import.meta.url));
const account = 'acme';
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let database: TestDatabase;
let db: Database;
let server: DeletionServer;

/** Two deletions in a second every four hours for 29 days, and one 40 minutes ago; some are unusual. */
function makeDeletions(nowMs: number): Deletion[] {
  const firstMs = Math.floor((nowMs - 29 * dayMs) / 1000) * 1000;
  const regular = Array.from({ length: 348 }, (_, place) =>
    makeDeletion(place, firstMs + (place - (place % 2)) * 2 * hourMs),
  );
  return [...regular, makeDeletion(348, nowMs - 40 * 60_000)];
}

function makeDeletion(place: number, atMs: number): Deletion {
  return {
    number: 1000 + place,
    deleted_at: `${new Date(atMs).toISOString().slice(0, 19)}Z`,
    deleter_id: place % 5 === 0 ? null : 40 + (place % 3),
    kind: place % 7 === 0 ? 'user' : 'ticket',
    copies: place === 3 ? 'many' : 1,
    title: `Thing ${place}`,
    ...(place === 4 ? { reason: 'unknown to us' } : {}),
  };
}

beforeEach(async () => {
  database = await createTestDatabase();
  await makeDeletionTables(database.url);
  db = openDatabase({ url: database.url });
  server = await startDeletionServer(makeDeletions(Date.now()));
});

afterEach(async () => {
  await server.stop();
  await db.close();
  await database.drop();
});

function start(args: readonly string[], settings: Readonly<Record<string, string>> = {}): Program {
  return startProcess([process.execPath, program, ...args], {
    HTTP_PORT: '0',
    DATABASE_URL: database.url,
    ZENDESK_SUBDOMAIN: account,
    ZENDESK_BASE_URL: server.origin,
    ZENDESK_CLIENT_ID: 'log-puller',
    ZENDESK_CLIENT_SECRET: 's3cret-of-the-client',
    STREAMS: 'deletion_logs',
    ...settings,
  });
}

const run = (args: readonly string[], settings = {}): Promise<Ended> => start(args, settings).ended;

/** The stored records and those of the server, in the same form. */
async function assertStored(): Promise<void> {
  const rows = await db.query(
    `select number::float8 as number, to_char(deleted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as deleted_at,
       deleter_id::float8 as deleter_id, kind, copies, title, extra
     from zendesk.deletion_logs where account = $1 order by number`,
    [account],
  );
  assert.deepEqual(
    rows,
    server.records.map(({ copies, reason, ...record }) => ({
      ...record,
      copies: typeof copies === 'number' ? copies : null,
      extra: typeof copies !== 'number' ? { copies } : reason === undefined ? null : { reason },
    })),
  );
}

describe('a log that only its own file describes', () => {
  it('is pulled completely, with its rollups, its people and a budget of its own', async () => {
    const { status, stdout } = await run(['sync'], { STREAMS: 'deletion_logs,users' });
    assert.equal(status, 0);
    assert.match(stdout, /^deletion_logs {2}backfill {2}complete +\d+ +349 +0 +0$/m);
    assert.match(stdout, /^deletion_logs {2}ok .* none .* 349$/m);
    await assertStored();

    const days = await db.query(
      'select day::text, kind, deletions from zendesk.deletion_day where account = $1 order by day, kind',
      [account],
    );
    const counts = new Map<string, number>();
    for (const { deleted_at: at, kind } of server.records) {
      const key = `${at.slice(0, 10)} ${kind}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    assert.deepEqual(
      days,
      [...counts]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, deletions]) => {
          const [day, kind] = key.split(' ');
          return { day, kind, deletions };
        }),
    );
    assert.deepEqual(await db.query('select id::text, name from zendesk.users order by id'), [
      { id: '40', name: 'Person 40' },
      { id: '41', name: 'Person 41' },
      { id: '42', name: 'Person 42' },
    ]);
    assert.deepEqual(
      await db.query('select stream, kind, retention_days from zendesk_sync.streams order by 1'),
      [
        { stream: 'deletion_logs', kind: 'log', retention_days: 30 },
        { stream: 'users', kind: 'listing', retention_days: null },
      ],
    );
    const budgets = await db.query(
      'select budget_group from zendesk_sync.budgets order by budget_group',
    );
    assert.deepEqual(budgets, [{ budget_group: 'deletions' }, { budget_group: 'support' }]);
  });

  it('continues after the record at which it was killed', async () => {
    server.allow(5);
    const killed = start(['sync']);
    // A second cursor may wait there too.
    await waitUntil(() => server.asked.length >= 6);
    killed.kill('SIGKILL');
    await killed.ended;
    const [open] = await db.query<{ cursor: string; seen: number }>(
      `select cursor, rows_seen::integer as seen from zendesk_sync.fetches where outcome is null and cursor is not null`,
    );
    const before = server.asked.length;
    server.allow(Infinity);
    const { status } = await run(['sync']);
    assert.equal(status, 0);
    assert.ok(open !== undefined && open.seen > 0);
    const after = server.asked.slice(before).map((query) => query.get('after'));
    assert.ok(after.includes(open.cursor), `${open.cursor} of ${after.join()}`);
    await assertStored();
  });

  it('is read again at the age of RESCAN_AFTER: late rows are stored, and versions before a change are kept', async () => {
    const settings = { RESCAN_AFTER: '1h' };
    assert.equal((await run(['sync'], settings)).status, 0);
    const last = server.records.at(-1) ?? assert.fail();
    server.records[server.records.length - 1] = { ...last, title: 'Another title' };
    server.records.push(makeDeletion(349, Date.parse(last.deleted_at) + 60_000));
    // Two hours later, by all three clocks.
    server.setClockAhead(2 * hourMs);
    await freezeDatabaseClock(db, Date.now() + 2 * hourMs);
    const later = { TEST_CLOCK_OFFSET_MS: String(clockOffsetMs() + 2 * hourMs) };
    assert.equal((await run(['sync'], { ...settings, ...later })).status, 0);
    await assertStored();
    assert.deepEqual(
      await db.query(
        `select stream, id, content ->> 'title' as title from zendesk.revisions order by revision`,
      ),
      [{ stream: 'deletion_logs', id: String(last.number), title: last.title }],
    );
    const [late] = await db.query<{ late: number }>(
      `select sum(rows_late)::integer as late from zendesk_sync.fetches where kind = 'rescan'`,
    );
    assert.deepEqual(late, { late: 1 });
  });

  it('is read by "backfill" within its own retention, and refused beyond', async () => {
    const from = new Date(Date.now() - 3 * dayMs).toISOString().slice(0, 10);
    const to = new Date(Date.now() - 2 * dayMs).toISOString().slice(0, 10);
    const read = await run(['backfill', 'deletion_logs', '--from', from, '--to', to]);
    assert.equal(read.status, 0);
    const [stored] = await db.query<{ rows: number }>(
      'select count(*)::integer as rows from zendesk.deletion_logs where deleted_at >= $1 and deleted_at < $2',
      [`${from}T00:00:00Z`, `${to}T00:00:00Z`],
    );
    assert.equal(stored?.rows, 12);
    const old = await run(['backfill', 'deletion_logs', '--from', '2024-01-01', '--to', to]);
    assert.equal(old.status, 2);
    assert.match(
      old.stderr,
      /^--from 2024-01-01 is more than 30 days ago; Zendesk keeps the deletion log for 30 days; start at \S+Z or later\.\n$/,
    );
    const unknown = await run(['backfill', 'moon_logs', '--from', from, '--to', to]);
    assert.equal(
      unknown.stderr,
      '"moon_logs" is not a log. Use audit_logs or access_logs or deletion_logs.\n',
    );
  });

  it('has settings of its own, which are checked like all others', async () => {
    const { status, stderr } = await run(['sync'], {
      DELETION_LOGS_SCHEDULE: 'often',
      DELETION_LOGS_REQUESTS_PER_MINUTE: 'many',
      STREAMS: 'deletion_logs,moons',
    });
    assert.equal(status, 2);
    assert.deepEqual(stderr.split('\n'), [
      'DELETION_LOGS_SCHEDULE is "often". Use a cron expression with five fields such as */5 * * * * (minute, hour, day of month, month, day of week; UTC).',
      'STREAMS is "deletion_logs,moons". Use names from this list, separated by commas and each at most once: audit_logs, access_logs, users, deletion_logs.',
      'DELETION_LOGS_REQUESTS_PER_MINUTE is "many". Use a whole number from 1 to 100000, digits only.',
      '',
    ]);
  });

  it('is examined by "doctor" before and after it was pulled', async () => {
    const before = await examine();
    assert.equal(before['deletion log']?.state, 'ok');
    assert.match(
      before['deletion log']?.found ?? '',
      /^answers; oldest record .* UTC, \d+ days ago$/,
    );
    assert.match(before['deletion log backfill']?.found ?? '', /^\d+ days missing: about \d+ rows/);
    assert.equal(before['budget']?.found, 'deletion log 600 of 600');
    await run(['sync']);
    const afterwards = await examine();
    assert.equal(afterwards['deletion log backfill']?.found, 'nothing is missing');
    assert.equal(afterwards['partitions']?.found, 'the current and the next ones exist');
    server.records.splice(0);
    const empty = await examine();
    assert.deepEqual(
      [empty['deletion log']?.state, empty['deletion log']?.found],
      ['warning', 'answers, and nothing was ever deleted'],
    );
  });

  it('is followed by "serve", with metrics, and shown by /status and "status"', async () => {
    const port = await findFreePort();
    const service = start(['serve'], { HTTP_PORT: String(port) });
    const ask = async (path: string): Promise<string> =>
      (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    await service.waitFor(/answering over HTTP/);
    await waitUntil(async () =>
      /rows_new_total\{.*"deletion_logs"\} 349/.test(await ask('/metrics')),
    );
    await assertStored();
    await waitUntil(async () =>
      /_gaps\{account="acme",stream="deletion_logs"\} 0/.test(await ask('/metrics')),
    );
    const metrics = await ask('/metrics');
    const labels = `{account="acme",stream="deletion_logs"}`;
    const valueOf = (name: string): number =>
      Number(metrics.split(`\nzendesk_log_sync_${name}${labels} `)[1]?.split('\n')[0]);
    const newest = Date.parse(server.records.at(-1)?.deleted_at ?? '') / 1000;
    assert.equal(valueOf('newest_record_timestamp_seconds'), newest);
    assert.equal(valueOf('stream_available'), 1);
    assert.ok(valueOf('retention_headroom_seconds') > 29 * 86_400);
    assert.match(metrics, /rate_limit_pauses_total\{account="acme",group="deletions"\} 0/);
    const [status] = JSON.parse(await ask('/status')) as Record<string, unknown>[];
    const [shown] = JSON.parse((await run(['status', '--json'])).stdout) as (typeof status)[];
    for (const row of [status, shown]) {
      assert.deepEqual(
        [row?.['stream'], row?.['state'], row?.['gaps'], row?.['rows']],
        ['deletion_logs', 'ok', 0, 349],
      );
    }
    service.kill('SIGTERM');
    assert.equal((await service.ended).status, 0);
  });

  it('has a statement about its coverage, for every report', async () => {
    const scope = { db, account, now: new Date(), timeZone: undefined };
    const asked = { log: deletionLogs, from: new Date(Date.now() - 40 * dayMs), to: new Date() };
    await assert.rejects(
      describeCoverage(scope, asked),
      /^KnownError: The deletion log from .* is not stored, and Zendesk keeps it for only 30 days\. /,
    );
    await run(['sync']);
    const from = new Date(Date.now() - 20 * dayMs);
    const to = new Date(Date.now() - 10 * dayMs);
    const { coverage, gaps, limits } = await describeCoverage(scope, { ...asked, from, to });
    assert.match(
      coverage.join(),
      /^The deletion log from .* to .* was read completely; not verified yet\.$/,
    );
    assert.deepEqual(gaps, []);
    assert.deepEqual(limits, ['Zendesk does not record why something was deleted.']);
  });

  it('is refused with its own sentence, and reported with a code', async () => {
    server.refuse(403);
    assert.match((await run(['sync'])).stdout, /Zendesk has just refused deletion_logs \(403\)/);
    await db.query(
      `update zendesk_sync.streams set refused_since = refused_since - interval '3 minutes'`,
    );
    const { status, stdout } = await run(['sync']);
    assert.equal(status, 1);
    assert.match(
      stdout,
      /deletion_logs: The deletion log is not available \(403\): it needs the plan Undertaker and the role admin; check both\./,
    );
    assert.deepEqual(await db.query('select unavailable_code from zendesk_sync.streams'), [
      { unavailable_code: 'plan_missing' },
    ]);
  });
});

/** The checks of "doctor" by name. */
async function examine(): Promise<Readonly<Record<string, { state: string; found: string }>>> {
  const { stdout } = await run(['doctor', '--json']);
  const { checks } = JSON.parse(stdout) as {
    checks: { name: string; state: string; found: string }[];
  };
  return Object.fromEntries(checks.map((check) => [check.name, check]));
}
