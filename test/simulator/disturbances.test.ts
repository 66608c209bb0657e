import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  assertSameList,
  idsOf,
  lastDays,
  minutesAgo,
  NOW,
  walk,
  withSimulator,
  type Json,
} from './simulated-account.ts';

const AUDIT = '/api/v2/audit_logs';
const ACCESS = '/api/v2/access_logs';

function timeOf(row: Json): unknown {
  return row['created_at'] ?? row['timestamp'];
}

for (const [stream, path, size] of [
  ['audit_logs', AUDIT, 100],
  ['access_logs', ACCESS, 2500],
] as const) {
  describe(`a burst in ${stream}`, () => {
    const at = new Date(NOW - 600_000);
    const around = [
      ['filter[start]', minutesAgo(12)],
      ['filter[end]', minutesAgo(8)],
      ['filter[created_at][]', minutesAgo(12)],
      ['filter[created_at][]', minutesAgo(8)],
    ] as const;

    it('puts more rows into one second than a page holds, and every walk finds them all', async () => {
      const burst = { stream, at: at.toISOString(), count: 2 * size + 61 };
      await withSimulator(
        { burst, auditLogRowsPerDay: 5000, accessLogRowsPerDay: 50_000 },
        async (simulator) => {
          const truth = [
            ...simulator.records(stream, new Date(NOW - 720_000), new Date(NOW - 479_000)),
          ];
          assert.equal(truth.filter((row) => timeOf(row) === minutesAgo(10)).length, burst.count);
          assert.ok(truth.length > burst.count + 10);
          const sort = stream === 'audit_logs' ? ([['sort', 'created_at']] as const) : [];
          const up = await walk(simulator, path, [['page[size]', size], ...around, ...sort]);
          assertSameList(
            up.flatMap((page) => page[stream]),
            truth,
          );
          const down = await walk(simulator, path, [
            ['page[size]', size],
            ...around,
            ['sort', '-created_at'],
          ]);
          assertSameList(
            down.flatMap((page) => page[stream]),
            truth.toReversed(),
          );
          const keys = truth.map((row) => `${String(timeOf(row))} ${String(row['id'])}`);
          assertSameList(keys, keys.toSorted());
          assert.equal(new Set(idsOf(truth)).size, truth.length);
        },
      );
    });
  });

  describe(`late rows in ${stream}`, () => {
    it('become visible after their delay, after rows that were there before', async () => {
      const late = { share: 0.3, delaySeconds: 240 };
      await withSimulator(
        { late, auditLogRowsPerDay: 20_000, accessLogRowsPerDay: 20_000 },
        async (simulator) => {
          const from = new Date(NOW - 120_000);
          const all = [
            ...simulator.records(stream, from, new Date(NOW), { includeInvisible: true }),
          ];
          const shown = [...simulator.records(stream, from, new Date(NOW))];
          const share = 1 - shown.length / all.length;
          assert.ok(share > 0.15 && share < 0.45, `${share}`);
          const window = [
            ['page[size]', 100],
            ['filter[start]', minutesAgo(2)],
            ['filter[end]', '2026-11-19T14:59:59Z'],
            ['filter[created_at][]', minutesAgo(2)],
            ['filter[created_at][]', '2026-11-19T14:59:59Z'],
            ...(stream === 'audit_logs' ? [['sort', 'created_at'] as const] : []),
          ] as const;
          const read = async (): Promise<Json[]> =>
            (await walk(simulator, path, window)).flatMap((page) => page[stream]);
          assertSameList(await read(), shown);
          simulator.freezeClock(NOW + 240_000);
          assertSameList(await read(), all);
          const seen = new Set(idsOf(shown));
          const firstLate = all.findIndex((row) => !seen.has(row['id']));
          assert.ok(
            all.slice(firstLate).some((row) => seen.has(row['id'])),
            'later rows were visible first',
          );
        },
      );
    });
  });

  describe(`oddities in ${stream}`, () => {
    it('are few, valid JSON, and off by default', async () => {
      const settings = { auditLogRowsPerDay: 5000, accessLogRowsPerDay: 5000 };
      let plain: Json[] = [];
      await withSimulator(settings, async (simulator) => {
        plain = lastDays(simulator, stream, 7);
      });
      await withSimulator({ ...settings, oddities: true }, async (simulator) => {
        const odd = lastDays(simulator, stream, 7);
        assertSameList(idsOf(odd), idsOf(plain));
        const changed = odd.filter((row, i) => JSON.stringify(row) !== JSON.stringify(plain[i]));
        assert.ok(
          changed.length > 20 && changed.length < odd.length / 50,
          `${changed.length} of ${odd.length}`,
        );
        const text = changed.map((row) => JSON.stringify(row)).join('\n');
        const signs =
          stream === 'audit_logs'
            ? [
                '\\u0000',
                '"ip_address":""',
                '"ip_address":"n/a"',
                '"session_id"',
                '"actor_id":null',
                '"actor_id":"',
              ]
            : [
                '\\u0000',
                '"ip_address":""',
                '"status":"OK"',
                '"user_id":"',
                '"user_id":null',
                '"device_id"',
              ];
        for (const sign of signs) assert.ok(text.includes(sign), sign);
      });
    });
  });
}
