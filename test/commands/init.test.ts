import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ProcessLike } from '../../src/commands/context.ts';
import { runCommandLine } from '../../src/commands/program.ts';
import { withSimulator } from '../support/doctor-page.ts';
import { startProcess, temporary, type Ended } from '../support/program.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
// This needs no database: one version of Postgres is enough.
const suite = { concurrency: 2, skip: process.env['TEST_POSTGRES_BINARIES'] !== undefined };

/** Runs `init` in a directory with these answers. */
function answer(
  directory: string,
  answers: readonly string[],
  settings: Readonly<Record<string, string>>,
  ...options: readonly string[]
): Promise<Ended> {
  const lines = answers.map((line) => `${line}\n`).join('');
  writeFileSync(join(directory, 'answers'), lines);
  const call = [process.execPath, main, 'init', ...options];
  return startProcess(['sh', '-c', '"$0" "$@" < answers', ...call], settings, directory).ended;
}

/** The process of a program without settings. */
const processWithout = (missing: string): ProcessLike => ({
  argv: [],
  env: {},
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  on: () => process,
  off: () => process,
  exit: () => assert.fail('exit'),
  cwd: () => '/',
  loadEnvFile: () => {
    throw Object.assign(new Error(missing), { code: 'ENOENT' });
  },
});

const createDirectory = (): string => mkdtempSync(join(temporary, 'init-'));
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('init', suite, () => {
  it('explains, tries the answers and writes settings that only their owner can read', async () => {
    await withSimulator({}, async (simulator) => {
      const { clientId, clientSecret } = simulator.options.credentials;
      const { subdomain } = simulator.options;
      const directory = createDirectory();
      writeFileSync(
        join(directory, '.env'),
        `# Ours.\nLOG_LEVEL=warn\nZENDESK_OAUTH_TOKEN=old\nDATA_DIR='other data'\n`,
      );
      const settings = { ZENDESK_BASE_URL: simulator.url };
      const answers = [`https://${subdomain}.zendesk.com`, subdomain, clientId, clientSecret, ''];
      const { status, stdout, stderr } = await answer(directory, answers, settings);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /That does not look right\. Use only the part before \.zendesk\.com/);
      assert.match(stdout, /Add OAuth client[^]*Confidential[^]*"audit export" also needs write/);
      assert.match(stdout, /Account > Logs > Access log > Turn on the Access Log API/);
      assert.match(stdout, /ok {7}Audit log: answers/);
      assert.ok(!stdout.includes(clientSecret));
      assert.equal(
        readFileSync(join(directory, '.env'), 'utf8'),
        `# Ours.\nLOG_LEVEL=warn\nDATA_DIR='other data'\nZENDESK_SUBDOMAIN=${subdomain}\n` +
          `ZENDESK_CLIENT_ID=${clientId}\nZENDESK_CLIENT_SECRET_FILE=secrets/zendesk-client-secret\n`,
      );
      const secret = join(directory, 'secrets', 'zendesk-client-secret');
      assert.equal(readFileSync(secret, 'utf8'), `${clientSecret}\n`);
      assert.deepEqual(
        [modeOf(secret), modeOf(join(directory, '.env')), modeOf(join(directory, 'secrets'))],
        ['600', '600', '700'],
      );
      // What was written is what the next command finds.
      const next = startProcess([process.execPath, main, 'doctor'], settings, directory);
      assert.match((await next.ended).stdout, /nothing has to be fixed/);
    });
  });

  it('asks again after a wrong answer and keeps the right ones with Enter', async () => {
    await withSimulator({}, async (simulator) => {
      const { clientId, clientSecret } = simulator.options.credentials;
      const directory = createDirectory();
      const answers = [
        simulator.options.subdomain,
        clientId,
        'wr0ng',
        '',
        'a',
        '',
        '',
        clientSecret,
        '',
      ];
      const { status, stdout } = await answer(directory, answers, {
        ZENDESK_BASE_URL: simulator.url,
      });
      assert.equal(status, 0, stdout);
      assert.match(stdout, /problem {2}Access token: Zendesk refuses the OAuth client/);
      assert.ok(!stdout.includes('wr0ng'));
    });
  });

  it('writes nothing when the answers end too early', async () => {
    const directory = createDirectory();
    const { status, stderr } = await answer(directory, ['acme', 'log-puller'], {});
    assert.equal(status, 1);
    assert.equal(stderr, 'Stopped before all questions were answered; nothing was written.\n');
    assert.equal(existsSync(join(directory, '.env')), false);
  });

  it('asks nothing where it cannot write the secret', async () => {
    const directory = createDirectory();
    writeFileSync(join(directory, 'secrets'), '');
    const { status, stdout, stderr } = await answer(directory, [], {});
    assert.deepEqual([status, stdout], [2, '']);
    assert.equal(
      stderr,
      `${join(directory, 'secrets')} is not a folder. "init" keeps the secret in a folder of that name: rename what is there.\n`,
    );
    assert.deepEqual(readdirSync(directory).toSorted(), ['answers', 'secrets']);
  });

  it('leaves the settings alone when the secret cannot be written, and nothing half-written', async () => {
    const directory = createDirectory();
    mkdirSync(join(directory, 'secrets', 'zendesk-client-secret'), { recursive: true });
    const answers = ['acme', 'log-puller', 'a-secret', ''];
    const { status, stderr } = await answer(directory, answers, {}, '--login');
    assert.equal(status, 2);
    assert.equal(
      stderr,
      'secrets/zendesk-client-secret cannot be written (EISDIR). Check what is there and its permissions, or run "init" in another directory.\n',
    );
    assert.equal(existsSync(join(directory, '.env')), false);
    assert.deepEqual(readdirSync(join(directory, 'secrets')), ['zendesk-client-secret']);
  });
});

