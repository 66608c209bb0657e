import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClassifier } from '../../src/classification/classifier.ts';
import { accessRules } from '../../src/classification/rules.ts';
import { fingerprintRules, type AccessRule } from '../../src/classification/access-rule.ts';
import { KnownError } from '../../src/errors.ts';
import {
  beginClassification,
  classifyBatch,
  type Classification,
} from '../../src/ingest/classification-batch.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { countRequests, readUnclassified } from '../../src/reports/unclassified/sql.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { classifyStored, loadTimeBounds } from '../../src/ingest/classification-pass.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { writeRows } from '../../src/ingest/rows/rows.ts';
import {
  classifyBy,
  moon,
  moonRule,
  request,
  saidLines,
  sourceRows,
  storeRequests,
} from '../support/access-requests.ts';
import { withLedger } from '../support/ledger.ts';
import { waitUntil } from '../support/pulled-account.ts';
import { withClient } from '../support/query.ts';
import { smallAccount } from '../support/small-account.ts';

function classificationBy(...rules: readonly AccessRule[]): Classification {
  const all = [...rules, ...accessRules];
  return {
    account: 'acme',
    stream: accessLogs,
    classify: createClassifier(all),
    rules: fingerprintRules(all),
  };
}

const byMoon = classificationBy(moonRule);
const untroubled = {
  again: false,
  signal: new AbortController().signal,
  report: () => {},
  reportDays: () => {},
};

const records = [
  request('a1', '2026-11-18T23:59:59Z', '/api/v2/tickets/7'),
  request('b1', '2026-11-19T00:00:00Z', `${moon}/3`),
  request('b2', '2026-11-19T00:00:00Z', `${moon}/4`),
  request('b3', '2026-11-19T10:00:00Z', '/api/v2/tickets/show_many?ids=7,8'),
  request('c1', '2026-12-01T10:00:00Z', '/api/v2/users/me'),
];

