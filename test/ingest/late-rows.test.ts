import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadRescans } from '../../src/ingest/coverage.ts';
import {
  account,
  assertTrue,
  pullCompletely,
  storedLines,
  trueLines,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { listFetches } from '../support/ledger-facts.ts';
import { createStillTime, type StillTime } from '../support/still-time.ts';

const logs = ['audit_logs', 'access_logs'] as const;
type Log = (typeof logs)[number];
const hour = 3600;

/** An account of some hours, busy by the minute, in which a third of the rows appears later than it happened. */
function accountWithLate(time: StillTime, stream: Log, delaySeconds: number) {
  const rowsPerDay = 8000;
  return {
    ...time.simulator,
    auditLogDays: delaySeconds > hour ? 0.5 : 0.1,
    accessLogDays: delaySeconds > hour ? 0.5 : 0.1,
    auditLogRowsPerDay: stream === 'audit_logs' ? rowsPerDay : 0,
    accessLogRowsPerDay: stream === 'access_logs' ? rowsPerDay : 0,
    late: { share: 0.3, delaySeconds },
  };
}

/** What Zendesk now shows of a span and the table lacks. */
async function listMissing(
  { simulator, db }: Installation,
  stream: Log,
  span: { from: number; to: number },
): Promise<string[]> {
  const stored = new Set(await storedLines(db, stream));
  return trueLines(simulator, stream, span).filter((line) => !stored.has(line));
}

/** Late rows as the fetches and as the runs count them. */
async function countLate(
  { db }: Installation,
  stream: Log,
): Promise<{ fetches: number; runs: number }> {
  const [counts] = await db.query<{ fetches: number; runs: number }>(
    `select
       (select coalesce(sum(rows_late), 0)::integer from zendesk_sync.fetches where (account, stream) = ($1, $2)) as fetches,
       (select coalesce(sum(rows_late), 0)::integer from zendesk_sync.runs where (account, stream) = ($1, $2)) as runs`,
    [account, stream],
  );
  return counts ?? { fetches: 0, runs: 0 };
}

async function countRescans({ db }: Installation, stream: Log): Promise<number> {
  return (await listFetches(db, stream)).filter(({ kind }) => kind === 'rescan').length;
}

/** Fails if a span was read again before it had an age, or is recorded as read at an age that it has not reached. */
async function assertAges({ db }: Installation, stream: Log, now: number): Promise<void> {
  const rescans = (await listFetches(db, stream)).filter(({ kind }) => kind === 'rescan');
  assert.ok(rescans.length > 0);
  for (const { to, askedAt } of rescans) assert.ok((askedAt ?? 0) - to >= hour);
  const noted = await loadRescans(db, { account, stream });
  assert.ok(noted.size > 0);
  for (const [age, spans] of noted) assert.ok((spans.at(-1)?.to ?? Infinity) <= now - age);
}

describe('a row that appears late', { concurrency: 2 }, () => {
  for (const stream of logs) {
    it(`within SETTLE is stored by the next ticks and does not count as late: ${stream}`, async () => {
      const time = createStillTime();
      await withInstallation(
        accountWithLate(time, stream, 240),
        { localNow: time.localNow },
        async (installation) => {
          await time.pass(installation, 0);
          const began = time.seconds();
          await pullCompletely(installation, stream);
          const hidden = await listMissing(installation, stream, { from: 0, to: began });
          assert.deepEqual(hidden, [], 'at first all is stored that Zendesk shows');
          for (let tick = 0; tick < 10; tick += 1) {
            await time.pass(installation, 60);
            await pullCompletely(installation, stream);
            assert.deepEqual(
              await listMissing(installation, stream, { from: 0, to: time.seconds() }),
              [],
            );
          }
          const [coverage, ...more] = await assertTrue(installation, stream);
          assert.deepEqual([coverage?.to, more], [time.seconds() - 300, []]);
          assert.deepEqual(await countLate(installation, stream), { fetches: 0, runs: 0 });
        },
      );
    });

    it(`by 40 minutes is found when its span is read again after an hour: ${stream}`, async () => {
      const time = createStillTime();
      const settings = { localNow: time.localNow };
      await withInstallation(
        accountWithLate(time, stream, 2400),
        settings,
        async (installation) => {
          await time.pass(installation, 0);
          await pullCompletely(installation, stream);
          for (let tick = 0; tick < 3; tick += 1) {
            await time.pass(installation, 600);
            await pullCompletely(installation, stream);
          }
          const missed = await listMissing(installation, stream, { from: 0, to: time.seconds() });
          assert.ok(missed.length > 20, `${missed.length} rows came late`);
          const before = await countLate(installation, stream);

          const rescans = await countRescans(installation, stream);
          const ticks = 12;
          for (let tick = 0; tick < ticks; tick += 1) {
            await time.pass(installation, 600);
            await pullCompletely(installation, stream);
            const overdue = { from: 0, to: time.seconds() - hour - 600 };
            assert.deepEqual(await listMissing(installation, stream, overdue), []);
          }
          const after = await countLate(installation, stream);
          assert.equal(after.runs, after.fetches);
          assert.ok(after.fetches - before.fetches >= missed.length);
          await assertAges(installation, stream, time.seconds());
          // A rescan waits until a sixth of its age has accumulated: ten minutes, the time of a tick here.
          assert.equal((await countRescans(installation, stream)) - rescans, ticks);
        },
      );
    });

    it(`by 10 hours is found when its span is read again after a day: ${stream}`, async () => {
      const time = createStillTime();
      await withInstallation(
        accountWithLate(time, stream, 10 * hour),
        { localNow: time.localNow },
        async (installation) => {
          await time.pass(installation, 0);
          const began = time.seconds();
          await pullCompletely(installation, stream);
          for (let tick = 0; tick < 4; tick += 1) {
            await time.pass(installation, hour / 2);
            await pullCompletely(installation, stream);
          }
          await time.pass(installation, 20 * hour);
          await pullCompletely(installation, stream);
          const span = { from: began - 9 * hour, to: began + hour };
          const missed = await listMissing(installation, stream, span);
          assert.ok(missed.length > 100, `${missed.length} rows came late`);
          const before = await countLate(installation, stream);

          await time.pass(installation, 7 * hour);
          await pullCompletely(installation, stream);
          assert.deepEqual(await listMissing(installation, stream, span), []);
          const after = await countLate(installation, stream);
          assert.equal(after.runs, after.fetches);
          assert.ok(after.fetches - before.fetches >= missed.length);
          await assertAges(installation, stream, time.seconds());
        },
      );
    });
  }
});
