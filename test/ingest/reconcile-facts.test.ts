/** What a comparison with Zendesk asks of the tables and leaves in the ledger, without a source. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addCoverage, loadCoverage } from '../../src/ingest/coverage.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { quarantineRecord, storeQuarantine } from '../../src/ingest/quarantine.ts';
import { gatherSpans, recordPiece } from '../../src/ingest/reconcile/facts.ts';
import {
  loadLastDue,
  noteReconciliation,
  openReconciliation,
} from '../../src/ingest/reconcile/ledger.ts';
import type { ComparedPiece } from '../../src/ingest/reconcile/piece.ts';
import {
  compareRows,
  findNeighbour,
  findQuarantined,
  loadStoredKeys,
} from '../../src/ingest/reconcile/stored.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { storeRecords, usualClassify } from '../support/stored-records.ts';

const key = { account: 'acme', stream: 'access_logs' };
const { table } = accessLogs;
const record = (id: string, second: number, members = {}): object => ({
  id,
  timestamp: new Date(second * 1000).toISOString(),
  status: 200,
  ...members,
});
const rowsOf = (records: readonly object[]) => readRecords(accessLogs, usualClassify, records);
const at = (second: number, id = String(second)) => ({ id, second });

describe('records that are missing here', () => {
  it('become few gaps: close ones are joined only where they would be more than twenty', () => {
    assert.deepEqual(gatherSpans([at(5), at(3), at(4, 'other'), at(4), at(10)]), [
      { from: 3, to: 6 },
      { from: 10, to: 11 },
    ]);
    const apart = (count: number, seconds: number) =>
      Array.from({ length: count }, (_, number) => at(number * seconds));
    assert.equal(gatherSpans(apart(20, 50)).length, 20);
    assert.deepEqual(gatherSpans(apart(21, 50)), [{ from: 0, to: 1001 }]);
    assert.deepEqual(gatherSpans([...apart(21, 100), at(9000)]), [
      { from: 0, to: 2001 },
      { from: 9000, to: 9001 },
    ]);
  });
});

describe('a compared piece', () => {
  const piece = (found: Partial<ComparedPiece>): ComparedPiece => ({
    span: { from: 0, to: 1000 },
    pages: 1,
    records: 0,
    missingHere: [],
    missingThere: [],
    different: [],
    seen: new Set(),
    doubt: undefined,
    ...found,
  });

  it('opens gaps with the number of rows to come, and what is left there', async () => {
    await withLedger(async (db) => {
      await takeLease(db, accessLogs);
      await db.transaction((tx) => addCoverage(tx, key, { from: 0, to: 1000 }));
      await storeRecords(db, accessLogs, [record('a', 100), record('b', 101), record('c', 200)]);
      const missingHere = [
        at(100, 'x'),
        at(101, 'y'),
        { ...at(101, 'unreadable'), isUnreadable: true as const },
        at(300, 'z'),
      ];
      assert.deepEqual(await recordPiece(db, key, table, piece({ missingHere })), []);
      assert.deepEqual(await loadCoverage(db, key), [
        { from: 0, to: 100 },
        { from: 102, to: 300 },
        { from: 301, to: 1000 },
      ]);
      assert.deepEqual(
        await db.query(
          `select extract(epoch from lost_from)::integer as from, extract(epoch from lost_until)::integer as until,
             rows::integer, rows_left::integer as left, code, settled_at is not null as settled
           from zendesk_sync.coverage_losses order by 1`,
        ),
        [
          { from: 100, until: 102, rows: 2, left: 2, code: 'missing_by_reconcile', settled: true },
          { from: 300, until: 301, rows: 1, left: 0, code: 'missing_by_reconcile', settled: true },
        ],
      );
      const noted = await db.query<{ manifest: string }>(
        'select manifest from zendesk_evidence.pending order by id',
      );
      const reason = 'missing_by_reconcile';
      assert.deepEqual(
        noted.map(({ manifest }) => (JSON.parse(manifest) as { spans: unknown }).spans),
        [[{ span: [100, 102], reason, rows: 2 }], [{ span: [300, 301], reason, rows: 1 }]],
      );
    });
  });

  it('notes what is missing there, and that it is shown again only within its span', async () => {
    await withLedger(async (db) => {
      const facts = () =>
        db.query<{ gone: boolean }>(
          `select id, extract(epoch from occurred_at)::integer as second, seen_again_at is null as gone
           from zendesk.source_deletions order by occurred_at`,
        );
      await takeLease(db, accessLogs);
      const missingThere = [at(100, 'a'), at(200, 'b'), at(1000, 'c')];
      assert.deepEqual(await recordPiece(db, key, table, piece({ missingThere })), []);
      const seen = new Set(['a', 'c', 'd']);
      assert.deepEqual(await recordPiece(db, key, table, piece({ seen })), [at(100, 'a')]);
      assert.deepEqual(await facts(), [
        { id: 'a', second: 100, gone: false },
        { id: 'b', second: 200, gone: true },
        { id: 'c', second: 1000, gone: true },
      ]);
      assert.deepEqual(await recordPiece(db, key, table, piece({ seen })), []);
      await recordPiece(db, key, table, piece({ missingThere: [at(100, 'a')] }));
      assert.equal((await facts())[0]?.gone, true);
    });
  });
});

describe('the stored rows of a comparison', () => {
  it('are missing, different or equal, also where Postgres refuses one of the page', async () => {
    await withLedger(async (db) => {
      const stored = [record('a', 100), record('b', 101.5), record('c', 102), record('d', 103)];
      await storeRecords(db, accessLogs, stored);
      const compare = (records: readonly object[]) =>
        compareRows(db, table, 'acme', rowsOf(records));
      const sorted = async (records: readonly object[]) =>
        (await compare(records)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      assert.deepEqual(await compare([]), []);
      assert.deepEqual(await compare(stored), []);
      const page = [
        record('a', 100),
        record('b', 101),
        record('c', 102, { status: 404 }),
        record('d', 104),
      ];
      const deviations = [
        { id: 'b', second: 101, state: 'different' },
        { id: 'c', second: 102, state: 'different' },
        { id: 'd', second: 104, state: 'missing' },
      ];
      assert.deepEqual(await sorted(page), deviations);
      assert.deepEqual(await sorted(page.toReversed()), deviations);
      const refused = rowsOf([record('e', 105), record('f', 106)]).map((row, index) =>
        index === 0 ? { ...row, row: { ...row.row, status: 1e9 } } : row,
      );
      const found = await compareRows(db, table, 'acme', [...rowsOf(page), ...refused]);
      assert.deepEqual(
        found.map(({ id, second, state }) => `${id} ${second} ${state}`).toSorted(),
        ['b 101 different', 'c 102 different', 'd 104 missing', 'e 105 missing', 'f 106 missing'],
      );
      await assert.rejects(
        compareRows(db, { ...table, name: 'zendesk.none' }, 'acme', rowsOf(page)),
      );
      assert.deepEqual(await loadStoredKeys(db, table, 'acme', { from: 101, to: 103 }), [
        at(101, 'b'),
        at(102, 'c'),
      ]);
    });
  });

  it('have neighbours, which are not those that Zendesk is known to have lost', async () => {
    await withLedger(async (db) => {
      await storeRecords(
        db,
        accessLogs,
        ['a', 'b', 'c', 'd'].map((id, place) => record(id, 100 + place)),
      );
      const look = (side: 'before' | 'after', from: number, to: number) =>
        findNeighbour(db, table, key, side, { from, to });
      assert.deepEqual(await look('before', 0, 102), at(101, 'b'));
      assert.deepEqual(await look('after', 101, 200), at(101, 'b'));
      assert.equal(await look('before', 0, 100), undefined);
      await db.query(
        `insert into zendesk.source_deletions (account, stream, id, occurred_at, last_confirmed_at, seen_again_at)
         values ('acme', 'access_logs', 'b', to_timestamp(101), now(), null), ('acme', 'access_logs', 'c', to_timestamp(102), now(), now())`,
      );
      assert.deepEqual(await look('before', 0, 102), at(100, 'a'));
      assert.deepEqual(await look('after', 101, 200), at(102, 'c'));
    });
  });

  it('are in quarantine by their ids, or by the hashes of their bytes', async () => {
    await withLedger(async (db) => {
      const lease = await takeLease(db, accessLogs);
      const unread = (id: string | null, text: string) =>
        quarantineRecord(new Error(), 1, Buffer.from(text), { id });
      const kept = [unread('a', 'one'), unread('b', 'two'), unread(null, 'three')];
      await db.transaction(async (tx) => storeQuarantine(tx, lease, kept, undefined));
      const look = async (ids: readonly string[], prints: readonly string[]) => {
        const found = await findQuarantined(
          db,
          key,
          ids,
          prints.map((text) => unread(null, text)),
        );
        return [[...found.ids].toSorted(), found.prints.size];
      };
      assert.deepEqual(await look([], []), [[], 0]);
      assert.deepEqual(await look(['a', 'x'], []), [['a'], 1]);
      assert.deepEqual(await look([], ['two', 'three', 'four']), [['b'], 2]);
    });
  });
});

describe('a reconciliation in the ledger', () => {
  it('is opened once for a time of the schedule, and says what it came to', async () => {
    await withLedger(async (db) => {
      const dueAt = new Date('2026-11-19T03:00:00Z');
      const sample = { count: 24, seed: 7 };
      const task = { span: { from: 0, to: 7200 }, sample, dueAt, holder: 'test' };
      assert.equal(await loadLastDue(db, key), undefined);
      const id = (await openReconciliation(db, key, task)) ?? assert.fail('nobody else has it');
      assert.equal(await openReconciliation(db, key, task), id, 'the answer was lost');
      assert.equal(await openReconciliation(db, key, { ...task, holder: 'other' }), undefined);
      const free = { ...task, sample: undefined, dueAt: undefined };
      const other = await openReconciliation(db, key, free);
      assert.notEqual(other, undefined);
      assert.deepEqual(await loadLastDue(db, key), dueAt);
      const counts = {
        comparableSeconds: 1,
        readSeconds: 2,
        records: 3,
        missingHere: 4,
        missingThere: 5,
        different: 6,
        seenAgain: 7,
      };
      const facts = () =>
        db.query<{ error: string | null }>(
          `select sample, seed::integer, due_at is not null as due, extract(epoch from span_from)::integer as from,
             extract(epoch from span_until)::integer as until, comparable_seconds::integer as comparable,
             read_seconds::integer as read, records::integer, missing_here as here, missing_there as there, different,
             seen_again as again, outcome, error, ended_at is not null as ended
           from zendesk_sync.reconciliations order by id`,
        );
      const said = {
        comparable: 1,
        read: 2,
        records: 3,
        here: 4,
        there: 5,
        different: 6,
        again: 7,
      };
      const none = {
        comparable: 0,
        read: 0,
        records: 0,
        here: 0,
        there: 0,
        different: 0,
        again: 0,
      };
      const span = { from: 0, until: 7200 };
      const open = { outcome: null, error: null, ended: false };
      await noteReconciliation(db, 'acme', id, counts);
      const first = { sample: 24, seed: 7, due: true, ...span, ...said };
      const second = { sample: null, seed: null, due: false, ...span, ...none, ...open };
      assert.deepEqual(await facts(), [{ ...first, ...open }, second]);
      const end = { outcome: 'incomplete', error: 'not all' } as const;
      await noteReconciliation(db, 'acme', id, counts, end);
      assert.deepEqual(await facts(), [{ ...first, ...end, ended: true }, second]);
      assert.equal(await openReconciliation(db, key, task), undefined, 'it has ended');
      await noteReconciliation(db, 'acme', id, counts, { outcome: 'equal', error: undefined });
      assert.equal((await facts())[0]?.error, null);
    });
  });
});
