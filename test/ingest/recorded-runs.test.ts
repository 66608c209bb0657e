/** How a run ends, and where that is said: in its result, its record, the log and an event. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KnownError } from '../../src/errors.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import type { Fetch } from '../../src/ingest/fetch.ts';
import type { Lease } from '../../src/ingest/lease.ts';
import { createTally, loadLastOutcome, recordRun, type Tally } from '../../src/ingest/run.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { collectLog } from '../support/collected-log.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';

const key = { account, stream: 'access_logs' };
const going = new AbortController().signal;
const nothing = { requests: 0, new: 0, changed: 0, late: 0 };

/** Runs one task, and says its result, its record and its lines in the log, without the duration. */
type Ran = (
  work: (tally: Tally) => void,
  signal?: AbortSignal,
) => Promise<{ readonly result: object; readonly row: unknown; readonly lines: unknown[] }>;

async function withRuns(
  work: (ran: Ran, installation: Installation, events: readonly SyncEvent[]) => Promise<void>,
): Promise<void> {
  const log = collectLog();
  const events: SyncEvent[] = [];
  const options = { log, report: (event: SyncEvent) => void events.push(event) };
  await withInstallation({ accessLogDays: 0, auditLogDays: 0 }, options, async (installation) => {
    const { engine, db } = installation;
    await registerStream(db, account, accessLogs);
    const ran: Ran = async (act, signal = going) => {
      const before = log.lines().length;
      const result = await recordRun(engine, key.stream, 'live', signal, async (tally) =>
        act(tally),
      );
      const [row] = await db.query<{ row: unknown }>(
        `select concat_ws(' ', outcome, error_code, requests, rows_new, rows_changed, rows_late, error) as row
         from zendesk_sync.runs order by id desc limit 1`,
      );
      const lines = log.lines().slice(before);
      return { result, row: row?.row, lines: lines.map(withoutTime) };
    };
    await work(ran, installation, events);
  });
}

function withoutTime(line: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(line).filter(([name]) => !['ms', 'err'].includes(name)));
}

const failWith = (error: unknown) => (): void => {
  throw error;
};
const facts = (run: number): object => ({ run: String(run), ...key, task: 'live', ...nothing });

