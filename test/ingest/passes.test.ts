/** One pass over all streams: the order, what a failure leaves undone, and whether the database still has it at the end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SyncEvent } from '../../src/ingest/events.ts';
import { confirmPass, createRoutine, runPass } from '../../src/ingest/service.ts';
import { collectLog, type CollectedLog } from '../support/collected-log.ts';
import { withInstallation, type Installation } from '../support/installation.ts';
import { startRawLogServer, type RawLogServer } from '../support/raw-log-server.ts';

const going = new AbortController().signal;
const now = Math.floor(Date.now() / 1000);
const start = now - 86_400;

type Passing = Installation & {
  readonly server: RawLogServer;
  readonly log: CollectedLog;
  /** The ends of runs that were reported: stream, task and outcome. */
  readonly ends: () => readonly string[];
};

/** Two logs that begin a day ago, without records, and a team without people. */
async function withStreams(work: (passing: Passing) => Promise<void>): Promise<void> {
  const server = await startRawLogServer();
  const log = collectLog();
  const events: SyncEvent[] = [];
  const options = {
    origin: server.origin,
    log,
    rescanAges: [],
    horizons: { access_logs: start, audit_logs: start },
    localNow: () => now * 1000,
    report: (event: SyncEvent) => void events.push(event),
  };
  try {
    await withInstallation({}, options, async (installation) => {
      await work({
        ...installation,
        server,
        log,
        ends: () =>
          events.flatMap((event) =>
            event.type === 'run' ? [`${event.stream} ${event.task} ${event.outcome}`] : [],
          ),
      });
    });
  } finally {
    server.close();
  }
}

/** Refuses every request for the audit log. */
function refuseAuditLog({ server }: Passing): void {
  server.answerOddly = ({ url = '' }, response) => {
    if (!url.startsWith('/api/v2/audit_logs')) return false;
    response.statusCode = 403;
    response.end('{"error":"Forbidden","description":"You do not have access to this page."}');
    return true;
  };
}

/** Makes the database lose each complete run of the access log as soon as it is recorded. */
async function loseRuns({ db }: Passing): Promise<void> {
  await db.query(
    `create function public.lose() returns trigger language plpgsql as $$
     begin delete from zendesk_sync.runs where id = new.id; return null; end $$`,
  );
  await db.query(
    `create trigger lose after update on zendesk_sync.runs for each row
     when (new.outcome = 'complete' and new.stream = 'access_logs') execute function public.lose()`,
  );
}

describe('a pass', () => {
  it('follows and fills the logs, then lists the people, and answers in the order of the streams', async () => {
    await withStreams(async ({ worker, ends }) => {
      const workers = [worker('users'), worker('audit_logs'), worker('access_logs')];
      const passes = await runPass(workers, going);
      assert.deepEqual(
        passes.map(({ stream, complete, runs }) => [
          stream,
          complete,
          runs.map(({ task }) => task),
        ]),
        [
          ['users', true, ['listing']],
          ['audit_logs', true, ['live', 'backfill']],
          ['access_logs', true, ['live', 'backfill']],
        ],
      );
      assert.equal(ends().at(-1), 'users listing complete');
      assert.equal(ends().length, 5);
      const again = await runPass(workers, going);
      assert.deepEqual(
        again.map(({ complete, runs }) => [complete, runs.length]),
        [
          [true, 1],
          [true, 1],
          [true, 1],
        ],
      );
    });
  });

  it('fills no gaps of a log that Zendesk refuses, and is not complete for it', async () => {
    await withStreams(async (passing) => {
      refuseAuditLog(passing);
      const { worker } = passing;
      const passes = await runPass([worker('audit_logs'), worker('access_logs')], going);
      assert.deepEqual(
        passes.map(({ complete, runs }) => [complete, runs.map(({ code }) => code)]),
        [
          [false, ['refusal_unconfirmed']],
          [true, [undefined, undefined]],
        ],
      );
    });
  });

  it('fills the gaps of a log although following it has failed', async () => {
    await withStreams(async ({ worker, db }) => {
      await db.query(`alter table zendesk_sync.fetches add check (kind <> 'live')`);
      const [pass] = await runPass([worker('access_logs')], going);
      assert.deepEqual(
        [pass?.complete, pass?.runs.map(({ outcome }) => outcome)],
        [false, ['failed', 'complete']],
      );
    });
  });
});

describe('a pass at its end', () => {
  it('is confirmed by a database that has what was stored, and repeated once by one that has lost it', async () => {
    await withStreams(async ({ worker, db, ends }) => {
      const workers = [worker('access_logs'), worker('users')];
      const passes = await runPass(workers, going);
      assert.equal(await confirmPass(workers, passes, going), passes);
      assert.equal(ends().length, 3);
      await db.query(`delete from zendesk_sync.runs where stream = 'access_logs'`);
      const confirmed = await confirmPass(workers, passes, going);
      assert.deepEqual(
        confirmed.map(({ complete }) => complete),
        [true, true],
      );
      assert.deepEqual(ends().slice(3).toSorted(), [
        'access_logs live complete',
        'users listing complete',
      ]);
    });
  });

  it('is not complete if the database loses it again and again', async () => {
    await withStreams(async (passing) => {
      const { worker, ends } = passing;
      await loseRuns(passing);
      const workers = [worker('access_logs')];
      const passes = await runPass(workers, going);
      const confirmed = await confirmPass(workers, passes, going);
      assert.deepEqual(
        confirmed.map(({ stream, complete }) => [stream, complete]),
        [['access_logs', false]],
      );
      assert.equal(ends().filter((end) => end === 'access_logs live complete').length, 4);
      assert.equal(await confirmPass(workers, passes, AbortSignal.abort()), passes);
    });
  });
});

describe('the routine of a stream', () => {
  it('follows and fills, one after the other, and does not begin again meanwhile or at its end', async () => {
    await withStreams(async ({ worker, log, ends }) => {
      const stop = new AbortController();
      let fills = 0;
      const routine = createRoutine(worker('access_logs'), log, stop.signal, () => (fills += 1));
      routine.tick();
      routine.tick();
      await routine.settle();
      assert.deepEqual(ends(), ['access_logs live complete', 'access_logs backfill complete']);
      assert.equal(fills, 0, 'there was nothing new');
      stop.abort();
      routine.tick();
      await routine.settle();
      assert.equal(ends().length, 2);
    });
  });

  it('tells when its fill has found rows', async () => {
    await withStreams(async ({ worker, log, server }) => {
      const timestamp = new Date((start + 3600) * 1000).toISOString();
      server.records.access_logs = [
        { second: start + 3600, content: JSON.stringify({ id: '01M1', timestamp }) },
      ];
      let fills = 0;
      const routine = createRoutine(worker('access_logs'), log, going, () => (fills += 1));
      routine.tick();
      await routine.settle();
      assert.equal(fills, 1);
    });
  });

  it('asks no more for a while when Zendesk refuses the stream for good', async () => {
    await withStreams(async (passing) => {
      const { worker, log, db, server } = passing;
      refuseAuditLog(passing);
      const routine = createRoutine(worker('audit_logs'), log, going);
      routine.tick();
      await routine.settle();
      await db.query(
        `update zendesk_sync.streams set refused_since = refused_since - interval '3 minutes'`,
      );
      routine.tick();
      await routine.settle();
      assert.deepEqual(passing.ends(), ['audit_logs live failed', 'audit_logs live unavailable']);
      const before = server.requests;
      routine.tick();
      await routine.settle();
      assert.equal(server.requests, before);
    });
  });
});
