import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { coverAccesses, storeAccesses } from '../support/accessed-rows.ts';
import { examineLogs } from '../support/findings.ts';
import { runProgram, startProcess } from '../support/program.ts';
import { storeChanges, withStored } from '../support/report-data.ts';

type Row = Readonly<Record<string, unknown>>;

async function ask(settings: { DATABASE_URL: string }, ...args: string[]): Promise<Row[]> {
  const { status, stdout, stderr } = await runProgram(
    ['report', ...args, '--format', 'ndjson'],
    settings,
  );
  assert.equal(status, 0, stderr);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

describe('report log', { concurrency: 2 }, () => {
  it('has every filter of the source, its order, and a limit', async () => {
    await withStored(async (db, settings) => {
      const at = (day: string): string => `2026-09-${day}T10:00:00Z`;
      await storeChanges(db, [
        { id: 1, created_at: at('01'), action: 'destroy', actor_id: 5, source_type: 'rule' },
        { id: 2, created_at: at('02'), ip_address: '203.0.113.9', source_id: 77 },
        {
          id: 3,
          created_at: at('03'),
          actor_id: 5,
          source_label: 'Trigger: &amp;quot;VIP_%&amp;quot;',
        },
        { id: 4, created_at: '2026-10-01T00:00:00Z' },
      ]);
      const ids = async (...flags: string[]): Promise<unknown[]> =>
        (await ask(settings, 'log', '--month', '2026-09', ...flags)).map(({ id }) => id);
      assert.deepEqual(await ids(), ['1', '2', '3']);
      assert.deepEqual(await ids('--sort=-created_at', '--limit', '2'), ['3', '2']);
      assert.deepEqual(await ids('--source-type', 'rule'), ['1']);
      assert.deepEqual(await ids('--source-type', 'account_setting', '--source-id', '77'), ['2']);
      assert.deepEqual(await ids('--ip', '203.0.113.9'), ['2']);
      assert.deepEqual(await ids('--ip', '203.0.113.0/24'), ['2']);
      assert.deepEqual(await ids('--actor', '5'), ['1', '3']);
      assert.deepEqual(await ids('--text', '"vip_%"'), ['3']);
      assert.deepEqual(await ids('--text', '30 MINUTES', '--limit', '2'), ['1', '2']);
      assert.deepEqual(await ids('--action', 'destroy', '--action', 'update'), ['1', '2', '3']);
      const mistyped = await runProgram(
        ['report', 'log', '--month', '2026-09', '--source-type', 'rulez', '--limit', '1'],
        settings,
      );
      assert.match(mistyped.stdout, /^Audit log, .*, type rulez, at most 1 row$/m);
      assert.match(
        mistyped.stdout,
        /^Coverage: No change of the type rulez is stored at all\. The stored types are account_setting, rule\.$/m,
      );
    });
  });

  it('has all twelve fields of a record as Zendesk gave them with --all-fields', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [{ id: 1, created_at: '2026-09-01T10:00:00Z' }]);
      const [row = {}] = await ask(settings, 'log', '--month', '2026-09', '--all-fields');
      assert.deepEqual(Object.keys(row), [
        'created_at',
        'id',
        'action',
        'action_label',
        'actor_id',
        'actor_name',
        'source_id',
        'source_type',
        'source_label',
        'change_description',
        'ip_address',
        'url',
        'extra',
      ]);
      assert.equal(row['source_id'], '23639740139415');
    });
  });

  it('refuses filters that make no sense, all at once', async () => {
    const { status, stderr } = await runProgram(
      ['report', 'log', '--month', '2026-13', '--source-id', 'x', '--ip', 'here', '--sort', 'up'],
      {},
    );
    assert.deepEqual(
      { status, stderr: stderr.split('\n') },
      {
        status: 2,
        stderr: [
          '--month is "2026-13". Use a month such as 2026-09, or last or this.',
          '--source-id is "x". Use an id, digits only.',
          '--source-id needs --source-type too, because each type has ids of its own.',
          '--ip is "here". Use an address such as 203.0.113.9.',
          '--sort is "up". Use created_at or -created_at.',
          '',
        ],
      },
    );
  });
});

