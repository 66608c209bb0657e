import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { findFreePort } from '../support/free-port.ts';
import {
  compareLog,
  smallAccount,
  withAccount,
  type PulledAccount,
} from '../support/pulled-account.ts';
import {
  runProgram,
  startProcess,
  startProgram,
  temporary,
  type Ended,
  type Environment,
} from '../support/program.ts';
import { logInElsewhere, openInBrowser } from '../support/zendesk-login.ts';

const link = /^http\S+\/oauth\/authorizations\/new\?\S+$/m;
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The settings of an account for which a person logs in. */
function asPerson({ settings }: PulledAccount): Environment {
  return { ...settings, ZENDESK_OAUTH_GRANT: 'refresh_token' };
}

/** Logs in as somebody does at the machine on which the program runs. */
async function logIn(account: PulledAccount): Promise<Ended> {
  const port = await findFreePort();
  const program = startProgram(['login', '--port', String(port)], asPerson(account));
  const [address] = await program.waitFor(link);
  const response = await fetch(await openInBrowser(address));
  assert.equal(response.status, 200);
  assert.match(await response.text(), /^Zendesk has sent you back\. Continue in the terminal;/);
  return program.ended;
}

/** Runs `login --paste` with what is pasted, a line each. */
async function paste(account: PulledAccount, lines: readonly string[]): Promise<Ended> {
  const answers = join(temporary, `pasted-${lines.length}-${Math.random()}`);
  writeFileSync(answers, lines.map((line) => `${line}\n`).join(''));
  const call = ['sh', '-c', '"$0" "$@" < "$ANSWERS"', process.execPath, main, 'login', '--paste'];
  return startProcess(call, { ...asPerson(account), ANSWERS: answers }).ended;
}

