/** The tasks for a stream: who may do them, what is recorded, and what happens when the database forgets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadCoverage } from '../../src/ingest/coverage.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { acquireLease } from '../../src/ingest/lease.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { users } from '../../src/streams/users.ts';
import { collectLog, type CollectedLog } from '../support/collected-log.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { startRawLogServer, type RawLogServer } from '../support/raw-log-server.ts';

const going = new AbortController().signal;
const key = { account, stream: 'access_logs' };
const nothing = { requests: 0, new: 0, changed: 0, late: 0 };
const now = Math.floor(Date.now() / 1000);
const start = now - 86_400;

type Working = Installation & {
  readonly server: RawLogServer;
  readonly log: CollectedLog;
  /** The ends of runs that were reported. */
  readonly ends: () => readonly object[];
  /** The recorded runs: task and outcome. */
  readonly runs: () => Promise<readonly string[]>;
};

/** Sets up the worker of an empty log that begins a day ago, in which time stands still. */
async function withWorker(work: (working: Working) => Promise<void>): Promise<void> {
  const server = await startRawLogServer();
  const log = collectLog();
  const events: SyncEvent[] = [];
  const options = {
    origin: server.origin,
    log,
    rescanAges: [],
    horizons: { access_logs: start },
    localNow: () => now * 1000,
    report: (event: SyncEvent) => void events.push(event),
  };
  try {
    await withInstallation({}, options, async (installation) => {
      await work({
        ...installation,
        server,
        log,
        ends: () => events.filter(({ type }) => type === 'run'),
        async runs() {
          const rows = await installation.db.query<{ run: string }>(
            `select concat_ws(' ', task, outcome) as run from zendesk_sync.runs order by id`,
          );
          return rows.map(({ run }) => run);
        },
      });
    });
  } finally {
    server.close();
  }
}

/** Makes the ledger forget the first pages that are stored, so many times. */
async function forgetPages({ db }: Working, times: number): Promise<() => Promise<unknown>> {
  await db.query('create sequence public.tries');
  await db.query(
    `create function public.forget() returns trigger language plpgsql as $$
     begin
       if nextval('public.tries') <= ${times} then return null; end if;
       return new;
     end $$`,
  );
  await db.query(
    `create trigger forget before update on zendesk_sync.fetches for each row
     when (new.pages > old.pages) execute function public.forget()`,
  );
  return async () => {
    const [row] = await db.query<{ tries: number }>(
      'select last_value::integer as tries from public.tries',
    );
    return row?.tries;
  };
}

describe('the worker of a log', () => {
  it('records what it follows, fills and reads, and nothing when nothing is due', async () => {
    await withWorker(async ({ worker, runs, db }) => {
      const log = worker('access_logs');
      assert.equal((await log.follow(going)).outcome, 'complete');
      assert.equal((await log.fill(going))?.outcome, 'complete');
      assert.equal(await log.fill(going), undefined);
      assert.equal((await log.read({ from: start, to: start + 60 }, going)).outcome, 'complete');
      assert.deepEqual(await runs(), ['live complete', 'backfill complete', 'backfill complete']);
      const [covered, ...others] = await loadCoverage(db, key);
      assert.deepEqual([covered?.from, others], [start, []]);
      for (const outcome of ['failed', null]) {
        await db.query(
          `update zendesk_sync.runs set outcome = $1::text, ended_at = case when $1::text is not null then now() end
           where id = (select max(id) from zendesk_sync.runs)`,
          [outcome],
        );
        assert.equal((await log.fill(going))?.outcome, 'complete', 'it shows that all is done');
      }
      assert.equal(await log.fill(going), undefined);
    });
  });

  it('does nothing while another process holds the log, and says so', async () => {
    await withWorker(async ({ worker, runs, db, ends, log }) => {
      await registerStream(db, account, accessLogs);
      await acquireLease(db, key, 'other', 60_000);
      const busy = {
        stream: 'access_logs',
        task: 'live',
        outcome: 'busy',
        counts: nothing,
        code: 'lease_busy',
        error:
          'Another process (other) is pulling access_logs; this process skipped it. Try again when it has finished, or stop it.',
      };
      assert.deepEqual(await worker('access_logs').follow(going), busy);
      assert.deepEqual(await worker('access_logs').fill(going), { ...busy, task: 'backfill' });
      assert.deepEqual(ends(), [
        { type: 'run', ...busy },
        { type: 'run', ...busy, task: 'backfill' },
      ]);
      assert.deepEqual(
        [await runs(), log.lines().filter(({ level }) => level === 'error')],
        [[], []],
      );
    });
  });

  it('returns an error that keeps a run from being recorded, and logs it', async () => {
    await withWorker(async ({ worker, db, ends, log }) => {
      await db.query('alter table zendesk_sync.runs add check (id < 0) not valid');
      const failed = {
        stream: 'access_logs',
        task: 'live',
        outcome: 'failed',
        code: 'database_refused',
        error: 'Postgres refused a statement (SQLSTATE 23514 table runs constraint runs_id_check).',
      };
      const result = await worker('access_logs').follow(going);
      assert.deepEqual(result, { ...failed, counts: nothing });
      assert.deepEqual(ends(), [{ type: 'run', ...failed, counts: undefined }]);
      const errors = log.lines().filter(({ level }) => level === 'error');
      assert.deepEqual(
        errors.map((line) => ({ ...line, err: undefined })),
        [{ level: 'error', ...key, task: 'live', msg: failed.error, err: undefined }],
      );
      const stopped = await worker('access_logs').follow(AbortSignal.abort());
      assert.deepEqual([stopped.outcome, stopped.code], ['interrupted', 'stopped']);
      assert.equal(log.lines().filter(({ level }) => level === 'error').length, 1);
    });
  });

  it('plans its work again when the database has forgotten some of it', async () => {
    await withWorker(async (working) => {
      const tries = await forgetPages(working, 3);
      const { outcome, error } = await working.worker('access_logs').follow(going);
      assert.deepEqual([outcome, error, await tries()], ['complete', undefined, 4]);
      assert.deepEqual(await working.runs(), [
        'live failed',
        'live failed',
        'live failed',
        'live complete',
      ]);
    });
  });

  it('registers its log again, whose row is the lock of the coverage, when the database has forgotten all of it', async () => {
    await withWorker(async ({ worker, db }) => {
      const log = worker('access_logs');
      await log.follow(going);
      await db.query('delete from zendesk_sync.coverage');
      await db.query('delete from zendesk_sync.streams');
      assert.equal((await log.fill(going))?.outcome, 'complete');
      assert.deepEqual(await db.query('select stream, kind from zendesk_sync.streams'), [
        { stream: 'access_logs', kind: 'log' },
      ]);
    });
  });

  it('fails when that happens again and again', async () => {
    await withWorker(async (working) => {
      const tries = await forgetPages(working, 100);
      const { outcome, code } = await working.worker('access_logs').follow(going);
      assert.deepEqual([outcome, code, await tries()], ['failed', 'history_changed', 4]);
    });
  });

  it('knows whether the database still has what it stored, and forgets what is not there', async () => {
    await withWorker(async ({ worker, db, engine }) => {
      const log = worker('access_logs');
      assert.equal(await log.isBorneOut(), true);
      await log.follow(going);
      await worker('users').follow(going);
      assert.equal(await log.isBorneOut(), true);
      assert.equal(engine.completed.size, 2);
      await db.query(`delete from zendesk_sync.runs where stream = 'access_logs'`);
      assert.equal(await log.isBorneOut(), false);
      assert.deepEqual([...engine.completed.keys()], ['users listing']);
      assert.equal(await log.isBorneOut(), true);
    });
  });

  it('sees work that another process has left', async () => {
    await withWorker(async ({ worker, db }) => {
      const log = worker('access_logs');
      await log.follow(going);
      await log.fill(going);
      await db.query('update zendesk_sync.runs set outcome = null, ended_at = null');
      assert.equal(await log.isAbandoned(), true);
    });
  });
});