describe('the file .env', suite, () => {
  it('gives settings to every command; those of the environment come first', async () => {
    const directory = createDirectory();
    writeFileSync(join(directory, '.env'), 'ZENDESK_SUBDOMAIN=acme\nLOG_LEVEL=loud\n');
    const run = (settings = {}): Promise<Ended> =>
      startProcess([process.execPath, main, 'status'], settings, directory).ended;
    assert.match((await run()).stderr, /^LOG_LEVEL is "loud"\. Use trace, /);
    assert.match(
      (await run({ LOG_LEVEL: 'info' })).stderr,
      /^There is no database in \.\/data, because nothing has been pulled yet; run /,
    );
  });

  it('that cannot be read is reported in a sentence', async () => {
    const directory = createDirectory();
    mkdirSync(join(directory, '.env'));
    const { status, stderr } = await startProcess([process.execPath, main, 'status'], {}, directory)
      .ended;
    assert.equal(status, 2);
    assert.match(
      stderr,
      /^The file \.env in \S+ cannot be read \(EISDIR\)\. Check that it is a text file /,
    );
  });
});

describe('somebody without settings', suite, () => {
  for (const call of [
    'serve',
    'sync',
    'doctor',
    'status',
    'report accessed tickets --days 3',
    'audit show 1',
    'quarantine list',
  ])
    it(`learns from ${call} in two lines what to do, and nothing is created`, async () => {
      const directory = createDirectory();
      const { status, stdout, stderr } = await startProcess(
        [process.execPath, main, ...call.split(' ')],
        {},
        directory,
      ).ended;
      assert.deepEqual([status, stdout], [2, '']);
      const [first = '', second, ...more] = stderr.trimEnd().split('\n');
      assert.match(
        first,
        /^(?:No Zendesk account is set up yet|There is no database in \.\/data, because nothing has been pulled yet)\.$/,
      );
      assert.equal(
        second,
        'Run "zendesk-log-sync init" to set one up, or "zendesk-log-sync demo" to see it work with a simulated account.',
      );
      assert.deepEqual(more, []);
      assert.equal(existsSync(join(directory, 'data')), false);
    });

  it('learns the name of a misspelled setting', async () => {
    const settings = { ZENDESK_SUBDOMIAN: 'acme', ZENDESK_OAUTH_TOKEN: 'kr7-token' };
    const { status, stderr } = await startProcess(
      [process.execPath, main, 'sync'],
      settings,
      createDirectory(),
    ).ended;
    assert.equal(status, 2);
    const [first, second] = stderr.split('\n');
    assert.equal(
      first,
      'ZENDESK_SUBDOMIAN is not a setting of this program and has no effect; did you mean ZENDESK_SUBDOMAIN?',
    );
    assert.match(second ?? '', /^ZENDESK_SUBDOMAIN is not set\. /);
  });

  it('learns which command was probably meant', async () => {
    const { status, stderr } = await startProcess(
      [process.execPath, main, 'stauts'],
      {},
      createDirectory(),
    ).ended;
    assert.equal(status, 2);
    assert.equal(stderr, "error: unknown command 'stauts'\n(Did you mean status?)\n(see --help)\n");
  });

  it('gets sentences that break between words on a terminal', async () => {
    const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), {
      isTTY: true,
      columns: 80,
    });
    const status = await runCommandLine({
      ...processWithout('.env'),
      argv: ['node', 'zendesk-log-sync', 'doctor'],
      stderr: stderr as unknown as NodeJS.WriteStream & { fd: 2 },
    });
    assert.equal(status, 2);
    assert.equal(
      stderr.read(),
      'No Zendesk account is set up yet.\n' +
        'Run "zendesk-log-sync init" to set one up, or "zendesk-log-sync demo" to see it\n' +
        '  work with a simulated account.\n',
    );
  });

  it('does not mention dashes where they did not matter', async () => {
    for (const [call, end] of [
      ['stauts', '(Did you mean status?)\n(see --help)\n'],
      ['status 30 --json', '(see --help)\n'],
    ] as const) {
      const { status, stderr } = await startProcess(
        [process.execPath, main, ...call.split(' ')],
        { npm_command: 'run', npm_lifecycle_event: 'start' },
        createDirectory(),
      ).ended;
      assert.deepEqual([status, stderr.endsWith(end)], [2, true], stderr);
    }
  });

  it('who forgot the dashes that npm needs gets a message about it', async () => {
    const run = (args: readonly string[], npm: Readonly<Record<string, string>>): Promise<Ended> =>
      startProcess(
        [process.execPath, main, ...args],
        { npm_command: 'run', ...npm },
        createDirectory(),
      ).ended;
    const once = await run(['demo'], { npm_lifecycle_event: 'demo', npm_config_once: 'true' });
    assert.equal(once.status, 2);
    assert.equal(
      once.stderr,
      'npm has taken --once for itself. npm takes options for itself unless you put "--" before them, as in "npm run demo -- --once".\n',
    );
    // An option that npm has too may come from its own settings: the command continues.
    const json = await run(['status'], { npm_lifecycle_event: 'start', npm_config_json: 'true' });
    assert.match(json.stderr, /^npm has taken --json for itself\. [^]*\nThere is no database /);
    assert.match(json.stderr, /Run "npm start -- init" to set one up, or "npm run demo" /);
    const days = await run(['status', '30'], { npm_lifecycle_event: 'start' });
    assert.match(
      days.stderr,
      /too many arguments[^]*npm takes options for itself unless you put "--" before them/,
    );
  });

  it('writes settings for a person who logs in afterwards, and says what to do', async () => {
    const directory = createDirectory();
    writeFileSync(join(directory, '.env'), 'ZENDESK_REFRESH_TOKEN=old\n');
    const answers = ['acme', 'log-puller', 'a-secret', ''];
    const { status, stdout, stderr } = await answer(directory, answers, {}, '--login');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /Redirect URL: http:\/\/127\.0\.0\.1:8976\/callback$/m);
    assert.match(stdout, /Next: ".*login" sends an admin to Zendesk/);
    assert.equal(
      readFileSync(join(directory, '.env'), 'utf8'),
      'ZENDESK_SUBDOMAIN=acme\nZENDESK_CLIENT_ID=log-puller\n' +
        'ZENDESK_CLIENT_SECRET_FILE=secrets/zendesk-client-secret\nZENDESK_OAUTH_GRANT=refresh_token\n',
    );
  });
});