describe('login', { concurrency: 2 }, () => {
  it('sends a person to Zendesk, reads the answer, and keeps it for later runs', async () => {
    await withAccount(smallAccount, async (account) => {
      const before = await runProgram(['sync'], asPerson(account));
      assert.equal(before.status, 1);
      assert.match(
        before.stderr + before.stdout,
        /Nobody has logged in yet: there is no refresh token; log in with the command "login"\./,
      );
      const { status, stdout, stderr } = await logIn(account);
      assert.equal(status, 0, stderr);
      assert.match(
        stdout,
        /^Logged in to acme as .+ \(admin\), with the OAuth client log-puller\.$/m,
      );
      assert.match(stdout, /encrypted with the secret of the OAuth client.* end in 89 days\.$/m);
      const asked = account.simulator.requests().filter(({ path }) => path === '/oauth/tokens');
      assert.deepEqual(
        asked.map(({ status: answered }) => answered),
        [201],
      );
      const [first, second] = await Promise.all([
        runProgram(['sync'], asPerson(account)),
        runProgram(['sync'], asPerson(account)),
      ]);
      assert.deepEqual([first.status, second.status], [0, 0], first.stderr + second.stderr);
      for (const stream of ['audit_logs', 'access_logs'] as const) {
        const { stored, shown } = await compareLog(account, stream);
        assert.deepEqual(stored, shown);
      }
      const requests = account.simulator.requests();
      assert.equal(requests.filter(({ path }) => path === '/oauth/tokens').length, 1);
      const doctor = await runProgram(['doctor'], asPerson(account));
      assert.equal(doctor.status, 0, doctor.stdout);
      const page = doctor.stdout.replaceAll(/\s+/g, ' ');
      assert.match(
        page,
        /ok Credentials: OAuth client log-puller, for a person who logged in; the access token ends on 2026-11-20 \d\d:\d\d UTC, the refresh token ends on 2027-02-16 \d\d:\d\d UTC, and each run renews both/,
      );
      assert.match(page, /ok Access token: good for .+ with the scope read of .+ \(admin\)/);
      assert.match(page, new RegExp(`ok ${auditLogs.title}: answers`, 'i'));
      assert.match(page, new RegExp(`ok ${accessLogs.title}: answers`, 'i'));
    });
  });

  it('begins with the refresh token of the settings, which two processes at once use once', async () => {
    await withAccount(smallAccount, async (account) => {
      const { refreshToken } = await logInElsewhere(account.simulator);
      const settings = { ...account.settings, ZENDESK_REFRESH_TOKEN: refreshToken };
      const doctor = await runProgram(['doctor'], settings);
      assert.match(
        doctor.stdout.replaceAll(/\s+/g, ' '),
        /ZENDESK_REFRESH_TOKEN was not used yet, the next sync does/,
      );
      const ends = await Promise.all([
        runProgram(['sync'], settings),
        runProgram(['sync'], settings),
      ]);
      for (const { status, stderr, stdout } of ends) {
        assert.equal(status, 0, stderr);
        assert.ok(!`${stdout}${stderr}`.includes(refreshToken));
      }
      const asked = account.simulator.requests().filter(({ path }) => path === '/oauth/tokens');
      assert.equal(asked.length, 2);
    });
  });

  it('reports with sync and doctor that the login has ended, and what to do', async () => {
    await withAccount(smallAccount, async (account) => {
      assert.equal((await logIn(account)).status, 0);
      account.simulator.addFault({ kind: 'login-revoked', stream: 'users' });
      const sync = await runProgram(['sync', 'users'], asPerson(account));
      assert.equal(sync.status, 1);
      const found =
        'Zendesk refuses the refresh token: it has expired, was revoked, or was used somewhere else';
      assert.ok(`${sync.stdout}${sync.stderr}`.includes(found));
      const doctor = await runProgram(['doctor'], asPerson(account));
      assert.equal(doctor.status, 1);
      assert.match(
        doctor.stdout.replaceAll(/\s+/g, ' '),
        /problem Credentials: .*; Zendesk refused the refresh token on .*: it has expired, was revoked, or was used somewhere else -> Log in with the command "login"\./,
      );
      assert.equal((await logIn(account)).status, 0);
      assert.equal((await runProgram(['sync', 'users'], asPerson(account))).status, 0);
    });
  });

  it('ends when the person refuses, and says so', async () => {
    await withAccount({ ...smallAccount, consent: 'deny' }, async (account) => {
      const port = await findFreePort();
      const program = startProgram(['login', '--port', String(port)], asPerson(account));
      const [address] = await program.waitFor(link);
      await fetch(await openInBrowser(address));
      const { status, stderr } = await program.ended;
      assert.equal(status, 1);
      assert.equal(
        stderr,
        'Zendesk sent the browser back without a code (access_denied); begin again, as an admin who allows it, with scopes that the OAuth client has.\n',
      );
    });
  });

  it('ignores a browser with another state', async () => {
    await withAccount(smallAccount, async (account) => {
      const port = await findFreePort();
      const program = startProgram(['login', '--port', String(port)], asPerson(account));
      const [address] = await program.waitFor(link);
      const forged = await fetch(`http://127.0.0.1:${port}/callback?code=abcdefgh&state=guess`);
      assert.equal(forged.status, 400);
      assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);
      await fetch(await openInBrowser(address));
      assert.equal((await program.ended).status, 0);
    });
  });

  it('accepts a pasted address after invalid ones, but no code of another login', async () => {
    await withAccount(smallAccount, async (account) => {
      const { status, stdout, stderr } = await paste(account, [
        'what?',
        'http://127.0.0.1:8976/callback?code=abcdefgh&state=guess',
        '0123456789abcdef',
      ]);
      assert.equal(status, 1);
      assert.match(
        stdout,
        /That does not look right: it is neither the address of a page nor a code\./,
      );
      assert.match(stdout, /That does not look right: its state is not that of this login\./);
      assert.match(
        stderr,
        /^Zendesk does not take the code: it is good for two minutes, and once;/m,
      );
    });
  });

  it('says what is missing in the settings, and refuses an invalid port', async () => {
    await withAccount(smallAccount, async (account) => {
      const usual = await runProgram(['login'], account.settings);
      assert.equal(usual.status, 2);
      assert.equal(
        usual.stderr,
        'The settings do not log in as a person. Set an OAuth client (ZENDESK_CLIENT_ID, ZENDESK_CLIENT_SECRET) and ZENDESK_OAUTH_GRANT=refresh_token.\n',
      );
      const port = await runProgram(['login', '--port', 'x'], asPerson(account));
      assert.equal(port.status, 2);
      assert.equal(port.stderr, '--port is "x". Use a port from 1 to 65535, in digits only.\n');
    });
  });
});
