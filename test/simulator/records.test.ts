import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  ask,
  idsOf,
  minutesAgo,
  NOW,
  walk,
  withSimulator,
  type Json,
} from './simulated-account.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

const AUDIT = '/api/v2/audit_logs';
const ACCESS = '/api/v2/access_logs';
const DAY_MS = 86_400_000;
const END = new Date(NOW + 1000);

function lastDays(
  simulator: Simulator,
  stream: 'audit_logs' | 'access_logs',
  days: number,
): Json[] {
  return [...simulator.records(stream, new Date(NOW - days * DAY_MS), END)];
}

describe('the data', () => {
  it('is the same for the same seed, and another for another', async () => {
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
    assert.deepEqual(await tell(7), first);
    assert.notDeepEqual(await tell(8), first);
  });

  it('keeps its cursors good over a restart', async () => {
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
    assert.deepEqual(pages[1], pages[0]);
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

  it('has as many rows a day as asked, few at night and on weekends', async () => {
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
        const began = performance.now();
        const { json } = await ask(simulator, ACCESS, [
          ['page[size]', 2500],
          ['filter[start]', minutesAgo(45 * 1440)],
        ]);
        assert.equal(json.access_logs.length, 2500);
        assert.ok(performance.now() - began < 1000);
      },
    );
  });
});