describe('the classification of stored requests', { concurrency: 2 }, () => {
  it('changes nothing with the rules with which they were pulled, whatever they contain', async () => {
    await withLedger(async (db) => {
      const simulator = await startSimulator(smallAccount('access_logs'));
      try {
        const all = [...simulator.records('access_logs', new Date(0), new Date())];
        await storeRequests(db, all);
      } finally {
        await simulator.stop();
      }
      const odd = { user_id: '9223372036854775807', status: 'none' };
      await storeRequests(db, [
        request('x1', '2026-11-20T10:00:00.123456Z', '/api/v2/search.json?query=visa "4111"', odd),
        request('x2', '2026-11-20T10:00:00Z', '/api/v2/users/me.json?include=%00,ü', odd),
        request('x3', '2026-11-20T10:00:00Z', '/graphql', {
          method: 'POST',
          graphql: {
            operation_name: 'getTickets',
            operation_type: 'QUERY',
            query: 'query getTickets($ids: [ID!]) { tickets(ids: $ids) { id } }',
            variables: '{"ids":["17","18"]}',
          },
        }),
        request('x4', '2026-11-20T10:00:00Z', 'half \ud800 \0', { user_id: null, method: null }),
      ]);
      const { outcome, state } = await classifyStored(db, classificationBy(), untroubled);
      assert.equal(outcome, 'complete');
      assert.ok(state.rowsRead > 2900, String(state.rowsRead));
      assert.equal(state.rowsChanged, 0);
    });
  });

  it('rewrites only the resources of requests that the new rule concerns, and marks only their days', async () => {
    await withLedger(async (db) => {
      await storeRequests(db, records);
      await refreshRollups(db, 'acme', [accessLogs]);
      const others = (): Promise<unknown[]> =>
        db.query(
          `select access_log_id, position, ctid::text, xmin::text from zendesk.access_log_resources
           where access_log_id not in ('b1', 'b2') order by 1, 2`,
        );
      const [source, untouched] = [await sourceRows(db), await others()];
      assert.equal((await beginClassification(db, byMoon, false)).endedAt, null);
      const { startedAt, endedAt, ...state } = await classifyBatch(db, byMoon);
      assert.ok(endedAt !== null && endedAt >= startedAt);
      assert.deepEqual(state, {
        rules: byMoon.rules,
        reachedAt: new Date('2026-12-01T10:00:00Z'),
        rowsRead: 5,
        rowsChanged: 2,
      });
      assert.deepEqual(await saidLines(db), [
        'a1 view ticket 7',
        'b1 view moon_phase 3',
        'b2 view moon_phase 4',
        'b3 view ticket 7',
        'b3 view ticket 8',
      ]);
      assert.deepEqual(
        await db.query(`select account, stream, day::text from zendesk_sync.stale_days`),
        [{ account: 'acme', stream: 'access_logs', day: '2026-11-19' }],
      );
      assert.deepEqual(await sourceRows(db), source);
      assert.deepEqual(await others(), untouched);
    });
  });

  it('removes the resources of a request that has become noise, and adds them again when it no longer is', async () => {
    await withLedger(async (db) => {
      await storeRequests(db, records.slice(0, 2));
      const noise = classificationBy({ path: '/api/v2/tickets/**', kind: 'noise' });
      assert.equal((await classifyStored(db, noise, untroubled)).state.rowsChanged, 1);
      assert.deepEqual(await saidLines(db), ['b1 unclassified']);
      assert.equal((await classifyStored(db, classificationBy(), untroubled)).state.rowsChanged, 1);
      assert.deepEqual(await saidLines(db), ['a1 view ticket 7', 'b1 unclassified']);
    });
  });

  it('continues in batches, also among equal times, and does not touch other accounts', async () => {
    await withLedger(async (db) => {
      await storeRequests(db, records);
      await beginClassification(db, byMoon, false);
      const steps: unknown[] = [];
      for (let state; state?.endedAt == null;) {
        state = await classifyBatch(db, byMoon, 2);
        steps.push([state.rowsRead, state.rowsChanged, state.endedAt !== null]);
        await db.query(`update zendesk.access_logs set account = 'beta' where id = 'c1'`);
      }
      assert.deepEqual(steps, [
        [2, 1, false],
        [4, 2, false],
        [4, 2, true],
      ]);
      assert.deepEqual(await db.query('select account from zendesk_sync.classifications'), [
        { account: 'acme' },
      ]);
    });
  });

  it('starts again with other rules or on request, and otherwise continues or has ended', async () => {
    await withLedger(async (db) => {
      await storeRequests(db, records);
      await beginClassification(db, byMoon, false);
      await classifyBatch(db, byMoon, 2);
      assert.equal((await beginClassification(db, byMoon, false)).rowsRead, 2);
      const seen: unknown[] = [];
      const pass = await classifyStored(db, byMoon, {
        ...untroubled,
        report: ({ rows, share }) => seen.push([rows, share > 0 && share < 1 ? 'partly' : share]),
      });
      assert.deepEqual(
        [pass.outcome, pass.isContinued, pass.state.rowsRead, pass.state.rowsChanged, pass.days],
        ['complete', false, 5, 2, 3],
      );
      assert.deepEqual(seen, [
        [2, 'partly'],
        [5, 1],
      ]);
      const { outcome, state, days } = await classifyStored(db, byMoon, untroubled);
      assert.deepEqual(
        [outcome, state.reachedAt, state.rowsRead, days],
        ['already', new Date('2026-12-01T10:00:00Z'), 0, 0],
      );
      const again = await classifyStored(db, byMoon, { ...untroubled, again: true });
      assert.deepEqual(
        [again.outcome, again.state.rowsRead, again.state.rowsChanged],
        ['complete', 5, 0],
      );
      assert.equal((await beginClassification(db, classificationBy(), false)).rowsRead, 0);
      await assert.rejects(
        classifyBatch(db, byMoon),
        new KnownError('rules_replaced', {
          found:
            'Another process has started to classify the requests of acme by different rules, so this one has stopped',
        }),
      );
    });
  });

  it('continues after its end with what was stored since by other rules', async () => {
    await withLedger(async (db) => {
      await storeRequests(db, records);
      const first = await classifyStored(db, byMoon, untroubled);
      assert.deepEqual([first.outcome, first.isContinued], ['complete', false]);
      await storeRequests(db, [
        request('c2', '2026-12-01T10:00:00Z', `${moon}/5`),
        request('d1', '2026-12-02T10:00:00Z', `${moon}/6`),
      ]);
      const next = await classifyStored(db, byMoon, untroubled);
      assert.deepEqual(
        [next.outcome, next.isContinued, next.state.rowsRead, next.state.rowsChanged, next.days],
        ['complete', true, 2, 2, 2],
      );
      assert.deepEqual((await saidLines(db)).slice(-2), [
        'c2 view moon_phase 5',
        'd1 view moon_phase 6',
      ]);
      const last = await classifyStored(db, byMoon, untroubled);
      assert.deepEqual([last.outcome, last.isContinued, last.days], ['already', true, 0]);
    });
  });

  it('is stopped between two batches', async () => {
    await withLedger(async (db) => {
      await storeRequests(db, records);
      const stopping = new AbortController();
      stopping.abort();
      const pass = await classifyStored(db, byMoon, { ...untroubled, signal: stopping.signal });
      assert.deepEqual([pass.outcome, pass.state.rowsRead], ['stopped', 0]);
      assert.equal((await classifyStored(db, byMoon, untroubled)).state.rowsRead, 5);
    });
  });

  it('is stopped between days that are counted again, and the next pass counts the rest', async () => {
    await withLedger(async (db) => {
      await storeRequests(db, records);
      const stopping = new AbortController();
      const heard: unknown[] = [];
      const pass = await classifyStored(db, byMoon, {
        ...untroubled,
        signal: stopping.signal,
        reportDays(done, total) {
          heard.push([done, total]);
          // The first two days are neighbours and counted together.
          if (done === 0) stopping.abort();
        },
      });
      assert.deepEqual(heard, [[0, 3]]);
      assert.deepEqual([pass.outcome, pass.state.rowsRead, pass.days], ['stopped', 5, 0]);
      const next = await classifyStored(db, byMoon, untroubled);
      assert.deepEqual([next.outcome, next.days], ['already', 1]);
      assert.deepEqual(
        await db.query(
          `select day::text, views, unclassified, resources from zendesk.agent_day order by day`,
        ),
        [
          { day: '2026-11-18', views: 1, unclassified: 0, resources: 1 },
          { day: '2026-11-19', views: 3, unclassified: 0, resources: 4 },
          { day: '2026-12-01', views: 0, unclassified: 0, resources: 0 },
        ],
      );
    });
  });

  it('is shared by processes that classify at once: no row is classified twice or left out', async () => {
    await withLedger(async (db) => {
      await storeRequests(db, records);
      await beginClassification(db, byMoon, false);
      await Promise.all([1, 2, 3, 4, 5].map(() => classifyBatch(db, byMoon, 1)));
      const { rowsRead, rowsChanged } = await beginClassification(db, byMoon, false);
      assert.deepEqual([rowsRead, rowsChanged], [5, 2]);
      assert.deepEqual((await saidLines(db)).slice(0, 3), [
        'a1 view ticket 7',
        'b1 view moon_phase 3',
        'b2 view moon_phase 4',
      ]);
    });
  });
});

