/** Rollups and findings of a service: when they are made, and what is said of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keepRollups } from '../../src/ingest/rollup-schedule.ts';
import type { Session } from '../../src/ingest/session.ts';
import { request, storeRequests } from '../support/access-requests.ts';
import { collectLog, type CollectedLog } from '../support/collected-log.ts';
import { createHandScheduler } from '../support/hand-scheduler.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { waitUntil } from '../support/pulled-account.ts';

async function withSession(
  work: (
    parts: Installation & { readonly log: CollectedLog; readonly session: Session },
  ) => Promise<void>,
): Promise<void> {
  const log = collectLog();
  await withInstallation({}, { log }, async (installation) => {
    await work({ ...installation, log, session: { engine: installation.engine, workers: [] } });
  });
}

const countDays = async ({ db }: Installation): Promise<number> =>
  (await db.query('select from zendesk.agent_day')).length;
const never = new AbortController().signal;

describe('the rollups and findings of a service', { concurrency: 2 }, () => {
  it('are made at the start and every five minutes, one time after the other, and not after the end', async () => {
    await withSession(async (parts) => {
      const { db, session, log } = parts;
      const scheduler = createHandScheduler();
      await storeRequests(db, [request('a', '2026-11-10T10:00:00Z', '/api/v2/tickets/7')]);
      const runs = (): number =>
        log.lines().filter(({ msg }) => msg === 'rollups and findings refreshed').length;
      const end = keepRollups([session], scheduler, never);
      assert.deepEqual(scheduler.started, ['rollups */5 * * * *']);
      // While it works, a tick begins nothing.
      scheduler.tick('rollups');
      await waitUntil(() => runs() > 0);
      await new Promise(setImmediate);
      assert.deepEqual([runs(), await countDays(parts)], [1, 1]);
      await storeRequests(db, [request('b', '2026-11-12T10:00:00Z', '/api/v2/tickets/7')]);
      scheduler.tick('rollups');
      await end();
      assert.deepEqual([runs(), await countDays(parts), scheduler.running()], [2, 2, []]);
    });
  });

  it('are made of one account after the other, also after one that fails, until a signal', async () => {
    await withSession(async (parts) => {
      const { db, engine, session, log } = parts;
      await storeRequests(db, [request('a', '2026-11-10T10:00:00Z', '/api/v2/tickets/7')]);
      const transaction = async (): Promise<never> => {
        throw new Error('no connection');
      };
      const broken = { ...engine, account: 'broken', bulk: { ...db, transaction } };
      const sessions = [{ engine: broken, workers: [] }, session];
      const stopping = new AbortController();
      await keepRollups(sessions, createHandScheduler(), stopping.signal)();
      assert.equal(await countDays(parts), 1);
      const errors = (): unknown[] =>
        log
          .lines()
          .filter(({ level }) => level === 'error')
          .map((line) => line['account']);
      assert.deepEqual(errors(), ['broken']);
      stopping.abort();
      await storeRequests(db, [request('b', '2026-11-12T10:00:00Z', '/api/v2/tickets/7')]);
      await keepRollups(sessions, createHandScheduler(), stopping.signal)();
      assert.deepEqual([await countDays(parts), errors()], [1, ['broken']]);
      // Also when the signal comes while it works: then the error is none.
      const late = new AbortController();
      const failing = async (): Promise<never> => {
        late.abort();
        throw new Error('no connection');
      };
      const ending = { ...broken, bulk: { ...db, transaction: failing } };
      const last = [{ engine: ending, workers: [] }, session];
      await keepRollups(last, createHandScheduler(), late.signal)();
      assert.deepEqual([await countDays(parts), errors()], [1, ['broken']]);
    });
  });

  it('say which rules and lists have changed, and ten times how far a long work is', async () => {
    await withSession(async ({ db, session, log }) => {
      const refresh = () => keepRollups([session], createHandScheduler(), never)();
      const told = () => log.lines().filter(({ level }) => level === 'info');
      await storeRequests(db, [
        request('a', '2026-10-01T10:00:00Z', '/api/v2/tickets/7'),
        request('b', '2026-10-30T10:00:00Z', '/api/v2/tickets/7'),
      ]);
      await refresh();
      assert.deepEqual(told(), []);
      // So many rows that each day is looked at by itself.
      await db.query(
        `insert into zendesk_sync.stored_rows (account, stream, day, rows)
         select $1, 'access_logs', d::date, 60000 from generate_series('2026-10-01'::date, '2026-10-30', '1 day') as d`,
        [account],
      );
      await db.query(
        `update zendesk.finding_rules set severity = 'info' where rule = 'secret_access'`,
      );
      await db.query(
        `insert into zendesk.service_accounts (account, user_id) values ($1, 99), ($1, 98)`,
        [account],
      );
      await refresh();
      const renewed =
        'rules or lists have changed: their findings are recomputed in the background';
      assert.deepEqual(told(), [
        {
          level: 'info',
          account,
          rules: ['secret_access'],
          others: ['service_account'],
          msg: renewed,
        },
        ...[0, 3, 6, 9, 12, 15, 18, 21, 24, 27].map((done) => ({
          level: 'info',
          account,
          done,
          total: 30,
          msg: 'findings are being recomputed',
        })),
      ]);
    });
  });
});
