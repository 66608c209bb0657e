import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { formatSecond } from '../../src/simulator/clock.ts';
import { createSupportPaging } from '../../src/simulator/http/paging.ts';
import { openLog, type SimulatedLog } from '../../src/simulator/logs/log.ts';
import { LOGS } from '../../src/simulator/logs/logs.ts';
import { SimulatorError, startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { ask, assertSameList, idsOf, NOW, type Json } from './simulated-account.ts';

const PATH = '/api/v2/shift_logs';
const name = 'shift_logs';

/** A log that is not in the simulator's files: a shift begins every ten minutes; kept for a day. */
const shiftLogs: SimulatedLog<object> = {
  name,
  defaults: {},
  checks: {},
  open: (account) =>
    openLog(account, {
      name,
      path: PATH,
      hasJsonForm: true,
      scopes: ['read'],
      gate: account.supportGate,
      paging: createSupportPaging(['created_at', '-created_at']),
      days: 7,
      retentionDays: 1,
      source: {
        cellCount: (minute) => (minute % 10 === 0 ? 1 : 0),
        cellAt: () => 0,
        offsetMsOf: ({ second }) => (second % 60) * 1000,
        rowsIn: (minute) => [{ second: minute * 60, id: minute, visibleAtMs: minute * 60_000 }],
      },
      readFilter: () => ({ from: -Infinity, to: Infinity, isWanted: () => true }),
      createFormat:
        () =>
        ({ id, second }) =>
          JSON.stringify({ id, created_at: formatSecond(second) }),
    }),
};

describe('a further log, which one object describes,', () => {
  let simulator: Simulator;
  const day = 86_400_000;
  const truth = (days: number, includeInvisible = false): Json[] => [
    ...simulator.records(name, new Date(NOW - days * day), new Date(NOW + 1000), {
      includeInvisible,
    }),
  ];
  before(async () => {
    const settings = { anchor: new Date(NOW), supportRequestsPerMinute: 100 };
    simulator = await startSimulator(settings, [...LOGS, shiftLogs]);
    simulator.freezeClock(NOW);
  });
  after(() => simulator.stop());

  const page = async (
    ...parameters: (readonly [string, string | number])[]
  ): Promise<{ rows: Json[]; next: string; hasMore: boolean }> => {
    const { json } = await ask<{
      shift_logs: Json[];
      meta: { has_more: boolean; after_cursor: string };
    }>(simulator, PATH, [['page[size]', 100], ...parameters]);
    return { rows: json.shift_logs, next: json.meta.after_cursor, hasMore: json.meta.has_more };
  };

  it('is read page by page in both directions, and offset by offset, to exactly the truth', async () => {
    const first = await page();
    const last = await page(['page[after]', first.next]);
    assert.deepEqual([first.hasMore, last.hasMore], [true, false]);
    assertSameList([...first.rows, ...last.rows], truth(1));
    assert.equal(truth(1).length, 145);
    assertSameList((await page(['sort', '-created_at'])).rows, truth(1).toReversed().slice(0, 100));
    const { json } = await ask<{ shift_logs: Json[]; count: number }>(simulator, `${PATH}.json`);
    assertSameList(json.shift_logs, first.rows);
    assert.equal(json.count, 145);
  });

  it('drops what is older than its own retention, but the truth still has it', async () => {
    assert.equal(truth(8).length, 145);
    assert.equal(truth(8, true).length, 7 * 144 + 1);
    const { text } = await ask(simulator, '/simulator/truth', [
      ['stream', name],
      ['from', new Date(NOW - day).toISOString()],
      ['to', new Date(NOW + 1000).toISOString()],
    ]);
    assert.equal(text.split('\n').length - 1, 145);
  });

  it('can be the target of a fault and a burst; other names are refused with a list of all names', async () => {
    simulator.addFault({ kind: 'duplicate-in-page', stream: name });
    const ids = idsOf((await page()).rows);
    assert.equal(new Set(ids).size, ids.length - 1);
    assert.throws(
      () => simulator.addFault({ kind: '401', stream: 'chat_logs' }),
      new SimulatorError([
        "A fault's stream must be one of audit_logs, access_logs, shift_logs, users, tickets, oauth.",
      ]),
    );
    await assert.rejects(
      startSimulator({ burst: { stream: 'chat_logs', at: new Date(NOW), count: 1 } }),
      new SimulatorError(['burst.stream must be one of audit_logs, access_logs.']),
    );
    assert.throws(
      () => simulator.records('chat_logs', new Date(0), new Date(1)),
      new SimulatorError([
        'The account has no log chat_logs, only audit_logs, access_logs, shift_logs.',
      ]),
    );
  });

  it('uses the limit of its service and is included in the counts', async () => {
    const left = async (path: string): Promise<number> =>
      Number((await ask(simulator, path)).headers.get('ratelimit-remaining'));
    assert.equal(await left(PATH), (await left('/api/v2/users')) + 1);
    assert.ok((simulator.counts().byStream[name]?.['200'] ?? 0) > 3);
  });
});

describe('the logs of the simulator', () => {
  it('are named only in their own folders', () => {
    const folder = new URL('../../src/simulator/', import.meta.url);
    const naming = globSync('**/*.ts', { cwd: folder }).filter((file) =>
      /(audit|access)(_logs|Log[A-Z])/.test(readFileSync(new URL(file, folder), 'utf8')),
    );
    assert.deepEqual(
      naming.filter((file) => !/^logs\/(audit|access)-logs\//.test(file)),
      [],
    );
  });
});
