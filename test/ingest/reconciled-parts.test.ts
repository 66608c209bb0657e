/** Which parts of a log a comparison with Zendesk reads, what stops it, and what it leaves in its record. */
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { addCoverage } from '../../src/ingest/coverage.ts';
import {
  reconcile,
  type Reconciliation,
  type ReconciliationTask,
} from '../../src/ingest/reconcile/reconciliation.ts';
import { createStreamWorker, registerStream } from '../../src/ingest/worker.ts';
import { fromSeconds, normalizeSpans, type Span, type Spans } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { startRawLogServer, type RawLogServer } from '../support/raw-log-server.ts';

const day = 86_400;
const now = Math.floor(Date.now() / 1000);
const key = { account, stream: 'audit_logs' };
/** The first second of a month, so many before this one. */
const monthsAgo = (count: number): number => {
  const date = new Date(now * 1000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - count, 1) / 1000;
};
const start = monthsAgo(1);

type Compared = Installation & {
  readonly server: RawLogServer;
  /** The spans that were asked for. */
  readonly asked: Span[];
  readonly compare: (task: Partial<ReconciliationTask>) => Promise<Reconciliation | undefined>;
  /** Answers requests in its own way: with records of another time, or as refused. */
  readonly spoil: (choose: (span: Span) => 'strays' | 'refused' | undefined) => void;
};

const strays = Array.from({ length: 6 }, (_, number) => ({
  id: number,
  created_at: '2020-01-01T00:00:00Z',
}));
const spoilt = (kind: 'strays' | 'refused', response: ServerResponse): true => {
  response.statusCode = kind === 'refused' ? 403 : 200;
  const refusal = { error: 'forbidden', description: 'You do not have access to this page' };
  const body = kind === 'refused' ? refusal : { audit_logs: strays, meta: { has_more: false } };
  response.end(JSON.stringify(body));
  return true;
};

/** Opens an empty audit log of which these spans are covered. */
async function withCovered(
  covered: Spans,
  work: (compared: Compared) => Promise<void>,
): Promise<void> {
  const server = await startRawLogServer();
  const asked: Span[] = [];
  const read = ({ url = '' }: IncomingMessage): Span => {
    const { searchParams } = new URL(url, server.origin);
    const audit = searchParams.getAll('filter[created_at][]');
    const bounds = [
      audit[0] ?? searchParams.get('filter[start]'),
      audit[1] ?? searchParams.get('filter[end]'),
    ];
    const [from = 0, to = 0] = bounds.map((moment) => Date.parse(moment ?? '') / 1000);
    // A second more on both sides is requested.
    const span = { from: from + 1, to: to - 1 };
    asked.push(span);
    return span;
  };
  server.answerOddly = (request) => (read(request), false);
  try {
    const options = { origin: server.origin, rescanAges: [], pageSizes: { audit_logs: 4 } };
    await withInstallation({}, options, async (installation) => {
      const { db, engine, worker } = installation;
      await registerStream(db, account, auditLogs);
      for (const span of covered) await db.transaction((tx) => addCoverage(tx, key, span));
      await work({
        ...installation,
        server,
        asked,
        compare: (task) =>
          reconcile(engine, worker('audit_logs'), {
            span: { from: 0, to: now },
            sample: undefined,
            report: () => {},
            signal: new AbortController().signal,
            ...task,
          }),
        spoil(choose) {
          server.answerOddly = (request, response) => {
            const kind = choose(read(request));
            return kind !== undefined && spoilt(kind, response);
          };
        },
      });
    });
  } finally {
    server.close();
  }
}

/** Has the ledger say that so many rows of the first day are stored. */
async function sayStored({ db, engine }: Installation, rows: number): Promise<void> {
  await engine.ensurePartitions(auditLogs.table, [start * 1000]);
  await db.query(
    `insert into zendesk_sync.stored_rows (account, stream, day, rows) values ($1, 'audit_logs', $2::timestamptz at time zone 'UTC', $3)`,
    [account, fromSeconds(start), rows],
  );
}

const recorded = ({ db }: Installation) =>
  db.query(
    `select outcome, comparable_seconds::integer as comparable, read_seconds::integer as read, error, ended_at is not null as ended
     from zendesk_sync.reconciliations order by id`,
  );