describe('report ticket', () => {
  it('says who opened a ticket, by visits or by requests', async () => {
    await withStored(async (db, settings) => {
      const time = (minute: string): string => `2026-11-02T10:${minute}:00Z`;
      await storeAccesses(db, [
        { timestamp: time('00'), url: '/api/v2/tickets/937' },
        { timestamp: time('05'), url: '/api/v2/tickets/937' },
        { timestamp: time('50'), url: '/api/v2/tickets/937' },
        { timestamp: time('06'), url: '/api/v2/tickets/1' },
        { timestamp: time('07'), url: '/api/v2/tickets/937', user_id: 8, status: 403 },
      ]);
      await coverAccesses(db, '2026-11-02T00:00:00Z', '2026-11-03T00:00:00Z');
      const span = ['--from', '2026-11-02', '--to', '2026-11-03'];
      const shown = (rows: Row[]): unknown[] =>
        rows.map((row) => [row['time'], row['agent_id'], row['outcome'], row['requests']]);
      assert.deepEqual(shown(await ask(settings, 'ticket', '937', ...span)), [
        [time('00'), '7', 'ok', 2],
        [time('07'), '8', 'denied', 1],
        [time('50'), '7', 'ok', 1],
      ]);
      assert.equal((await ask(settings, 'ticket', '937', ...span, '--requests')).length, 4);
    });
  });
});

describe('report findings', () => {
  it('has what the rules found in both logs, by severity and rule', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [
        {
          created_at: '2026-11-02T10:00:00Z',
          source_label: 'Two-Factor authentication for all admins and agents',
          change_description: 'Disabled',
        },
      ]);
      await coverAccesses(db, '2026-11-02T00:00:00Z', '2026-11-03T00:00:00Z');
      await examineLogs(db);
      const expected = await db.query<{ rule: string; severity: string }>(
        `select rule, severity from zendesk.audit_findings
         where account = 'acme' and created_at >= '2026-11-02' and created_at < '2026-11-03' order by rule`,
      );
      assert.ok(expected.length > 0);
      const found = await ask(settings, 'findings', '--from', '2026-11-02', '--to', '2026-11-03');
      assert.deepEqual(
        found.map(({ rule, severity, log }) => ({ rule, severity, log })),
        expected.map((row) => ({ ...row, log: 'audit_logs' })),
      );
      const [first] = expected;
      const one = await ask(
        settings,
        'findings',
        '--from',
        '2026-11-02',
        '--to',
        '2026-11-03',
        '--rule',
        first?.rule ?? '',
      );
      assert.equal(one.length, 1);
      const span = ['--from', '2026-11-02', '--to', '2026-11-03'];
      const [whole] = await ask(settings, 'findings', ...span, '--all-fields');
      assert.deepEqual(
        Object.keys(whole ?? {}).filter((name) => !(name in (one[0] ?? {}))),
        [
          'acknowledged_at',
          'rule_version',
          'first_at',
          'last_at',
          'evidence',
          'first_found_at',
          'changed_at',
        ],
      );
      assert.equal(whole?.['first_at'], '2026-11-02T10:00:00Z');
      assert.deepEqual(JSON.parse(String(whole['evidence'])), [
        {
          id: whole['record_id'],
          table: 'audit_logs',
          created_at: '2026-11-02T10:00:00Z',
        },
      ]);
      const mistyped = await runProgram(
        ['report', 'findings', '--days', '3', '--rule', 'two_factor_of'],
        settings,
      );
      assert.equal(mistyped.status, 2);
      assert.match(
        mistyped.stderr,
        /^--rule is "two_factor_of"\. Use rules of zendesk\.finding_rules: .*two_factor_off.*\.\n$/,
      );
      const page = await runProgram(['report', 'findings', '--days', '3'], settings);
      assert.match(page.stdout, /^Gap: The audit log: /m);
      assert.match(page.stdout, /^Gap: The access log: /m);
    });
  });
});

describe('completion', () => {
  it('completes commands and options in bash', async () => {
    const { stdout: script } = await runProgram(['completion', 'bash'], {});
    const complete = async (line: string): Promise<string[]> => {
      const words = line.split(' ');
      const code = `${script}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _zendesk_log_sync; echo "\${COMPREPLY[*]}"`;
      return (await startProcess(['bash', '-c', code], {}).ended).stdout.trim().split(' ');
    };
    assert.deepEqual(await complete('zendesk-log-sync st'), ['status']);
    assert.deepEqual(await complete('zendesk-log-sync report lo'), ['log']);
    assert.deepEqual(await complete('zendesk-log-sync report log --so'), [
      '--source-type',
      '--source-id',
      '--sort',
    ]);
    const { status, stderr } = await runProgram(['completion', 'tcsh'], {});
    assert.deepEqual(
      { status, stderr },
      {
        status: 2,
        stderr: 'error: "tcsh" is not a supported shell. Use bash, zsh, fish.\n(see --help)\n',
      },
    );
  });
});
