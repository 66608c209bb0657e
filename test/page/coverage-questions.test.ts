import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import type { Calendars } from '../../src/page/views/coverage/load-calendar.ts';
import type { GapPreview } from '../../src/page/views/coverage/load-gap-cost.ts';
import type { SpanAnswer } from '../../src/page/views/coverage/load-span.ts';
import { coverageQuestions } from '../../src/page/views/coverage/routes.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { withLedger } from '../support/ledger.ts';
import { asks } from '../support/page-service.ts';

const now = new Date('2026-11-19T15:00:00Z');

async function ask<Answer>(
  db: Database,
  path: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const question = coverageQuestions.find((each) => each.path === path);
  assert.ok(question !== undefined);
  return (await question.ask(db, asks(now, parameters))) as Answer;
}

/** Registers the streams of an account. */
async function register(db: Database, account: string): Promise<void> {
  await db.query(
    `insert into zendesk_sync.streams (account, stream, kind, retention_days, horizon)
     values ($1, 'audit_logs', 'log', null, '2023-11-20T10:00:00Z'), ($1, 'access_logs', 'log', 90, null), ($1, 'users', 'listing', null, null)`,
    [account],
  );
}

async function cover(db: Database, stream: string, from: string, until: string): Promise<void> {
  await db.query(`insert into zendesk_sync.coverage values ('acme', $1, $2, $3)`, [
    stream,
    from,
    until,
  ]);
}

/** The seconds of each day that SQL finds covered, of the days that have any. */
async function coveredByDay(db: Database, stream: string): Promise<Record<string, number>> {
  const rows = await db.query<{ day: string; seconds: number }>(
    `select day::date::text as day, sum(extract(epoch from least(covered_until, day + interval '1 day') - greatest(covered_from, day)))::float8 as seconds
     from zendesk_sync.coverage
     cross join generate_series(date_trunc('day', covered_from at time zone 'UTC') at time zone 'UTC', covered_until, interval '1 day') as day
     where stream = $1 and covered_until > day
     group by 1 order by 1`,
    [stream],
  );
  return Object.fromEntries(rows.map(({ day, seconds }) => [day, seconds]));
}