describe('the parts of a log that are compared', { concurrency: 2 }, () => {
  it('are covered, in the table, not lost, not dropped, and within the span that was asked for', async () => {
    const [first, archived, after] = [monthsAgo(4), monthsAgo(3), monthsAgo(2)];
    await withCovered([{ from: first, to: after + 10 * day }], async (compared) => {
      const { db, asked, compare } = compared;
      await db.query(
        `insert into zendesk_sync.archived_objects (account, stream, month, object, rows, first_at, last_at, bytes, manifest, checked_at, left_at)
         values ($1, 'audit_logs', $2::timestamptz at time zone 'UTC', 'o', 5, $2, $2, 9, '{}', now(), now())`,
        [account, fromSeconds(archived)],
      );
      await db.query(
        `insert into zendesk_sync.removals (account, removal, what, stream, removed_from, removed_until, rows, reason, done_by, salt)
         values ($1, gen_random_uuid(), 'rows', 'audit_logs', $2, $3, 7, '13 months', 'Ann', '')`,
        [account, fromSeconds(first), fromSeconds(first + 2 * day)],
      );
      await db.query(
        `insert into zendesk_sync.coverage_losses (account, stream, lost_from, lost_until, rows_until, rows, rows_left, code)
         values ($1, 'audit_logs', $2, $3, $3, 1, 0, 'rows_missing')`,
        [account, fromSeconds(after + day), fromSeconds(after + 2 * day)],
      );
      const span = { from: first + day, to: after + 9 * day };
      const result = await compare({ span });
      const expected = [
        { from: first + 2 * day, to: archived },
        { from: after, to: after + day },
        { from: after + 2 * day, to: after + 9 * day },
      ];
      assert.deepEqual(normalizeSpans(asked), expected);
      const seconds = expected.reduce((sum, { from, to }) => sum + to - from, 0);
      assert.deepEqual(result?.counts, {
        comparableSeconds: seconds,
        readSeconds: seconds,
        records: 0,
        missingHere: 0,
        missingThere: 0,
        different: 0,
        seenAgain: 0,
      });
      assert.deepEqual(await recorded(compared), [
        { outcome: 'equal', comparable: seconds, read: seconds, error: null, ended: true },
      ]);
    });
  });

  it('are still kept by Zendesk', async () => {
    await withCovered([], async ({ db, engine, asked }) => {
      await registerStream(db, account, accessLogs);
      const covered = { from: now - 100 * day, to: now - 80 * day };
      const access = { account, stream: 'access_logs' };
      await db.transaction((tx) => addCoverage(tx, access, covered));
      await reconcile(engine, createStreamWorker(engine, accessLogs), {
        span: { from: 0, to: now },
        sample: undefined,
        report: () => {},
        signal: new AbortController().signal,
      });
      const [read, ...others] = normalizeSpans(asked);
      assert.deepEqual([others, read?.to], [[], covered.to]);
      // Its clock continues.
      const kept = (read?.from ?? 0) - (now - 90 * day);
      assert.ok(kept >= 0 && kept < 600, String(kept));
    });
  });

  it('are read in pieces of about sixteen pages by the rows of the fullest day, the whole day where there are none', async () => {
    await withCovered([{ from: start, to: start + 8 * day }], async (compared) => {
      const { db, asked, compare } = compared;
      const lengths = () => asked.splice(0).map(({ from, to }) => to - from);
      await compare({});
      assert.deepEqual(lengths(), [day, 4 * day, 3 * day]);
      await sayStored(compared, 6000);
      // 16 pages of 4 rows of 6,000 a day are 921.6 seconds.
      await compare({ span: { from: start, to: start + 8000 } });
      assert.deepEqual(lengths(), [922, 3688, 3390]);
      await db.query('update zendesk_sync.stored_rows set rows = 1000000');
      await compare({ span: { from: start, to: start + 400 } });
      assert.deepEqual(lengths(), [60, 340]);
    });
  });
});

