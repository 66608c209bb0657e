/** The days that pages mark for the rollups, and the spans that they leave for the rules. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { listStale, markAtOnce, markStaleDays, nameDay } from '../../src/ingest/stale-days.ts';
import { nothingWritten } from '../../src/ingest/rows/written.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { withLedger } from '../support/ledger.ts';

const rowsAt = (...times: readonly string[]): readonly { readonly timeMs: number }[] =>
  times.map((time) => ({ timeMs: Date.parse(time) }));

const rows = rowsAt(
  '2026-11-19T10:00:00Z',
  '2026-11-19T08:00:00.250Z',
  '2026-11-19T12:00:00.750Z',
  '2026-11-18T23:59:59.999Z',
  '2026-11-19T09:00:00Z',
);

async function load(db: Database): Promise<unknown> {
  return {
    days: (
      await db.query<{ day: string }>('select day::text from zendesk_sync.stale_days order by 1')
    ).map(({ day }) => day),
    spans: (
      await db.query<{ from: Date; until: Date }>(
        'select from_at as from, until_at as until from zendesk_sync.unexamined order by from_at',
      )
    ).map(({ from, until }) => [from.toISOString(), until.toISOString()]),
  };
}

const days = ['2026-11-18', '2026-11-19'];
const spans = [
  ['2026-11-18T23:59:59.999Z', '2026-11-19T00:00:00.000Z'],
  ['2026-11-19T08:00:00.250Z', '2026-11-19T12:00:00.751Z'],
];

describe('the days of a page', () => {
  it('are marked once, with the span of their rows for the rules', async () => {
    await withLedger(async (db) => {
      const mark = (
        log: Parameters<typeof markStaleDays>[2],
        of: typeof rows,
        account = 'acme',
      ): Promise<void> => db.transaction((tx) => markStaleDays(tx, account, log, of));
      await mark(accessLogs, []);
      await mark({ ...accessLogs, rollups: [] }, rows);
      assert.deepEqual(await load(db), { days: [], spans: [] });
      const { findings: _, ...unexamined } = accessLogs;
      await mark(unexamined, rows);
      assert.deepEqual(await load(db), { days, spans: [] });
      await mark(accessLogs, rows);
      assert.deepEqual(await load(db), { days, spans });
    });
  });

  it('are marked by the statement of a page in the same way', async () => {
    await withLedger(async (db) => {
      assert.equal(markAtOnce('acme', accessLogs, []), undefined);
      assert.equal(markAtOnce('acme', { ...accessLogs, rollups: [] }, rows), undefined);
      const statement = markAtOnce('acme', accessLogs, rows);
      assert.ok(statement !== undefined);
      await db.query(statement.text, [...(statement.values ?? [])]);
      assert.deepEqual(await load(db), { days, spans });
    });
  });
});

describe('what makes days stale', () => {
  const counts = { new: 0, changed: 0, late: 0 };
  const [first, second] = rows.map(({ timeMs }) => timeMs);
  const gone = [{ timeMs: first }, { timeMs: second }];

  it('is nothing if all rows were there, and otherwise all rows of the page', () => {
    assert.deepEqual(listStale(rows, nothingWritten), []);
    for (const some of [{ new: 1 }, { changed: 1 }])
      assert.equal(listStale(rows, { ...nothingWritten, counts: { ...counts, ...some } }), rows);
  });

  it('is also where rows were before they moved or were dropped', () => {
    const left = { ...nothingWritten, leftTimesMs: [first ?? 0], droppedTimesMs: [second ?? 0] };
    assert.deepEqual(listStale(rows, left), [...rows, ...gone]);
    assert.deepEqual(listStale(rows, { ...left, droppedTimesMs: [] }), [...rows, gone[0]]);
  });

  it('has the date of a day as its name', () => {
    assert.deepEqual(
      [nameDay(0), nameDay(-1), nameDay(20_000)],
      ['1970-01-01', '1969-12-31', '2024-10-04'],
    );
  });
});
