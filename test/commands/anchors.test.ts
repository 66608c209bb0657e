import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { formatVerifierKey, keyTypes, nameVerifierKey } from '../../src/evidence/forms/keys.ts';
import { findFreePort } from '../support/free-port.ts';
import { runProgram, startProgram, temporary } from '../support/program.ts';
import { smallAccount, withAccount } from '../support/pulled-account.ts';

type Row = {
  readonly stream: string;
  readonly anchors: readonly {
    readonly kind: string;
    readonly place: string;
    readonly last_success: string | null;
    readonly failures: number;
    readonly error: string | null;
  }[];
};

describe('the places outside of the database', () => {
  it('get checkpoints from sync and serve; one that cannot be reached stops nothing, and everybody says so', async () => {
    await withAccount(smallAccount, async ({ settings, query }) => {
      const nobody = `http://127.0.0.1:${await findFreePort()}`;
      const folder = join(temporary, 'anchors');
      mkdirSync(folder);
      const witness = nameVerifierKey('witness.example', keyTypes.cosignature, Buffer.alloc(32, 1));
      const file = join(folder, 'lines');
      const directory = join(folder, 'log');
      const outside = {
        ...settings,
        EVIDENCE_DIR: directory,
        ANCHOR_FILE: file,
        WITNESS_URL: nobody,
        WITNESS_KEY: formatVerifierKey(witness),
      };
      const synced = await runProgram(['sync', 'users', 'audit_logs'], outside);
      assert.equal(synced.status, 0, synced.stderr);
      const sentence = `The witness ${nobody} cannot be reached: no connection (ECONNREFUSED).`;
      assert.ok(synced.stderr.includes(sentence), synced.stderr);

      const { stdout: page } = await runProgram(['status'], outside);
      assert.match(page, /^sealed log: its first \d+ entries are proved by /m);
      const told = page.replaceAll(/\s+/g, ' ');
      assert.ok(told.includes(`the witness ${nobody} has had no checkpoint yet for `), page);
      assert.ok(told.includes(sentence), page);

      const { stdout: json } = await runProgram(['status', '--json'], outside);
      const [{ anchors }] = JSON.parse(json) as [Row];
      assert.deepEqual(
        anchors.map(({ kind, place, last_success, failures, error }) => ({
          kind,
          place,
          ok: last_success !== null,
          // A sync that takes long tries again.
          failed: failures > 0,
          error,
        })),
        [
          { kind: 'directory', place: directory, ok: true, failed: false, error: null },
          { kind: 'file', place: file, ok: true, failed: false, error: null },
          { kind: 'program_log', place: 'log', ok: true, failed: false, error: null },
          { kind: 'witness', place: nobody, ok: false, failed: true, error: sentence },
        ],
      );
      const checked = await runProgram(['status', '--check'], outside);
      assert.doesNotMatch(checked.stderr, /sealed log/, 'a minute is not long');
      await query(
        `update zendesk_evidence.anchor_states set since = now() - interval '4 hours' where kind = 'witness'`,
      );
      const late = await runProgram(['status', '--check'], outside);
      assert.equal(late.status, 1);
      assert.ok(
        late.stderr.includes(
          `acme needs attention: sealed log: the witness ${nobody} has had no checkpoint yet for 4h. ${sentence}`,
        ),
        late.stderr,
      );
      const { stdout: doctor } = await runProgram(['doctor', '--json'], outside);
      const { checks } = JSON.parse(doctor) as {
        checks: { name: string; state: string; found: string; way_out: string }[];
      };
      assert.deepEqual(
        checks.filter(({ name }) => /anchor|signing/.test(name)),
        [
          {
            name: `anchor ${nobody}`,
            state: 'warning',
            found: `the witness ${nobody} has had no checkpoint of the sealed log for 4 h`,
            way_out: sentence,
          },
        ],
      );

      // One process at a time, once an hour: the line is not written twice.
      const serve = startProgram(['serve'], outside);
      await serve.waitFor(/"stream":"audit_logs"[^\n]*complete|checkpoint|up to date/);
      serve.kill('SIGTERM');
      await serve.ended;
      assert.equal(readFileSync(file, 'utf8').split('\n').length, 2);

      const verified = await runProgram(['verify', '--anchor', file], outside);
      assert.equal(verified.status, 0, verified.stdout + verified.stderr);
      rmSync(join(directory, 'acme/checkpoint'));
      const cut = await runProgram(['verify'], outside);
      assert.equal(cut.status, 1);
      assert.match(
        cut.stdout.replaceAll(/\s+/g, ' '),
        /the log has 0 entries, and \d+ were published there/,
      );
    });
  });

  it('do not include a key that is another one after each start, which doctor finds', async () => {
    await withAccount(smallAccount, async ({ settings }) => {
      const [first, second] = ['first', 'second'].map((name) => join(temporary, name)) as [
        string,
        string,
      ];
      const at = (folder: string) => ({ ...settings, SIGNING_KEY: '', DATA_DIR: folder });
      assert.equal((await runProgram(['sync', 'users'], at(first))).status, 0);
      const examine = async (folder: string) => {
        const { stdout } = await runProgram(['doctor', '--json'], at(folder));
        const { checks } = JSON.parse(stdout) as {
          checks: { name: string; state: string; found: string }[];
        };
        // In a container there is a warning as well.
        return checks
          .filter(({ name, state }) => name === 'signing key' && state === 'problem')
          .map(({ found }) => found);
      };
      assert.deepEqual(await examine(first), []);
      const [missing = ''] = await examine(second);
      assert.match(
        missing,
        /^the sealed log is signed with the key acme\/zendesk-log-sync\+[0-9a-f]{8}, and there is none here, neither in SIGNING_KEY_FILE nor in \S+second$/,
      );
      const synced = await runProgram(['sync', 'users'], at(second));
      assert.equal(synced.status, 0);
      const other =
        'The sealed log of acme is signed with another key than the one of this process. Give every process the same SIGNING_KEY_FILE; a container that creates a key at each start has a different key each time. To change the key, run "keys rotate".';
      assert.deepEqual(await examine(second), [other]);
    });
  });
});
