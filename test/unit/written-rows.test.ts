import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { joinWritten, nothingWritten } from '../../src/ingest/rows/written.ts';
import { ascends, countLate } from '../../src/ingest/rows/unstored.ts';
import { countByDay } from '../../src/ingest/stored-rows.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';

describe('rows that were written in parts', () => {
  it('are added up, each kind separately', () => {
    const row = { id: '01A', timeMs: 1, row: {}, derived: [] };
    const hashed = { root: Buffer.alloc(32), tags: Buffer.alloc(1) };
    const first = {
      counts: { new: 1, changed: 2, late: 3 },
      newTimesMs: [1],
      leftTimesMs: [2],
      droppedTimesMs: [3],
      standing: [row],
      hashed,
    };
    const second = {
      counts: { new: 10, changed: 20, late: 30 },
      newTimesMs: [4, 5],
      leftTimesMs: [],
      droppedTimesMs: [6],
      standing: [row],
      hashed: undefined,
    };
    assert.deepEqual(joinWritten([first, second]), {
      counts: { new: 11, changed: 22, late: 33 },
      newTimesMs: [1, 4, 5],
      leftTimesMs: [2],
      droppedTimesMs: [3, 6],
      standing: [row, row],
      hashed: undefined,
    });
    assert.deepEqual(joinWritten([]), nothingWritten);
    assert.deepEqual(joinWritten([nothingWritten, first]), first);
    const unknown = { ...second, standing: undefined };
    const withUnknown = joinWritten([first, unknown]);
    assert.equal(withUnknown.standing, undefined);
    assert.equal(withUnknown.hashed, undefined);
  });

  it('are counted by the day, UTC, in which they are and were', () => {
    const at = (text: string): number => Date.parse(text);
    assert.deepEqual(
      countByDay(
        [
          at('2026-11-19T00:00:00Z'),
          at('2026-11-19T23:59:59.999Z'),
          at('2026-11-20T00:00:00Z'),
          at('1969-12-31T23:00:00Z'),
        ],
        [at('2026-11-20T12:00:00Z'), at('2026-11-18T12:00:00Z'), at('2026-11-18T13:00:00Z')],
      ),
      { days: ['2026-11-19', '1969-12-31', '2026-11-18'], rows: [2, 1, -2] },
    );
    assert.deepEqual(countByDay([], []), { days: [], rows: [] });
  });
});

describe('rows of which none is stored', () => {
  const row = (id: string, timestamp: string) => ({
    id,
    timeMs: Date.parse(timestamp),
    row: { timestamp, created_at: timestamp },
    derived: [],
  });

  it('ascend by the whole time, then by the id in the order of the table', () => {
    const [early, late] = ['2026-11-19T10:00:00.0001Z', '2026-11-19T10:00:00.0002Z'];
    const ascending = (...rows: readonly (readonly [string, string])[]): readonly boolean[] =>
      [accessLogs, auditLogs].map(({ table }) =>
        ascends(
          rows.map(([id, time]) => row(id, time)),
          table,
        ),
      );
    assert.deepEqual(ascending(), [true, true]);
    assert.deepEqual(ascending(['2', early], ['1', late]), [true, true]);
    assert.deepEqual(ascending(['1', late], ['2', early]), [false, false]);
    assert.deepEqual(ascending(['1', early], ['2', early]), [true, true]);
    assert.deepEqual(ascending(['2', early], ['1', early]), [false, false]);
    assert.deepEqual(ascending(['2', early], ['10', early]), [false, true]);
    assert.deepEqual(ascending(['1', early], ['1', early]), [false, false]);
    assert.deepEqual(ascending(['1', '2026-11-19T10:00:01Z'], ['2', late]), [false, false]);
  });

  it('are late within any covered span, whose end does not belong to it', () => {
    const times = [9_999, 10_000, 19_999, 20_000, 30_000].map((timeMs) => ({ timeMs }));
    assert.equal(countLate(times, []), 0);
    const covered = [
      { from: 10, to: 20 },
      { from: 30, to: 40 },
    ];
    assert.equal(countLate(times, covered), 3);
  });
});