describe('the worker of the people', () => {
  it('lists them, and has no gaps', async () => {
    await withWorker(async ({ worker, runs, server, db }) => {
      server.others['/api/v2/users'] =
        '{"users":[{"id":7,"name":"Ann","role":"admin","active":true}],"meta":{"has_more":false}}';
      const people = worker('users');
      const { outcome, counts } = await people.follow(going);
      assert.deepEqual([outcome, counts.new], ['complete', 1]);
      assert.deepEqual(await db.query('select id::text, name from zendesk.users'), [
        { id: '7', name: 'Ann' },
      ]);
      assert.equal(await people.fill(going), undefined);
      assert.deepEqual(await runs(), ['listing complete']);
    });
  });
});

describe('a stream that is registered', () => {
  it('gives each of several accounts the schema of its own views, only when it is new', async () => {
    await withWorker(async ({ db }) => {
      const schemas = async () => {
        const rows = await db.query<{ name: string }>(
          `select nspname as name from pg_namespace where nspname like 'zendesk\\_fivetran\\_%' order by 1`,
        );
        return rows.map(({ name }) => name);
      };
      await registerStream(db, account, accessLogs);
      assert.deepEqual(await schemas(), []);
      await registerStream(db, 'other', accessLogs);
      const both = ['zendesk_fivetran_acme', 'zendesk_fivetran_other'];
      assert.deepEqual(await schemas(), both);
      await db.query('drop schema zendesk_fivetran_acme cascade');
      await registerStream(db, account, accessLogs);
      await db.query('update zendesk_sync.streams set retention_days = 7');
      await registerStream(db, account, accessLogs);
      assert.deepEqual(await schemas(), ['zendesk_fivetran_other']);
      await registerStream(db, account, users);
      assert.deepEqual(await schemas(), both);
    });
  });

  it('is described as in this program, and written again only if that has changed', async () => {
    await withWorker(async ({ db }) => {
      const rows = () =>
        db.query<Record<string, unknown>>(
          `select stream, kind, retention_days, log_table, log_time, log_partition, xmin::text as version
           from zendesk_sync.streams where account = $1 order by stream`,
          [account],
        );
      for (const stream of [accessLogs, users]) await registerStream(db, account, stream);
      const first = await rows();
      assert.deepEqual(
        first.map((row) => ({ ...row, version: undefined })),
        [
          {
            stream: 'access_logs',
            kind: 'log',
            retention_days: 90,
            log_table: 'zendesk.access_logs',
            log_time: 'timestamp',
            log_partition: 'month',
            version: undefined,
          },
          {
            stream: 'users',
            kind: 'listing',
            retention_days: null,
            log_table: null,
            log_time: null,
            log_partition: null,
            version: undefined,
          },
        ],
      );
      for (const stream of [accessLogs, users]) await registerStream(db, account, stream);
      assert.deepEqual(await rows(), first);
      await db.query('update zendesk_sync.streams set retention_days = 7');
      await registerStream(db, account, accessLogs);
      const [row] = await rows();
      assert.equal(row?.['retention_days'], 90);
    });
  });
});