describe('the coverage calendar', { concurrency: 2 }, () => {
  it('has the same seconds on each day as the ledger, and a cell for each day of the history', async () => {
    await withLedger(async (db) => {
      await register(db, 'acme');
      await cover(db, 'audit_logs', '2023-11-20T10:00:00Z', '2024-05-01T00:00:07Z');
      await cover(db, 'audit_logs', '2024-05-01T00:00:08Z', '2026-11-01T12:00:00Z');
      await cover(db, 'audit_logs', '2026-11-03T00:00:00Z', '2026-11-19T14:55:00Z');
      const { calendars, listings, accounts } = await ask<Calendars>(db, 'coverage');
      const audit = calendars.find(({ stream }) => stream === 'audit_logs');
      assert.ok(audit !== undefined);
      const cells = audit.days.flatMap(({ count, seconds }) =>
        Array.from({ length: count }, () => seconds),
      );
      const found = cells.flatMap(({ covered }, place) => {
        const day = new Date((audit.since?.getTime() ?? 0) + place * 86_400_000)
          .toISOString()
          .slice(0, 10);
        return covered === undefined ? [] : [[day, covered]];
      });
      assert.deepEqual(Object.fromEntries(found), await coveredByDay(db, 'audit_logs'));
      assert.equal(cells.length, 1096, 'from 20 November 2023 to 19 November 2026');
      assert.equal(audit.seconds.gap, 1 + 12 * 3600 + 86_400);
      assert.deepEqual([audit.open, audit.lost], [2, 0]);
      assert.deepEqual(accounts, ['acme']);
      assert.deepEqual(listings, [
        {
          account: 'acme',
          stream: 'users',
          title: 'users',
          listedAt: null,
          since: null,
          readings: [],
        },
      ]);
    });
  });

  it('says on which days the people were read as a whole', async () => {
    await withLedger(async (db) => {
      await register(db, 'acme');
      const [{ today } = { today: new Date(0) }] = await db.query<{ today: Date }>(
        `insert into zendesk_sync.runs (account, stream, task, holder, started_at, outcome)
         select 'acme', 'users', 'listing', 'test', date_trunc('day', now(), 'UTC') - days * interval '1 day', outcome
         from (values (3, 'complete'), (3, 'complete'), (2, 'failed'), (0, 'complete')) as r (days, outcome)
         returning date_trunc('day', now(), 'UTC') as today`,
      );
      const { listings } = await ask<Calendars>(db, 'coverage');
      assert.deepEqual(
        listings.map(({ listedAt, since, readings }) => ({ listedAt, since, readings })),
        [
          {
            listedAt: today,
            since: new Date(today.getTime() - 3 * 86_400_000),
            readings: [2, 0, 0, 1],
          },
        ],
      );
    });
  });

  it('marks what a verification found, and says it', async () => {
    await withLedger(async (db) => {
      await register(db, 'acme');
      for (const stream of ['audit_logs', 'access_logs'])
        await cover(db, stream, '2026-11-01T00:00:00Z', '2026-11-19T14:55:00Z');
      const found = [
        {
          stream: 'audit_logs',
          kind: 'row_changed',
          anchor: null,
          is_deep: true,
          findings: 2,
          first_finding: 'A row was changed.',
          found_from: '2026-11-03T10:00:01Z',
          found_until: '2026-11-04T09:00:00Z',
        },
        {
          stream: 'access_logs',
          kind: 'row_missing',
          anchor: null,
          is_deep: true,
          findings: 2,
          first_finding: 'A row is missing.',
          found_from: '2026-11-03T10:00:00Z',
          found_until: '2026-11-08T09:00:01Z',
          spans: [
            ['2026-11-03T10:00:00.000Z', '2026-11-03T10:00:00.000Z'],
            ['2026-11-08T09:00:00.000Z', '2026-11-08T09:00:01.000Z'],
          ],
        },
      ];
      await db.query(
        `insert into zendesk_sync.verifications (account, depth, started_at, ended_at, outcome, findings, found, holder)
         values ('acme', 'deep', '2026-11-18T02:17:00Z', '2026-11-18T02:18:00Z', 'findings', 2, $1, 'test')`,
        [JSON.stringify(found)],
      );
      const sentence =
        'The verification of 2026-11-18 02:17 UTC found: A row was changed. And 1 more of that kind.';
      const { calendars } = await ask<Calendars>(db, 'coverage');
      const [audit, access] = calendars;
      assert.deepEqual(
        audit?.days.slice(-3).map(({ count, marks }) => [count, marks]),
        [
          [2, ['altered']],
          [14, []],
          [1, []],
        ],
      );
      // Where the times of each are known, what is between them is not marked.
      assert.deepEqual(
        access?.days.slice(-5).map(({ count, marks }) => [count, marks]),
        [
          [1, ['altered']],
          [4, []],
          [1, ['altered']],
          [10, []],
          [1, []],
        ],
      );
      assert.deepEqual(
        [audit?.found, access?.found],
        [[sentence], [sentence.replace('was changed', 'is missing')]],
      );
      const dayOf = (day: string, stream = 'audit_logs'): Promise<SpanAnswer> =>
        ask<SpanAnswer>(db, 'coverage/span', {
          account: 'acme',
          stream,
          from: `2026-11-${day}T00:00:00Z`,
          until: `2026-11-${day}T12:00:00Z`,
        });
      assert.deepEqual((await dayOf('03')).found, [sentence]);
      assert.deepEqual((await dayOf('05')).found, []);
      assert.equal((await dayOf('08', 'access_logs')).found.length, 1);
      assert.deepEqual((await dayOf('05', 'access_logs')).found, []);
    });
  });

  it('shows in a day each minute, in an hour each second, with the exact gaps and the fetches', async () => {
    await withLedger(async (db) => {
      await register(db, 'acme');
      await cover(db, 'audit_logs', '2023-11-20T10:00:00Z', '2026-11-03T10:00:05Z');
      await cover(db, 'audit_logs', '2026-11-03T10:00:09Z', '2026-11-19T14:55:00Z');
      await db.query(
        `insert into zendesk_sync.fetches (account, stream, kind, span_from, span_until, page_size, started_at, ended_at, outcome, rows_seen, rows_new, rows_late, rescan_age_seconds)
         values ('acme', 'audit_logs', 'live', '2026-11-03T09:00:00Z', '2026-11-03T10:00:05Z', 100, '2026-11-03T10:10:00Z', '2026-11-03T10:10:01Z', 'complete', 1, 1, 0, null),
           ('acme', 'audit_logs', 'rescan', '2026-11-03T00:00:00Z', '2026-11-04T00:00:00Z', 100, '2026-11-10T00:00:00Z', '2026-11-10T00:00:09Z', 'complete', 2, 1, 1, 604800),
           ('acme', 'audit_logs', 'live', '2026-11-04T00:00:00Z', '2026-11-04T01:00:00Z', 100, '2026-11-04T01:10:00Z', null, 'complete', 0, 0, 0, null)`,
      );
      await createPartitionKeeper(db)(auditLogs.table, [Date.parse('2026-11-03T10:00:00Z')]);
      await db.query(
        `insert into zendesk.audit_logs (account, id, created_at, first_synced_at, synced_at)
         values ('acme', 1, '2026-11-03T10:00:01Z', '2026-11-03T10:10:00.5Z', now()),
           ('acme', 2, '2026-11-03T10:00:04Z', '2026-11-10T00:00:05Z', now())`,
      );
      const of = { account: 'acme', stream: 'audit_logs' };
      const day = await ask<SpanAnswer>(db, 'coverage/span', {
        ...of,
        from: '2026-11-03T00:00:00Z',
        until: '2026-11-04T00:00:00Z',
      });
      assert.deepEqual(day.cells, [
        { count: 600, seconds: { covered: 60 }, marks: [] },
        { count: 1, seconds: { covered: 56, gap: 4 }, marks: ['late'] },
        { count: 839, seconds: { covered: 60 }, marks: [] },
      ]);
      assert.deepEqual(
        day.gaps.map(({ from, until, reason }) => [
          from?.toISOString(),
          until?.toISOString(),
          reason,
        ]),
        [['2026-11-03T10:00:05.000Z', '2026-11-03T10:00:09.000Z', 'never_read']],
      );
      assert.deepEqual(
        day.fetches.map(({ kind, rowsLate }) => [kind, rowsLate]),
        [
          ['rescan', 1],
          ['live', 0],
        ],
      );
      const hour = await ask<SpanAnswer>(db, 'coverage/span', {
        ...of,
        from: '2026-11-03T10:00:00Z',
        until: '2026-11-03T11:00:00Z',
      });
      assert.deepEqual(hour.cells, [
        { count: 4, seconds: { covered: 1 }, marks: [] },
        { count: 1, seconds: { covered: 1 }, marks: ['late'] },
        { count: 4, seconds: { gap: 1 }, marks: [] },
        { count: 3591, seconds: { covered: 1 }, marks: [] },
      ]);
      assert.deepEqual(
        hour.lateRows?.map(({ id, at }) => [id, at.toISOString()]),
        [['2', '2026-11-03T10:00:04.000Z']],
      );
    });
  });

  it('previews what reading a gap takes, of the chosen span alone', async () => {
    await withLedger(async (db) => {
      await register(db, 'acme');
      await cover(db, 'audit_logs', '2023-11-20T10:00:00Z', '2026-11-03T10:00:00Z');
      await cover(db, 'audit_logs', '2026-11-04T00:00:00Z', '2026-11-19T14:55:00Z');
      const of = { account: 'acme', stream: 'audit_logs', until: '2026-11-04T00:00:00Z' };
      const chosen = await ask<GapPreview>(db, 'coverage/cost', {
        ...of,
        from: '2026-11-03T12:00:00Z',
      });
      assert.deepEqual(
        chosen.spans.map(({ from, until }) => [from.toISOString(), until.toISOString()]),
        [['2026-11-03T12:00:00.000Z', '2026-11-04T00:00:00.000Z']],
      );
      assert.deepEqual([chosen.cost?.requests, chosen.cost?.minutes], [1, 1]);
      const none = await ask<GapPreview>(db, 'coverage/cost', {
        account: 'acme',
        stream: 'audit_logs',
        from: '2026-11-01T00:00:00Z',
        until: '2026-11-02T00:00:00Z',
      });
      assert.deepEqual(none, { spans: [], cost: null });
    });
  });

  it('shows a fetch that a process is on, and forgets one whose process has died', async () => {
    await withLedger(async (db) => {
      await register(db, 'acme');
      await cover(db, 'audit_logs', '2023-11-20T10:00:00Z', '2026-11-19T00:00:00Z');
      await db.query(
        `insert into zendesk_sync.fetches (account, stream, kind, span_from, span_until, page_size)
         values ('acme', 'audit_logs', 'repair', '2026-11-19T00:00:00Z', '2026-11-19T12:00:00Z', 100)`,
      );
      const seconds = async (): Promise<unknown> =>
        (await ask<Calendars>(db, 'coverage')).calendars
          .find(({ stream }) => stream === 'audit_logs')
          ?.days.at(-1)?.seconds;
      const settled = 15 * 3600 - 600;
      assert.deepEqual(await seconds(), { gap: settled, reading: 600 });
      await db.query(
        `insert into zendesk_sync.leases values ('acme', 'audit_logs', 'p1', 1, now() + interval '1 minute')`,
      );
      assert.deepEqual(await seconds(), { reading: 12 * 3600 + 600, gap: settled - 12 * 3600 });
    });
  });

  it('says which days are archived, dropped by policy, and held', async () => {
    await withLedger(async (db) => {
      await register(db, 'acme');
      await db.query(
        `update zendesk_sync.streams set horizon = '2026-08-01' where stream = 'audit_logs'`,
      );
      await cover(db, 'audit_logs', '2026-08-01T00:00:00Z', '2026-11-19T14:55:00Z');
      await db.query(
        `insert into zendesk_sync.archived_objects (account, stream, month, object, rows, first_at, last_at, bytes, manifest, checked_at, left_at)
         values ('acme', 'audit_logs', '2026-09-01', 'o1', 5, '2026-09-01T10:00:00Z', '2026-09-02T10:00:00Z', 9, '{}', now(), now()),
           ('acme', 'audit_logs', '2026-10-01', 'o2', 5, '2026-10-01T10:00:00Z', '2026-10-02T10:00:00Z', 9, '{}', now(), null)`,
      );
      await db.query(
        `insert into zendesk_sync.removals (account, removal, what, stream, removed_from, removed_until, rows, reason, done_by, salt)
         values ('acme', gen_random_uuid(), 'rows', 'audit_logs', '2026-08-01T00:00:00Z', '2026-09-01T00:00:00Z', 2667, '13 months', 'Ann', '')`,
      );
      await db.query(
        `insert into zendesk_sync.holds (account, name, act, stream, held_from, held_until, reason, done_by, salt)
         values ('acme', 'case 7', 'set', null, '2026-10-05T00:00:00Z', '2026-10-07T00:00:00Z', 'a claim', 'Ann', ''),
           ('acme', 'case 8', 'set', null, null, null, 'a claim', 'Ann', ''), ('acme', 'case 8', 'released', null, null, null, 'over', 'Ann', '')`,
      );
      const { calendars } = await ask<Calendars>(db, 'coverage', { account: 'acme' });
      const audit = calendars.find(({ stream }) => stream === 'audit_logs');
      const cells = audit?.days.flatMap(({ count, seconds, marks }) =>
        Array.from({ length: count }, () => [...Object.keys(seconds), ...marks].join(' ')),
      );
      const first = audit?.since?.getTime() ?? 0;
      const of = (month: number): readonly string[] => [
        ...new Set(
          (cells ?? []).filter(
            (_, place) => new Date(first + place * 86_400_000).getUTCMonth() === month - 1,
          ),
        ),
      ];
      assert.deepEqual(
        [8, 9, 10, 11].map((month) => of(month)),
        [['dropped'], ['archived'], ['covered', 'covered held'], ['covered', 'covered reading']],
      );
      const day = await ask<SpanAnswer>(db, 'coverage/span', {
        account: 'acme',
        stream: 'audit_logs',
        from: '2026-08-03T00:00:00Z',
        until: '2026-08-04T00:00:00Z',
      });
      assert.deepEqual(day.gaps, []);
      assert.match(
        day.removals.join(),
        /^The audit log from 2026-08-01 00:00 UTC to 2026-09-01 00:00 UTC was dropped by retention on .* UTC, 2,667 rows \(kept for 13 months\)\.$/,
      );
    });
  });

  it('answers for 50 accounts with three years of days in one go', async () => {
    await withLedger(async (db) => {
      await db.query(
        `insert into zendesk_sync.streams (account, stream, kind, retention_days, horizon)
         select 'a' || n, stream, kind, retention_days, horizon from generate_series(1, 50) as n
         cross join (values ('audit_logs', 'log', null, timestamptz '2023-11-20T10:00:00Z'), ('access_logs', 'log', 90, null), ('users', 'listing', null, null)) as s (stream, kind, retention_days, horizon)`,
      );
      // A second of each day is missing.
      await db.query(
        `insert into zendesk_sync.coverage
         select 'a' || n, stream, day, day + interval '23:59:59' from generate_series(1, 50) as n
         cross join (values ('audit_logs'), ('access_logs')) as s (stream)
         cross join generate_series(timestamptz '2023-11-21T00:00:00Z', '2026-11-18T00:00:00Z', interval '1 day') as day`,
      );
      const before = process.cpuUsage();
      const { calendars } = await ask<Calendars>(db, 'coverage');
      const { user, system } = process.cpuUsage(before);
      assert.equal(calendars.length, 100);
      assert.ok(calendars.every(({ days }) => days.length > 1 && days.length < 12));
      assert.ok((user + system) / 1e6 < 3, `${(user + system) / 1e6} s of work`);
    });
  });

  for (const [what, parameters, expected] of [
    ['no account', {}, 'The account is missing. Add account=…'],
    [
      'an unknown log',
      { account: 'acme', stream: 'users' },
      'The stream is unknown. Use audit_logs or access_logs.',
    ],
    [
      'times of another form',
      { account: 'acme', stream: 'audit_logs', from: 'yesterday', until: '2026-11-03' },
      'from and until must be moments such as 2026-11-03T00:00:00Z.',
    ],
    [
      'more than a day',
      {
        account: 'acme',
        stream: 'audit_logs',
        from: '2026-11-01T00:00:00Z',
        until: '2026-11-03T00:00:00Z',
      },
      'until must be later than from, by at most a day.',
    ],
    [
      'a log that is not followed',
      {
        account: 'acme',
        stream: accessLogs.name,
        from: '2026-11-01T00:00:00Z',
        until: '2026-11-01T01:00:00Z',
      },
      'Nothing of acme is pulled yet: no log access_logs.',
    ],
  ] as const)
    it(`refuses ${what}`, async () => {
      await withLedger(async (db) => {
        await assert.rejects(ask(db, 'coverage/span', parameters), { message: expected });
      });
    });
});