describe('audit log records', () => {
  it('have ids of 14 digits that grow with time, but not in the order of created_at', async () => {
    await withSimulator({ auditLogRowsPerDay: 2000 }, async (simulator) => {
      const rows = lastDays(simulator, 'audit_logs', 5);
      const ids = idsOf(rows).map(Number);
      assert.ok(ids.every((id) => String(id).length === 14));
      assert.equal(new Set(ids).size, ids.length);
      assert.notDeepEqual(
        ids,
        ids.toSorted((a, b) => a - b),
      );
      const [first = 0, last = 0] = [ids[0], ids.at(-1)];
      assert.ok(last - first > 4 * 1440 * 19_000_000);
    });
  });

  it('tell what the help desk lives through: sign-ins, roles, settings, tokens, rules, apps, deletions, suspensions, exports', async () => {
    await withSimulator({ auditLogRowsPerDay: 2000 }, async (simulator) => {
      const rows = lastDays(simulator, 'audit_logs', 14);
      const some = (name: string, pattern: RegExp): void =>
        assert.ok(
          rows.some((row) => pattern.test(String(row[name]))),
          `${name} ${String(pattern)}`,
        );
      some('change_description', /^Successful sign-in using Zendesk password from https:/);
      some('change_description', /^Guide role changed from not set to Admin\nExplore role/);
      some('change_description', /\\nExplore role/);
      some('change_description', /&amp;gt;/);
      some('change_description', /^Owner changed from /);
      some('change_description', /\{\{ticket\./);
      for (const label of [
        /^Suspension state: /,
        /^API token/,
        /^Zendesk API: Active API tokens$/,
        /^Trigger: /,
        /^Organization: /,
        /^Require Two Factor$/,
      ])
        some('source_label', label);
      const types = new Set(rows.map((row) => row['source_type']));
      for (const type of [
        'user',
        'user_setting',
        'account',
        'account_setting',
        'rule',
        'ticket',
        'organization',
        'apitoken',
        'api_token',
        'zendesk/app_market/app',
        'zendesk/business_hours/workweek',
      ])
        assert.ok(types.has(type), type);
      assert.deepEqual(
        new Set(rows.map((row) => row['action'])),
        new Set(['create', 'destroy', 'exported', 'login', 'update']),
      );
      some('ip_address', /^2001:db8:/);
    });
  });

  it('come back without personal data after the erasure, under the same id', async () => {
    await withSimulator({ auditLogRowsPerDay: 2000 }, async (plain) => {
      const rows = lastDays(plain, 'audit_logs', 3);
      const own = rows.find((row) => row['action'] === 'login');
      const userId = Number(own?.['actor_id']);
      const erasure = { after: new Date(NOW + 1000), userId };
      await withSimulator({ auditLogRowsPerDay: 2000, erasure }, async (simulator) => {
        assert.deepEqual(lastDays(simulator, 'audit_logs', 3), rows);
        simulator.freezeClock(NOW + 1000);
        const erased = lastDays(simulator, 'audit_logs', 3).find(
          (row) => row['id'] === own?.['id'],
        );
        assert.deepEqual(erased, {
          ...own,
          actor_name: String(userId),
          ip_address: null,
          source_label: `Team member: ${userId}`,
        });
        const shown = await ask<Json>(simulator, `${AUDIT}/${String(own?.['id'])}`);
        assert.deepEqual(shown.json, { audit_log: erased });
        const others = (list: Json[]): Json[] =>
          list.filter((row) => row['actor_id'] !== userId && row['source_id'] !== userId);
        assert.deepEqual(others(lastDays(simulator, 'audit_logs', 3)), others(rows));
      });
    });
  });

  it('lose the data of the first deleted team member when the erasure names nobody', async () => {
    await withSimulator(
      { erasure: { after: '2026-01-01T00:00:00Z' }, auditLogDays: 1800 },
      async (simulator) => {
        const first = simulator.users().find((user) => !user.active);
        const span = [
          new Date(Date.parse(first?.created_at ?? '')),
          new Date(Date.parse(first?.updated_at ?? '')),
        ] as const;
        for (const row of simulator.records('audit_logs', ...span))
          if (row['actor_id'] === first?.id) assert.equal(row['actor_name'], String(first?.id));
      },
    );
  });
});

describe('access log records', () => {
  it('tell of tickets by REST and GraphQL, searches, lists, exports, admin pages, and the integration that reads the logs', async () => {
    await withSimulator({ accessLogRowsPerDay: 20_000, agents: 60 }, async (simulator) => {
      const rows = lastDays(simulator, 'access_logs', 3);
      const some = (name: string, pattern: RegExp): Json => {
        const found = rows.find((row) => pattern.test(String(row[name])));
        assert.ok(found, `${name} ${String(pattern)}`);
        return found;
      };
      for (const url of [
        /^\/api\/v2\/tickets\/\d+\?\[\.\.\.\]$/,
        /^\/api\/v2\/tickets\/\d\?/,
        /^\/api\/v2\/users\/\d+\/\{\.\.\.\}$/,
        /^\/api\/v2\/tickets\/show_many\?ids=\d+,/,
        /show_many\.json\?ids=\d+%2C/,
        /^\/api\/v2\/search\/incremental\?\{\.\.\.\}&query="order 88213"$/,
        /query=credit%20card$/,
        /^\/api\/v2\/views\/\d+\/execute/,
        /^\/api\/v2\/views\/\d+\/export$/,
        /^\/api\/v2\/incremental\/tickets\/cursor/,
        /^\/admin\/api\/private\/team_members/,
        /^\/api\/v2\/access_logs/,
        /^\/api\/services\/access_logs$/,
      ])
        some('url', url);
      const statuses = new Set(rows.map((row) => row['status']));
      for (const status of [200, 304, 403, 404]) assert.ok(statuses.has(status), `${status}`);
      assert.deepEqual(
        new Set(rows.map((row) => row['authorization_type'])),
        new Set(['session', 'bearer', 'basic', undefined]),
      );
      assert.equal(some('url', /^\/api\/v2\/audit_logs/)['authorization_type'], 'bearer');
      some('ip_address', /^2001:db8:/);
      const graphql = rows
        .filter((row) => row['url'] === '/graphql')
        .map((row) => row['graphql'] as Json);
      const ticket = graphql.find((query) => query['operation_name'] === 'ticket');
      assert.deepEqual(Object.keys(JSON.parse(String(ticket?.['variables']))), [
        'id',
        'includeSkills',
      ]);
      assert.match(String(ticket?.['query']), /\.\.\.$/);
    });
  });

  it('were written by people who have left since, as the audit log was', async () => {
    await withSimulator({ accessLogDays: 90, accessLogRowsPerDay: 2000 }, async (simulator) => {
      const gone = new Set<unknown>(
        simulator.users().flatMap((user) => (user.active ? [] : [user.id])),
      );
      assert.ok(lastDays(simulator, 'access_logs', 90).some((row) => gone.has(row['user_id'])));
      assert.ok(lastDays(simulator, 'audit_logs', 365).some((row) => gone.has(row['actor_id'])));
    });
  });
});

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
          const time = (row: Json): unknown => row['created_at'] ?? row['timestamp'];
          assert.equal(truth.filter((row) => time(row) === minutesAgo(10)).length, burst.count);
          assert.ok(truth.length > burst.count + 10);
          const sort = stream === 'audit_logs' ? ([['sort', 'created_at']] as const) : [];
          const up = await walk(simulator, path, [['page[size]', size], ...around, ...sort]);
          assert.deepEqual(
            up.flatMap((page) => page[stream]),
            truth,
          );
          const down = await walk(simulator, path, [
            ['page[size]', size],
            ...around,
            ['sort', '-created_at'],
          ]);
          assert.deepEqual(
            down.flatMap((page) => page[stream]),
            truth.toReversed(),
          );
          const keys = truth.map((row) => `${String(time(row))} ${String(row['id'])}`);
          assert.deepEqual(keys, keys.toSorted());
          assert.equal(new Set(idsOf(truth)).size, truth.length);
        },
      );
    });
  });

  describe(`late rows in ${stream}`, () => {
    it('become visible after their delay, behind rows that were there before', async () => {
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
          assert.deepEqual(await read(), shown);
          simulator.freezeClock(NOW + 240_000);
          assert.deepEqual(await read(), all);
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
    it('are a few, valid JSON, and off unless asked for', async () => {
      const settings = { auditLogRowsPerDay: 5000, accessLogRowsPerDay: 5000 };
      let plain: Json[] = [];
      await withSimulator(settings, async (simulator) => {
        plain = lastDays(simulator, stream, 7);
      });
      await withSimulator({ ...settings, oddities: true }, async (simulator) => {
        const odd = lastDays(simulator, stream, 7);
        assert.deepEqual(idsOf(odd), idsOf(plain));
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
