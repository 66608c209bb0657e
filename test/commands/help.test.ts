import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runProgram, startProcess } from '../support/program.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
// This needs no database: one version of Postgres is enough.
const options = { concurrency: 2, skip: process.env['TEST_POSTGRES_BINARIES'] !== undefined };

describe('the option --help', options, () => {
  const commands: [string, string][] = [
    ['', 'zendesk-log-sync demo'],
    ['init', 'zendesk-log-sync init'],
    ['serve', 'ZENDESK_SUBDOMAIN=acme ZENDESK_OAUTH_TOKEN_FILE=token zendesk-log-sync serve'],
    ['sync', 'zendesk-log-sync sync access_logs users --json'],
    ['backfill', 'zendesk-log-sync backfill audit_logs --from 2024-01-01 --to 2024-02-01'],
    ['status', 'zendesk-log-sync status --check'],
    ['archive', 'zendesk-log-sync archive run --dry-run'],
    ['archive run', 'zendesk-log-sync archive run --older-than 13M --stream access_logs'],
    ['archive list', 'zendesk-log-sync archive list'],
    ['archive verify', 'zendesk-log-sync archive verify'],
    ['archive restore', 'zendesk-log-sync archive restore --stream access_logs --month 2025-10'],
    ['archive repair', 'zendesk-log-sync archive repair --from /mnt/copy-of-archive'],
    ['keys', 'zendesk-log-sync keys show'],
    ['keys make', 'zendesk-log-sync keys make signing-key.pem'],
    ['keys show', 'zendesk-log-sync keys show'],
    ['keys rotate', 'zendesk-log-sync keys rotate --to new-signing-key.pem'],
    ['sql', 'zendesk-log-sync sql "select * from status" --format csv'],
    ['connection', 'zendesk-log-sync connection --role reader'],
    ['migrate', 'DATABASE_URL=postgres://owner@db/zendesk zendesk-log-sync migrate'],
    ['distribute', 'zendesk-log-sync distribute --dry-run'],
    ['gaps', 'zendesk-log-sync gaps --repair --stream access_logs'],
    [
      'reconcile',
      'zendesk-log-sync reconcile --stream audit_logs \\\n    --from 2026-01-01 --to 2026-02-01',
    ],
    ['findings', 'zendesk-log-sync findings recompute --month 2026-09'],
    [
      'findings acknowledge',
      'zendesk-log-sync findings acknowledge 3f0c9a7b2d11e846 --note "a test"',
    ],
    [
      'findings recompute',
      'zendesk-log-sync findings recompute --month 2026-09 --rule enumeration',
    ],
    ['hold', 'zendesk-log-sync hold list'],
    ['erase', 'zendesk-log-sync erase person 1500006944327 --reason "request 17" --yes'],
    ['retention', 'zendesk-log-sync retention plan'],
    ['retention plan', 'zendesk-log-sync retention plan --json'],
    ['retention apply', 'zendesk-log-sync retention apply --yes'],
    ['hold list', 'zendesk-log-sync hold list --all'],
    ['hold release', 'zendesk-log-sync hold release dispute-7 --reason "claim settled"'],
    ['quarantine', 'zendesk-log-sync quarantine list'],
    ['quarantine list', 'zendesk-log-sync quarantine list --stream audit_logs'],
    ['quarantine show', 'zendesk-log-sync quarantine show 7 --raw'],
    ['quarantine retry', 'zendesk-log-sync quarantine retry 7 8'],
    ['alerts', 'zendesk-log-sync alerts test'],
    ['alerts test', 'zendesk-log-sync alerts test'],
    ['alerts list', 'zendesk-log-sync alerts list'],
    ['doctor', 'zendesk-log-sync doctor'],
    ['demo', 'zendesk-log-sync demo --once'],
    ['simulate', 'zendesk-log-sync simulate --port 8787 --access-logs-per-day 50000'],
  ];
  for (const [command, line] of commands)
    it(`explains ${command || 'the program'} with an example and needs no settings`, async () => {
      const { status, stdout, stderr } = await runProgram(
        [...command.split(' '), '--help'].filter(Boolean),
      );
      assert.equal(status, 0);
      assert.equal(stderr, '');
      assert.ok(stdout.startsWith(`Usage: zendesk-log-sync ${command}`.trimEnd()), stdout);
      assert.ok(stdout.endsWith(`\nExample:\n  ${line}\n\n`), stdout);
      for (const text of stdout.split('\n')) assert.ok(text.length <= 80, `too wide: ${text}`);
    });

  it('names every command', async () => {
    const { stdout } = await runProgram(['--help']);
    const named = [...stdout.matchAll(/^ {2}(\w+) .*$/gm)].map(([, name]) => name);
    assert.deepEqual(named, [
      'init',
      'login',
      'serve',
      'sync',
      'backfill',
      'status',
      'report',
      'verify',
      'evidence',
      'archive',
      'keys',
      'hold',
      'retention',
      'erase',
      'gaps',
      'reconcile',
      'sql',
      'connection',
      'audit',
      'findings',
      'quarantine',
      'alerts',
      'account',
      'classify',
      'migrate',
      'distribute',
      'doctor',
      'demo',
      'simulate',
      'completion',
      'help',
    ]);
  });

  it('prints the same through npm start in a checkout as through the executable', async () => {
    const npm = startProcess(['npm', 'start', '--silent', '--', 'status', '--help'], {}, project);
    const executable = startProcess(['bin/zendesk-log-sync.js', 'status', '--help'], {}, project);
    const [started, executed] = await Promise.all([npm.ended, executable.ended]);
    assert.deepEqual([started.status, executed.status], [0, 0]);
    assert.equal(started.stdout, executed.stdout);
    assert.match(started.stdout, /^Usage: zendesk-log-sync status /);
  });

  it('lists the commands even if no settings can be read, because it reads none', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'help-'));
    await mkdir(join(directory, '.env'));
    const main = join(project, 'bin/zendesk-log-sync.js');
    const help = await startProcess([main, '--help'], {}, directory).ended;
    const ran = await startProcess([main, 'status'], {}, directory).ended;
    await rm(directory, { recursive: true });
    assert.deepEqual([help.status, help.stderr], [0, '']);
    assert.match(help.stdout, /^ {2}status {2,}the state of each stream/m);
    assert.match(ran.stderr, /^The file \.env in .* cannot be read \(EISDIR\)\./);
  });

  it('prints the same for a command of a command as help with both names', async () => {
    const asked = await runProgram(['help', 'report', 'ticket']);
    const flagged = await runProgram(['report', 'ticket', '--help']);
    assert.deepEqual([asked.status, asked.stderr], [0, '']);
    assert.equal(asked.stdout, flagged.stdout);
    assert.match(asked.stdout, /^Usage: zendesk-log-sync report ticket \[options\] <id>\n/);
  });

  it('says in one sentence that its output could not be written', async () => {
    const call = ['sh', '-c', '"$0" bin/zendesk-log-sync.js --help > /dev/full', process.execPath];
    const { status, stderr } = await startProcess(call, {}, project).ended;
    assert.deepEqual(
      { status, stderr },
      { status: 1, stderr: 'The output could not be written completely (ENOSPC).\n' },
    );
  });

  it('has a similar option --version that prints the version', async () => {
    const { status, stdout } = await runProgram(['--version']);
    assert.equal(status, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });
});

describe('the program', options, () => {
  const table: [string, string][] = [
    ['frobnicate', "error: unknown command 'frobnicate'\n(see --help)\n"],
    ['--frobnicate', "error: unknown option '--frobnicate'\n(see --help)\n"],
    ['status --frobnicate', "error: unknown option '--frobnicate'\n(see --help)\n"],
    [
      'status extra',
      "error: too many arguments for 'status'. Expected 0 arguments but got 1: extra.\n(see --help)\n",
    ],
    [
      'backfill access_logs --to 2026-01-31',
      "error: required option '--from <time>' not specified\n(see --help)\n",
    ],
    [
      'backfill --from 2026-01-30 --to 2026-01-31',
      "error: missing required argument 'stream'\n(see --help)\n",
    ],
    ['simulate --port x', '--port is "x". Use a whole number.\n'],
  ];
  for (const [line, sentence] of table)
    it(`refuses "${line}" with status 2 and a sentence`, async () => {
      const { status, stdout, stderr } = await runProgram(line.split(' '));
      assert.deepEqual({ status, stdout, stderr }, { status: 2, stdout: '', stderr: sentence });
    });
});