describe('a comparison in which something cannot be read', { concurrency: 2 }, () => {
  const thousand = { from: start, to: start + 1000 };
  const strayed = 'Zendesk returned records of audit_logs from another time range than requested';
  /** Makes pieces of 60 seconds at first. */
  const manyRows = (installation: Installation) => sayStored(installation, 1_000_000);

  it('leaves out the piece, and goes on unless three in a row fail', async () => {
    await withCovered([{ from: start, to: start + 3000 }], async (compared) => {
      await manyRows(compared);
      compared.spoil(({ from }) =>
        [0, 60, 420, 1380].includes(from - start) ? 'strays' : undefined,
      );
      const result = await compared.compare({});
      assert.deepEqual(
        result?.unread.map(({ from, to }) => [from - start, to - start]),
        [
          [0, 60],
          [60, 120],
          [420, 1380],
          [1380, 2340],
        ],
      );
      assert.equal(result?.counts.readSeconds, 60 + 240 + 660);
      assert.equal(result?.outcome, 'incomplete');
      for (const { reason } of result?.unread ?? []) assert.ok(reason.startsWith(strayed), reason);
    });
  });

  it('ends after three in a row, and names all that is left', async () => {
    await withCovered([thousand], async (compared) => {
      await manyRows(compared);
      compared.spoil(({ from }) => (from - start >= 60 ? 'strays' : undefined));
      const result = await compared.compare({});
      assert.deepEqual(
        result?.unread.map(({ from, to }) => [from - start, to - start]),
        [
          [60, 300],
          [300, 540],
          [540, 1000],
        ],
      );
      assert.equal(compared.asked.length, 4);
      const [{ error, ...row } = assert.fail()] = (await recorded(compared)) as { error: string }[];
      assert.ok(error.startsWith(strayed), error);
      assert.deepEqual(row, { outcome: 'incomplete', comparable: 1000, read: 60, ended: true });
    });
  });

  it('is noted piece by piece, and as stopped when a signal ends it', async () => {
    await withCovered([thousand], async (compared) => {
      await manyRows(compared);
      const { compare, asked, db } = compared;
      const stopping = new AbortController();
      const heard: unknown[] = [];
      const stopped = compare({
        signal: stopping.signal,
        report({ readSeconds, comparableSeconds, wantedSeconds }) {
          heard.push([readSeconds, comparableSeconds, wantedSeconds]);
          if (readSeconds === 300) stopping.abort();
        },
      });
      await assert.rejects(stopped);
      assert.deepEqual(heard, [
        [60, 1000, 1000],
        [300, 1000, 1000],
      ]);
      assert.equal(asked.length, 2);
      const [{ error, ...row } = assert.fail()] = (await recorded(compared)) as { error: string }[];
      assert.deepEqual(row, { outcome: 'stopped', comparable: 1000, read: 300, ended: true });
      assert.notEqual(error, null);

      await db.query('alter table zendesk_sync.archived_objects rename to elsewhere');
      await assert.rejects(compare({}));
      const [, failed] = (await recorded(compared)) as { outcome: string; error: string }[];
      assert.deepEqual([failed?.outcome, failed?.error === null], ['failed', false]);
    });
  });

  it('says why what it has found could not be stored, and how much was', async () => {
    await withCovered([thousand], async (compared) => {
      const record = (second: number) => {
        const time = fromSeconds(start + second).toISOString();
        const content = JSON.stringify({ id: second, created_at: time });
        return { second: start + second, content };
      };
      compared.server.records.audit_logs = [record(100), record(200), record(900), record(950)];
      // What was found is read again by the second.
      compared.spoil(({ from, to }) =>
        to - from < 1000 && from >= start + 900 ? 'strays' : undefined,
      );
      const result = await compared.compare({});
      const { error = '', ...stored } = result?.stored ?? {};
      assert.deepEqual(stored, { new: 2, changed: 0 });
      assert.ok(error.startsWith(strayed), error);
      assert.deepEqual(
        result?.missingHere.map(({ id, second }) => [id, second - start]),
        [
          ['100', 100],
          ['200', 200],
          ['900', 900],
          ['950', 950],
        ],
      );
      assert.equal(result?.counts.records, 4);
      assert.deepEqual(await recorded(compared), [
        { outcome: 'findings', comparable: 1000, read: 1000, error, ended: true },
      ]);
      assert.deepEqual(
        await compared.db.query('select id::integer as id from zendesk.audit_logs order by id'),
        [{ id: 100 }, { id: 200 }],
      );
    });
  });

  it('is made by one process of those for which it is due', async () => {
    await withCovered([thousand], async ({ compare, another, asked }) => {
      const task = { dueAt: fromSeconds(now) };
      assert.equal((await compare(task))?.outcome, 'equal');
      asked.length = 0;
      const other = another({ holder: 'other' });
      const again = await reconcile(other, createStreamWorker(other, auditLogs), {
        span: thousand,
        sample: undefined,
        report: () => {},
        signal: new AbortController().signal,
        ...task,
      });
      assert.deepEqual([again, asked], [undefined, []]);
    });
  });
});
