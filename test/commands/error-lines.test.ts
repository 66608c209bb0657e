import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fault } from '../../src/simulator/simulator.ts';
import { createEmptyTestDatabase } from '../support/database.ts';
import { runProgram, shortWaits, startProgram, type Ended } from '../support/program.ts';
import { smallAccount, waitUntil, withAccount } from '../support/pulled-account.ts';
import { withClient } from '../support/query.ts';

type LogLine = {
  readonly level: string;
  readonly msg: string;
  /** Which run; absent for one that could not even begin. */
  readonly run?: string;
  readonly stream?: string;
  readonly task?: string;
  readonly err?: { readonly code?: string };
};
type Run = { readonly outcome: string; readonly code?: string; readonly error: string | null };

/** The log lines about an error; those about an attempt that is repeated do not count. */
function errorLines(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine)
    .filter(({ level, err }) => level === 'error' || err !== undefined);
}

/** What the program printed for people on stderr. */
function plainLines({ stderr }: Ended): string[] {
  return stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
}

/** Runs that did not complete, of the result that `sync --json` printed. */
function failedRuns({ stdout }: Ended): Run[] {
  const { streams } = JSON.parse(stdout) as { streams: { runs: Run[] }[] };
  return streams.flatMap(({ runs }) => runs).filter(({ outcome }) => outcome !== 'complete');
}

describe('an error of Zendesk', { concurrency: true }, () => {
  const table: [string, Omit<Fault, 'times'>, string][] = [
    ['401', { kind: '401' }, 'unauthorized'],
    ['403 for lack of the plan', { kind: '403-plan' }, 'refusal_unconfirmed'],
    ['404', { kind: '404-endpoint' }, 'refusal_unconfirmed'],
    ['429 without end', { kind: '429-retry-after', seconds: 1 }, 'rate_limited'],
    ['an answer that is always broken', { kind: 'truncated-json' }, 'no_usable_answer'],
  ];
  for (const [name, fault, code] of table)
    it(`is once in the log and once in the result, and its code is in the ledger: ${name}`, () =>
      withAccount(smallAccount, async ({ simulator, settings, query }) => {
        simulator.addFault({ ...fault, stream: 'users', times: Infinity });
        const ended = await runProgram(['sync', 'users', '--json'], {
          ...settings,
          ...shortWaits,
        });
        assert.equal(ended.status, 1);
        const lines = errorLines(ended.stderr);
        const runs = failedRuns(ended);
        assert.equal(runs.length, 1);
        assert.deepEqual(
          lines.map(({ msg, err }) => [msg, err?.code]),
          runs.map(({ error }) => [error, code]),
        );
        assert.deepEqual(
          await query(`select error_code from zendesk_sync.runs where outcome <> 'complete'`),
          [{ error_code: code }],
        );
      }));
});

describe('an error that keeps a command from its work', { concurrency: true }, () => {
  it('is one line when a setting is wrong, and one for each of several', () =>
    withAccount(smallAccount, async ({ settings }) => {
      for (const command of ['sync', 'serve', 'status', 'migrate']) {
        const ended = await runProgram([command], { ...settings, SETTLE: 'soon', LOG_LEVEL: 'x' });
        assert.deepEqual([ended.status, ended.stdout], [2, '']);
        assert.deepEqual(
          plainLines(ended).map((line) => line.split(' ')[0]),
          ['SETTLE', 'LOG_LEVEL'],
        );
        assert.deepEqual(errorLines(ended.stderr), []);
      }
    }));

  it('is one line when the tables are missing', async (test) => {
    const database = await createEmptyTestDatabase();
    test.after(() => database.drop());
    const settings = { DATABASE_URL: database.url, ZENDESK_SUBDOMAIN: 'acme' };
    for (const command of [['status'], ['audit', 'show', '1'], ['classify', '--report']]) {
      const ended = await runProgram(command, settings);
      assert.deepEqual(
        [ended.status, ended.stdout, ended.stderr],
        [
          1,
          '',
          'The database does not have the tables of this version of zendesk-log-sync; run "migrate" or "sync" first.\n',
        ],
      );
    }
  });

  it('is one line for the command, and one in the log for each run, when the database stops in the middle of a run', () =>
    withAccount(
      { ...smallAccount, answerMs: 200 },
      async ({ simulator, settings, databaseUrl }) => {
        const sync = startProgram(['sync'], settings);
        await waitUntil(() => simulator.requests().some(({ stream }) => stream === 'audit_logs'));
        const url = new URL(databaseUrl);
        const name = url.pathname.slice(1);
        await withClient(Object.assign(url, { pathname: '/postgres' }).href, async (query) => {
          await query(`alter database ${name} with allow_connections false`);
          await query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
            name,
          ]);
        });
        const ended = await sync.ended;
        assert.equal(ended.status, 1);
        const lines = errorLines(ended.stdout + ended.stderr);
        // The sealed log and its places have lines of their own.
        const ofRuns = lines.filter(({ task }) => task !== undefined);
        const runs = ofRuns.map(({ run, stream, task }) => `${run} ${stream} ${task}`);
        assert.deepEqual(runs, [...new Set(runs)]);
        assert.ok(runs.length > 0);
        for (const { err } of lines) assert.match(String(err?.code), /^database_/);
        assert.equal(plainLines(ended).filter((line) => line.startsWith('Postgres ')).length, 1);
      },
    ));
});
