import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  assertSameList,
  ask,
  lastDays,
  minutesAgo,
  NOW,
  withSimulator,
  type Json,
} from './simulated-account.ts';

const AUDIT = '/api/v2/audit_logs';
const ACCESS = '/api/v2/access_logs';

describe('the data of the simulator', () => {
  it('is the same for the same seed, and different for another', async () => {
    const tell = async (seed: number): Promise<unknown[]> => {
      let told: unknown[] = [];
      await withSimulator({ seed }, async (simulator) => {
        told = [
          lastDays(simulator, 'audit_logs', 2),
          lastDays(simulator, 'access_logs', 0.2),
          simulator.users(),
        ];
      });
      return told;
    };
    const first = await tell(7);
    assertSameList(await tell(7), first);
    assert.notDeepEqual(await tell(8), first);
  });

  it('lets cursors stay valid after a restart', async () => {
    const cursors: string[] = [];
    const pages: Json[][] = [];
    for (let run = 0; run < 2; run++) {
      await withSimulator({}, async (simulator) => {
        const after =
          run === 0
            ? (await ask(simulator, ACCESS, [['page[size]', 10]])).json.meta.after_cursor
            : cursors[0];
        cursors.push(after ?? '');
        pages.push(
          (
            await ask(simulator, ACCESS, [
              ['page[size]', 10],
              ['page[after]', after ?? ''],
            ])
          ).json.access_logs,
        );
      });
    }
    assert.equal(pages[0]?.length, 10);
    assertSameList(pages[1] ?? [], pages[0] ?? []);
  });

  it('appears as time passes', async () => {
    await withSimulator(
      { auditLogRowsPerDay: 5000, accessLogRowsPerDay: 5000 },
      async (simulator) => {
        for (const [stream, path] of [
          ['audit_logs', AUDIT],
          ['access_logs', ACCESS],
        ] as const) {
          simulator.freezeClock(NOW);
          const newest = async (): Promise<unknown> =>
            (
              await ask(simulator, path, [
                ['page[size]', 1],
                ['sort', '-created_at'],
              ])
            ).json[stream][0]?.['id'];
          const before = await newest();
          simulator.freezeClock(NOW + 600_000);
          const fresh = [...simulator.records(stream, new Date(NOW), new Date(NOW + 600_000))];
          assert.ok(fresh.length > 10);
          assert.equal(await newest(), fresh.at(-1)?.['id']);
          assert.notEqual(await newest(), before);
        }
      },
    );
  });

  it('has the requested number of rows a day, few at night and on weekends', async () => {
    await withSimulator(
      { accessLogRowsPerDay: 4000, auditLogRowsPerDay: 800 },
      async (simulator) => {
        const access = lastDays(simulator, 'access_logs', 14);
        const audit = lastDays(simulator, 'audit_logs', 14);
        assert.ok(Math.abs(access.length / 14 - 4000) < 400, `${access.length / 14}`);
        assert.ok(Math.abs(audit.length / 14 - 800) < 80, `${audit.length / 14}`);
        const on = (day: string): number =>
          access.filter((row) => String(row['timestamp']).startsWith(day)).length;
        assert.ok(on('2026-11-18') > 3 * on('2026-11-15'), 'a Wednesday and a Sunday');
        const at = (hour: string): number =>
          access.filter((row) => String(row['timestamp']).slice(11, 13) === hour).length;
        assert.ok(at('15') > 1.5 * at('03'));
      },
    );
  });

  it('has additional live rows from the anchor on when requested, at any hour', async () => {
    const anchor = new Date('2026-11-15T03:00:00Z');
    await withSimulator(
      { accessLogRowsPerDay: 0, accessLogLiveRowsPerMinute: 30, anchor },
      async (simulator) => {
        simulator.freezeClock(anchor.getTime() + 600_000);
        const before = [...simulator.records('access_logs', new Date(0), anchor)];
        const after = [...simulator.records('access_logs', anchor, new Date(simulator.now()))];
        assert.deepEqual(before, []);
        assert.ok(Math.abs(after.length - 300) < 150, `${after.length} rows in ten minutes`);
      },
    );
  });

  it('can be empty', async () => {
    await withSimulator({ accessLogRowsPerDay: 0, auditLogRowsPerDay: 0 }, async (simulator) => {
      assert.deepEqual((await ask(simulator, AUDIT, [['page[size]', 5]])).json.audit_logs, []);
      const { json } = await ask(simulator, ACCESS);
      assert.deepEqual(json.access_logs, []);
      assert.deepEqual(json.links, { next: null, prev: null });
    });
  });

  it('gives a page from the middle of 130 million rows as fast as any other', async () => {
    await withSimulator(
      { agents: 500, accessLogDays: 90, accessLogRowsPerDay: 1_500_000 },
      async (simulator) => {
        const before = process.cpuUsage();
        const { json } = await ask(simulator, ACCESS, [
          ['page[size]', 2500],
          ['filter[start]', minutesAgo(45 * 1440)],
        ]);
        assert.equal(json.access_logs.length, 2500);
        const { user, system } = process.cpuUsage(before);
        assert.ok(user + system < 1_000_000, `${user + system} µs of processor time`);
      },
    );
  });
});
