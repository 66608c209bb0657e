import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram, startProgram } from '../support/program.ts';
import { smallAccount, waitUntil, withAccount } from '../support/pulled-account.ts';

type Line = Readonly<Record<string, unknown>>;

function linesOf(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
}

describe('the log', { concurrency: 2 }, () => {
  it('has one line for each run, with everything that a support case needs, and no lines for pages or rows', async () => {
    await withAccount(smallAccount, async ({ settings, query, simulator }) => {
      const never = '0 0 29 2 *';
      const service = startProgram(['serve'], {
        ...settings,
        AUDIT_LOGS_SCHEDULE: never,
        ACCESS_LOGS_SCHEDULE: never,
        USERS_SCHEDULE: never,
      });
      await waitUntil(async () => {
        const done = await query(
          `select from zendesk_sync.status s where state = 'ok' and gaps = 0 and covered_until is not null and rows > 0
             and not exists (select from zendesk_sync.runs r where ended_at is null)`,
        );
        return done.length === 3;
      });
      service.kill('SIGTERM');
      const { status, stdout } = await service.ended;
      assert.equal(status, 0);
      const lines = linesOf(stdout).filter(({ run }) => run !== undefined);
      const runs = await query<Line>(
        `select id::text as run, account, stream, task, requests, rows_new as new, rows_changed as changed, rows_late as late
         from zendesk_sync.runs order by id`,
      );
      assert.deepEqual(
        lines
          .map(({ run, account, stream, task, requests, new: fresh, changed, late }) => ({
            run,
            account,
            stream,
            task,
            requests,
            new: fresh,
            changed,
            late,
          }))
          .toSorted((a, b) => Number(a.run) - Number(b.run)),
        runs.map((run) => ({
          ...run,
          requests: Number(run['requests']),
          new: Number(run['new']),
          changed: Number(run['changed']),
          late: Number(run['late']),
        })),
      );
      assert.ok(simulator.requests().length > 2 * lines.length, 'there are more pages than runs');
      for (const { msg, ms, requestId, from, until, stream, requests } of lines) {
        assert.match(String(msg), /^run (complete|interrupted)$/);
        assert.equal(typeof ms, 'number');
        if (Number(requests) > 0) assert.match(String(requestId), /^[\w.:-]+$/);
        if (stream === 'users' || Number(requests) === 0) continue;
        for (const moment of [from, until])
          assert.match(String(moment), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
        assert.ok(String(from) < String(until));
      }
      // On a slow machine the program tells its progress after ten seconds, and the sealed log has a checkpoint after a minute.
      const others = linesOf(stdout).filter(
        ({ run, checkpoint, percent }) =>
          run === undefined && checkpoint === undefined && percent === undefined,
      );
      assert.deepEqual(
        others.map(({ msg }) => msg),
        ['started', 'stopped'],
      );
    });
  });

  it('says when a stream is refused, with the id of the request, and when it is available again', async () => {
    await withAccount(smallAccount, async ({ settings, simulator, query }) => {
      simulator.addFault({ kind: '403-plan', stream: 'audit_logs', times: Infinity });
      const asked = { ...settings, LOG_LEVEL: 'debug' };
      assert.equal((await runProgram(['sync', 'audit_logs'], asked)).status, 1);
      await query(
        `update zendesk_sync.streams set refused_since = refused_since - interval '3 minutes'`,
      );
      const refused = await runProgram(['sync', 'audit_logs'], asked);
      assert.equal(refused.status, 1);
      const warnings = linesOf(refused.stderr).filter(
        ({ level, run }) => level === 'warn' && run !== undefined,
      );
      assert.equal(warnings.length, 1);
      const [{ account, stream, task, outcome, requestId, msg } = {}] = warnings;
      assert.deepEqual(
        { account, stream, task, outcome },
        { account: 'acme', stream: 'audit_logs', task: 'live', outcome: 'unavailable' },
      );
      assert.match(String(requestId), /^[\w.:-]+$/);
      assert.match(String(msg), /^The audit log is not available \(403\): /);

      simulator.clearFaults();
      const back = await runProgram(['sync', 'audit_logs'], asked);
      assert.equal(back.status, 0);
      const said = linesOf(back.stderr).filter(
        ({ msg: text }) => text === 'stream available again',
      );
      assert.deepEqual(
        said.map(({ level, account: key, stream: name }) => [level, key, name]),
        [['info', 'acme', 'audit_logs']],
      );
      const once = await runProgram(['sync', 'audit_logs'], asked);
      assert.doesNotMatch(once.stderr, /available again/);
    });
  });
});
