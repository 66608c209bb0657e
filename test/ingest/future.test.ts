/** Coverage that reaches into the future, by a clock that the test has. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addCoverage, addRescan, loadCoverage, loadRescans } from '../../src/ingest/coverage.ts';
import { openFetch } from '../../src/ingest/fetch.ts';
import { withdrawFuture, withdrawFutureRescans } from '../../src/ingest/future.ts';
import { storePage } from '../../src/ingest/page.ts';
import type { Pull } from '../../src/ingest/pull.ts';
import { createMemory } from '../../src/ingest/rows/returns.ts';
import { createTally } from '../../src/ingest/run.ts';
import { noteUncovered } from '../../src/ingest/uncovered.ts';
import type { Span } from '../../src/span.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { collectLog } from '../support/collected-log.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { takeLease } from '../support/ledger.ts';

const empty = { accessLogRowsPerDay: 0, auditLogRowsPerDay: 0, limits: false };
const key = { account, stream: 'access_logs' };
const day = 86_400;
const settleSeconds = 300;
/** Before the database's clock, so that fetches of the test have begun after it. */
const now = Date.parse('2026-11-19T12:00:00Z') / 1000;
const age = 3600;
const iso = (second: number): string => new Date(second * 1000).toISOString();

type Tried = Installation & {
  readonly pull: Pull;
  readonly log: ReturnType<typeof collectLog>;
  /** Stores a fetch without rows that covers a span and was asked at a moment. */
  readonly fetchAt: (askedAt: number, span: Span, covers?: boolean) => Promise<void>;
};

async function withPull(work: (tried: Tried) => Promise<void>): Promise<void> {
  await withInstallation(empty, {}, async (installation) => {
    const lease = await takeLease(installation.db, accessLogs);
    const log = collectLog();
    const moment = { earliest: now, likely: now, latest: now };
    const engine = {
      ...installation.engine,
      log,
      settings: { ...installation.engine.settings, settleSeconds },
      clocks: { ...installation.engine.clocks, now: () => moment },
    };
    const { signal } = new AbortController();
    const memory = createMemory(accessLogs.table.time);
    const pull = { engine, stream: accessLogs, lease, tally: createTally(), ...memory, signal };
    const fetchAt = async (askedAt: number, span: Span, covers = true): Promise<void> => {
      const kind = { kind: 'live', span, pageSize: 100 } as const;
      const { fetch } = await openFetch(installation.db, lease, kind);
      await storePage(engine, lease, accessLogs, {
        fetch,
        rows: [],
        pageSize: 100,
        askedAt,
        covered: [],
        end: { kind: 'complete', coverage: covers ? [span] : [], rescans: [] },
      });
    };
    await work({ ...installation, pull, log, fetchAt });
  });
}

describe('coverage', () => {
  it('may be five seconds ahead, and is left as it is', async () => {
    await withPull(async ({ db, pull, log }) => {
      assert.deepEqual(await withdrawFuture(pull, []), []);
      const coverage = [{ from: now - day, to: now + 5 }];
      await addCoverage(db, key, coverage[0] ?? { from: 0, to: 0 });
      assert.deepEqual(await withdrawFuture(pull, coverage), coverage);
      assert.deepEqual([await loadCoverage(db, key), log.lines()], [coverage, []]);
    });
  });

  it('in the future is withdrawn as far as the fetches do not prove it, with a warning, and sealed', async () => {
    await withPull(async ({ db, pull, log, fetchAt }) => {
      const proved = now - 2 * 3600;
      await fetchAt(proved, { from: now - 9 * day, to: proved - settleSeconds });
      const old = { from: now - 20 * day, to: now - 10 * day };
      const ahead = { from: now - 9 * day, to: now + 6 };
      for (const span of [old, ahead]) await addCoverage(db, key, span);
      const left = [old, { from: ahead.from, to: proved - settleSeconds }];
      assert.deepEqual(await withdrawFuture(pull, await loadCoverage(db, key)), left);
      assert.deepEqual(await loadCoverage(db, key), left);
      assert.deepEqual(log.lines(), [
        {
          level: 'warn',
          ...key,
          from: iso(proved - settleSeconds),
          until: iso(now + 6),
          msg: 'coverage in the future was withdrawn; the time from then to now is read again',
        },
      ]);
      const noted = await db.query<{ manifest: string }>(
        `select manifest from zendesk_evidence.pending where manifest::jsonb ->> 'kind' = 'uncovered'`,
      );
      assert.deepEqual(
        noted.map(({ manifest }) => (JSON.parse(manifest) as { spans: unknown }).spans),
        [[{ span: [proved - settleSeconds, now + 6], reason: 'in_future', rows: 0 }]],
      );
    });
  });

  it('that no fetch proves is withdrawn whole', async () => {
    await withPull(async ({ db, pull, log }) => {
      await addCoverage(db, key, { from: now - day, to: now + day });
      assert.deepEqual(await withdrawFuture(pull, await loadCoverage(db, key)), []);
      assert.deepEqual(
        log.lines().map(({ from }) => from),
        ['1970-01-01T00:00:00.000Z'],
      );
    });
  });
});

describe('a rescan', () => {
  it('of time that has not reached its age is withdrawn, of the others nothing', async () => {
    await withPull(async ({ db, pull, log, fetchAt }) => {
      const proved = now - 2 * 3600;
      await fetchAt(proved, { from: now - 9 * day, to: proved });
      const from = now - 9 * day;
      await addRescan(db, key, age, { from, to: now - age + 6 });
      await addRescan(db, key, day, { from, to: now - day + 5 });
      await addRescan(db, key, 2 * day, { from: from - day, to: from });
      const rescans = await loadRescans(db, key);
      const after = await withdrawFutureRescans(pull, rescans);
      const whole = new Map([
        [age, [{ from, to: proved - age }]],
        [day, [{ from, to: now - day + 5 }]],
        [2 * day, [{ from: from - day, to: from }]],
      ]);
      assert.deepEqual(after, whole);
      assert.deepEqual(await loadRescans(db, key), whole);
      assert.deepEqual(log.lines(), [
        {
          level: 'warn',
          ...key,
          ages: [age],
          msg: 'spans that counted as read again, at an age that they have not reached yet, will be read again',
        },
      ]);
      assert.equal(await withdrawFutureRescans(pull, whole), whole);
      const unread = new Map([[age, []]]);
      assert.equal(await withdrawFutureRescans(pull, unread), unread);
      assert.equal(log.lines().length, 1);
    });
  });
});

describe('what no longer counts as covered', () => {
  it('is noted for the sealed log, at most 500 spans in an entry', async () => {
    await withPull(async ({ db }) => {
      const count = async (spans: number): Promise<unknown> => {
        await db.query('delete from zendesk_evidence.pending');
        await db.transaction((tx) =>
          noteUncovered(
            tx,
            key,
            Array.from({ length: spans }, (_, at) => ({
              span: [at, at + 1] as const,
              reason: 'in_future' as const,
              rows: 0,
            })),
          ),
        );
        const rows = await db.query<{ manifest: string }>(
          'select manifest from zendesk_evidence.pending order by id',
        );
        return rows.map(({ manifest }) => {
          const entry = JSON.parse(manifest) as { kind: string; spans: { span: number[] }[] };
          return [entry.kind, entry.spans.length, entry.spans[0]?.span[0]];
        });
      };
      assert.deepEqual(await count(0), []);
      assert.deepEqual(await count(500), [['uncovered', 500, 0]]);
      assert.deepEqual(await count(501), [
        ['uncovered', 500, 0],
        ['uncovered', 1, 500],
      ]);
    });
  });
});