describe('a run', () => {
  it('that completes says what it did', async () => {
    await withRuns(async (ran, { engine }, events) => {
      const { result, row, lines } = await ran((tally) => {
        tally.noteSpan({ from: 100, to: 200 });
        tally.add({ requests: 1, new: 2, changed: 3, late: 4 });
        tally.noteAnswer('answer-1');
      });
      const counts = { requests: 1, new: 2, changed: 3, late: 4 };
      assert.deepEqual(result, {
        stream: 'access_logs',
        task: 'live',
        outcome: 'complete',
        counts,
        code: undefined,
        error: undefined,
      });
      assert.equal(row, 'complete 1 2 3 4');
      const span = { from: '1970-01-01T00:01:40.000Z', until: '1970-01-01T00:03:20.000Z' };
      const said = { ...facts(1), ...counts, ...span, requestId: 'answer-1' };
      assert.deepEqual(lines, [{ level: 'info', ...said, msg: 'run complete' }]);
      assert.deepEqual(
        [...engine.completed].map(([task, { run }]) => [task, run]),
        [['access_logs live', '1']],
      );
      assert.deepEqual(events, [
        { type: 'run-started', stream: 'access_logs', task: 'live', run: '1' },
      ]);
    });
  });

  it('that fails says why, and not that it is complete', async () => {
    await withRuns(async (ran, { engine }) => {
      const failure = new KnownError('record_unreadable', {
        found: 'It is bad',
        requestId: 'bad-1',
      });
      const { result, row, lines } = await ran(failWith(failure));
      const why = { outcome: 'failed', code: 'record_unreadable', error: 'It is bad.' };
      assert.deepEqual(result, { stream: 'access_logs', task: 'live', ...why, counts: nothing });
      assert.equal(row, 'failed record_unreadable 0 0 0 0 It is bad.');
      assert.deepEqual(lines, [
        { level: 'error', ...facts(1), requestId: 'bad-1', outcome: 'failed', msg: 'It is bad.' },
      ]);
      assert.equal(engine.completed.size, 0);
      const fault = await ran(failWith(new TypeError('secret')));
      assert.match(String(fault.row), /^failed program_fault 0 0 0 0 A bug in this program/);
    });
  });

  it('that is stopped is no failure, whatever its work threw', async () => {
    await withRuns(async (ran) => {
      const sentence = 'The run was stopped before its end. The next run goes on where it stopped.';
      const stopped = { level: 'info', msg: 'run interrupted' };
      const first = await ran(failWith(new Error('secret')), AbortSignal.abort());
      assert.equal(first.row, `interrupted stopped 0 0 0 0 ${sentence}`);
      assert.deepEqual(first.lines, [{ ...facts(1), ...stopped }]);
      const itself = new KnownError('stopped', { found: 'It stops' });
      const second = await ran(failWith(itself));
      assert.equal(second.row, `interrupted stopped 0 0 0 0 ${sentence}`);
      assert.deepEqual(second.lines, [{ ...facts(2), ...stopped }]);
    });
  });

  it('that is stopped because its lease is lost has failed because of that', async () => {
    await withRuns(async (ran) => {
      for (const code of ['lease_lost', 'history_changed'] as const) {
        const lost = AbortSignal.abort(new KnownError(code, { found: 'It is lost' }));
        assert.equal(
          (await ran(failWith(new Error('x')), lost)).row,
          `failed ${code} 0 0 0 0 It is lost.`,
        );
      }
      const error = new KnownError('lease_lost', { found: 'It is lost' });
      assert.equal((await ran(failWith(error))).row, 'failed lease_lost 0 0 0 0 It is lost.');
      const elsewhere = AbortSignal.abort(new KnownError('stopped', { found: 'It stops' }));
      assert.match(String((await ran(failWith(error), elsewhere)).row), /^interrupted stopped /);
    });
  });

  it('that Zendesk refuses makes the stream unavailable only after a while, and the next complete one ends that', async () => {
    await withRuns(async (ran, { db }) => {
      const refusal = new KnownError('scope_missing', { found: 'It lacks a scope', status: 403 });
      const doubted = await ran(failWith(refusal));
      assert.match(String(doubted.row), /^failed refusal_unconfirmed /);
      assert.deepEqual(
        doubted.lines.map((line) => (line as { level: string }).level),
        ['error'],
      );
      await db.query(
        `update zendesk_sync.streams set refused_since = refused_since - interval '3 minutes'`,
      );
      const { row, lines } = await ran(failWith(refusal));
      assert.equal(row, 'unavailable scope_missing 0 0 0 0 It lacks a scope.');
      const msg = 'It lacks a scope.';
      assert.deepEqual(lines, [{ level: 'warn', ...facts(2), outcome: 'unavailable', msg }]);
      const again = await ran(() => {});
      assert.deepEqual(again.lines, [
        { level: 'info', ...key, run: '3', msg: 'stream available again' },
        { level: 'info', ...facts(3), msg: 'run complete' },
      ]);
      assert.equal((await ran(() => {})).lines.length, 1);
    });
  });

  it('whose end cannot be recorded says so in its own line of the log', async () => {
    await withRuns(async (ran, { db }) => {
      await db.query(
        `create function public.refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$`,
      );
      const refuse = (table: string) =>
        db.query(
          `create trigger refuse before update on zendesk_sync.${table} for each row execute function public.refuse()`,
        );
      await refuse('streams');
      const refusal = new KnownError('scope_missing', { found: 'It lacks a scope', status: 403 });
      const unrecorded = 'database_refused';
      const unmarked = await ran(failWith(refusal));
      assert.equal(unmarked.row, 'failed scope_missing 0 0 0 0 It lacks a scope.');
      const line = { level: 'error', outcome: 'failed', msg: 'It lacks a scope.', unrecorded };
      assert.deepEqual(unmarked.lines, [{ ...facts(1), ...line }]);
      await refuse('runs');
      const msg = 'It is bad.';
      const failed = await ran(
        failWith(new KnownError('record_unreadable', { found: 'It is bad' })),
      );
      assert.deepEqual(failed.lines, [{ ...facts(2), ...line, msg }]);
      const stopped = await ran(failWith(new Error('x')), AbortSignal.abort());
      assert.deepEqual(stopped.lines, [
        { level: 'info', ...facts(3), unrecorded, msg: 'run interrupted' },
      ]);
      assert.deepEqual([failed.row, stopped.row], ['0 0 0 0', '0 0 0 0']);
    });
  });

  it('is remembered with its outcome, and without one while it runs', async () => {
    await withRuns(async (ran, { db, engine }) => {
      assert.equal(await loadLastOutcome(db, key, 'live'), undefined);
      await ran(failWith(new Error('x')));
      assert.equal(await loadLastOutcome(db, key, 'live'), 'failed');
      let meanwhile: unknown = 'not asked';
      await recordRun(engine, key.stream, 'live', going, async () => {
        meanwhile = await loadLastOutcome(db, key, 'live');
      });
      assert.equal(meanwhile, null);
      assert.equal(await loadLastOutcome(db, key, 'live'), 'complete');
      assert.equal(await loadLastOutcome(db, key, 'backfill'), undefined);
    });
  });
});

describe('the tally of a run', () => {
  it('adds up counts, and spans their spans', () => {
    const tally = createTally();
    assert.deepEqual([tally.counts, tally.span, tally.requestId], [nothing, undefined, undefined]);
    tally.add({ requests: 1, late: 2 });
    tally.add({ new: 3, changed: 4 });
    tally.add({ requests: 10, new: 10, changed: 10, late: 10 });
    assert.deepEqual(tally.counts, { requests: 11, new: 13, changed: 14, late: 12 });
    tally.noteSpan({ from: 100, to: 200 });
    tally.noteSpan({ from: 150, to: 160 });
    assert.deepEqual(tally.span, { from: 100, to: 200 });
    tally.noteSpan({ from: 50, to: 300 });
    assert.deepEqual(tally.span, { from: 50, to: 300 });
    tally.noteAnswer('a');
    tally.noteAnswer(undefined);
    assert.equal(tally.requestId, 'a');
    tally.noteAnswer('b');
    assert.equal(tally.requestId, 'b');
  });

  it('keeps what was stored', () => {
    const tally = createTally();
    assert.deepEqual(tally.stored, { fetches: [] });
    const [first, second] = [{ fetch: '1' }, { fetch: '2' }] as Fetch[];
    tally.noteComplete(first!);
    tally.noteSteps({} as Lease, 3);
    tally.noteComplete(second!);
    assert.deepEqual(tally.stored, {
      fetches: [first, second],
      listing: { lease: {}, steps: 3 },
    });
  });
});