describe('a page that changes a request while it is classified again', { concurrency: 2 }, () => {
  const revised = request('b1', '2026-11-19T00:00:00Z', `${moon}/99`);
  const expected = ['a1 view ticket 7', 'b1 view moon_phase 99'];
  const pulled = classifyBy(moonRule);

  it('makes the batch wait when it was first, and the resources are those of the changed request', async () => {
    await withLedger(async (db, url) => {
      await storeRequests(db, records.slice(0, 2));
      await beginClassification(db, byMoon, false);
      const waits = countWaiting(url);
      let batch: Promise<unknown> | undefined;
      await db.transaction(async (tx) => {
        const rows = readRecords(accessLogs, pulled, [revised]);
        await writeRows(tx, accessLogs, 'acme', rows, { covered: [] });
        await tx.query('set local idle_in_transaction_session_timeout = 0');
        batch = classifyBatch(db, byMoon);
        await waitUntil(async () => (await waits()) === 1);
      });
      await batch;
      assert.deepEqual(await saidLines(db), expected);
    });
  });

  it('waits when it was second, and the resources are those of the changed request', async () => {
    await withLedger(async (db, url) => {
      await storeRequests(db, records.slice(0, 2));
      await beginClassification(db, byMoon, false);
      await db.query('delete from zendesk_sync.stale_days');
      const waits = countWaiting(url);
      const pending: Promise<unknown>[] = [];
      await db.transaction(async (tx) => {
        // Delays the end of the batch, after it has replaced the resources.
        await tx.query(
          `insert into zendesk_sync.stale_days values ('acme', 'access_logs', '2026-11-19')`,
        );
        await tx.query('set local idle_in_transaction_session_timeout = 0');
        pending.push(classifyBatch(db, byMoon));
        await waitUntil(async () => (await waits()) === 1);
        pending.push(storeRequests(db, [revised], pulled));
        await waitUntil(async () => (await waits()) === 2);
      });
      await Promise.all(pending);
      assert.deepEqual(await saidLines(db), expected);
    });
  });

  it('together with pages of new and repeated requests loses and doubles nothing', async () => {
    await withLedger(async (db) => {
      const day = '2026-11-19';
      const paths = (page: number, round: number): readonly object[] =>
        Array.from({ length: 60 }, (_, row) =>
          request(
            `p${page}-${row}`,
            `${day}T${String(page).padStart(2, '0')}:00:00Z`,
            // A third of them differs each time.
            `${moon}/${page}/tickets/${row % 3 === 0 ? row + 1000 * round : row}`,
          ),
        );
      const rule: AccessRule = { path: `${moon}/{moon_phase}/**`, kind: 'view' };
      const classification = classificationBy(rule);
      const pulledBy = classifyBy(rule);
      for (let page = 0; page < 8; page++) await storeRequests(db, paths(page, 0));
      await beginClassification(db, classification, false);

      let ended = false;
      const classifyAll = async (): Promise<void> => {
        while (!ended) ended = (await classifyBatch(db, classification, 25)).endedAt !== null;
      };
      const pull = async (pages: readonly number[]): Promise<void> => {
        for (const round of [1, 2])
          for (const page of pages) await storeRequests(db, paths(page, round), pulledBy);
      };
      await Promise.all([classifyAll(), classifyAll(), pull([0, 5, 8, 3]), pull([7, 2, 9, 1])]);
      assert.ok(ended);

      const wrong = await db.query(
        `select l.id, l.url, said.lines
         from zendesk.access_logs l
         left join lateral (
           select string_agg(concat_ws(' ', r.position, r.kind, r.resource_type, r.resource_id), ', ' order by r.position) as lines
           from zendesk.access_log_resources r
           where r.account = l.account and r.timestamp = l.timestamp and r.access_log_id = l.id
         ) said on true
         where said.lines is distinct from
           '0 view moon_phase ' || split_part(l.url, '/', 5) || ', 1 view ticket ' || split_part(l.url, '/', 7)`,
      );
      assert.deepEqual(wrong, []);
      assert.deepEqual(
        await db.query(
          `select count(*)::integer as said, count(distinct access_log_id)::integer as rows from zendesk.access_log_resources`,
        ),
        [{ said: 1200, rows: 600 }],
      );
    });
  });

  function countWaiting(url: string): () => Promise<number> {
    return () =>
      withClient(url, async (query) => {
        const [row] = await query<{ waiting: number }>(
          `select count(*)::integer as waiting from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return row?.waiting ?? 0;
      });
  }
});

describe('the requests that no rule knows', () => {
  it('are read row by row with the columns of their template, all of them or those since a time', async () => {
    await withLedger(async (db) => {
      await storeRequests(db, [
        ...records,
        request('d1', '2026-12-02T10:00:00Z', '/graphql', {
          graphql: { operation_name: 'Zzyzx', operation_type: 'QUERY', query: 'query Zzyzx { q }' },
        }),
      ]);
      const read = async (since?: Date): Promise<unknown[]> => {
        const rows: unknown[] = [];
        for await (const row of readUnclassified(db, 'acme', since)) rows.push(row);
        return rows;
      };
      const graphql = { graphql_operation_name: null, graphql_operation_type: null };
      const [b1, b2, d1] = [
        { url: `${moon}/3`, timestamp: new Date('2026-11-19T00:00:00Z'), ...graphql },
        { url: `${moon}/4`, timestamp: new Date('2026-11-19T00:00:00Z'), ...graphql },
        {
          url: '/graphql',
          timestamp: new Date('2026-12-02T10:00:00Z'),
          graphql_operation_name: 'Zzyzx',
          graphql_operation_type: 'QUERY',
        },
      ].map((row) => ({
        method: 'GET',
        graphql_query: row.graphql_operation_name === null ? null : '',
        ...row,
      }));
      assert.deepEqual(new Set(await read()), new Set([b1, b2, d1]));
      const since = new Date('2026-11-19T00:00:01Z');
      assert.deepEqual(await read(since), [d1]);
      assert.deepEqual(
        [await countRequests(db, 'acme', undefined), await countRequests(db, 'acme', since)],
        [6, 3],
      );
      assert.equal(await countRequests(db, 'beta', undefined), 0);
      assert.deepEqual(await loadTimeBounds(db, 'acme', accessLogs), {
        oldest: new Date('2026-11-18T23:59:59Z'),
        newest: new Date('2026-12-02T10:00:00Z'),
      });
      assert.deepEqual(await loadTimeBounds(db, 'beta', accessLogs), {
        oldest: null,
        newest: null,
      });
    });
  });
});
