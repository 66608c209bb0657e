import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  endsWithin,
  runProgram,
  startProgram,
  temporary,
  type Program,
} from '../support/program.ts';
import { waitUntil, withAccount, type PulledAccount } from '../support/pulled-account.ts';

const small = { accessLogDays: 1, accessLogRowsPerDay: 20, auditLogDays: 3, auditLogRowsPerDay: 5 };
const promisedMs = 10_000;

type Entry = Readonly<Record<string, unknown>>;

/** A file of reports, and an empty folder for what it writes. */
function writeSchedule(...entries: Entry[]): { folder: string; REPORTS_FILE: string } {
  const folder = mkdtempSync(join(temporary, 'scheduled-'));
  const file = join(mkdtempSync(join(temporary, 'schedule-')), 'reports.yaml');
  const reports = entries.map((entry) => ({ directory: folder, ...entry }));
  writeFileSync(file, JSON.stringify({ reports }));
  return { folder, REPORTS_FILE: file };
}

/** Prepares a known report whose last time has passed while nothing ran. */
async function missTime({ settings, query }: PulledAccount, name: string, schedule: string) {
  assert.equal((await runProgram(['migrate'], settings)).status, 0);
  await query(
    `insert into zendesk_sync.scheduled_reports (account, report, schedule, due_at, next_due_at, finished_at)
     values ('acme', $1, $2, now() - interval '20 days', now() - interval '10 days', now() - interval '20 days')`,
    [name, schedule],
  );
}

async function stop(service: Program): Promise<void> {
  service.kill('SIGTERM');
  assert.ok(await endsWithin(service, promisedMs));
  assert.equal((await service.ended).status, 0, service.written());
}

describe('serve with REPORTS_FILE', { concurrency: 2 }, () => {
  it('writes a report whose time has passed while nothing ran, once, with its time range in the name', async () => {
    await withAccount(small, async (account) => {
      const { folder, REPORTS_FILE } = writeSchedule({
        report: 'log --month last --time-zone Europe/Madrid --all-fields',
        when: '0 6 1 * *',
        form: 'csv',
      });
      const settings = { ...account.settings, REPORTS_FILE, HTTP_PORT: '0' };
      await missTime(account, 'log', '0 6 1 * * Europe/Madrid');
      const service = startProgram(['serve'], settings);
      await service.waitFor(/"msg":"report written"/);
      assert.deepEqual(readdirSync(folder).toSorted(), [
        'acme-log-2026-10.csv',
        'acme-log-2026-10.csv.about.json',
      ]);
      assert.match(
        readFileSync(join(folder, 'acme-log-2026-10.csv'), 'utf8'),
        /^\uFEFFcreated_at,local_created_at,id,action,/,
      );
      await stop(service);
      const rows = await account.query<Entry>(
        `select due_at = '2026-11-01T05:00:00Z' as due, next_due_at = '2026-12-01T05:00:00Z' as next,
           finished_at is not null as finished, file, error from zendesk_sync.scheduled_reports`,
      );
      const file = join(folder, 'acme-log-2026-10.csv');
      assert.deepEqual(rows, [{ due: true, next: true, finished: true, file, error: null }]);

      const [last] = await account.query<{ id: string }>(
        'select max(id)::text as id from zendesk_sync.runs',
      );
      const again = startProgram(['serve'], settings);
      await waitUntil(async () => {
        const followed = await account.query(
          `select distinct stream from zendesk_sync.runs where outcome = 'complete' and id > $1::bigint`,
          [last?.id],
        );
        return followed.length === 3;
      });
      await stop(again);
      assert.doesNotMatch(again.written(), /report written/);
    });
  });

  it('writes a report at its time in one of two processes, asks Zendesk if the report needs it, and counts it', async () => {
    await withAccount(small, async (account) => {
      const { folder, REPORTS_FILE } = writeSchedule(
        {
          report: ['accessed', 'tickets', '--since', '1 hour ago', '--details'],
          when: '* * * * *',
          form: 'xlsx',
          name: 'hourly-tickets',
        },
        { report: 'user nobody', when: '* * * * *', form: '.TXT' },
      );
      const settings = { ...account.settings, REPORTS_FILE };
      const services = [startProgram(['serve'], settings), startProgram(['serve'], settings)];
      const lines = (pattern: RegExp): string[] =>
        services
          .flatMap((service) => service.written().split('\n'))
          .filter((line) => pattern.test(line));
      await waitUntil(
        () => lines(/report written/).length > 0 && lines(/No user .*nobody/).length > 0,
      );
      for (const service of services) await stop(service);
      const files = lines(/report written/).map(
        (line) => (JSON.parse(line) as { file: string }).file,
      );
      assert.equal(new Set(files).size, files.length, 'each time is written once');
      assert.deepEqual(
        readdirSync(folder).toSorted(),
        files.map((file) => file.slice(folder.length + 1)).toSorted(),
      );
      assert.match(
        files[0] ?? '',
        /\/acme-hourly-tickets-2026-11-19T1\d{3}_2026-11-19T1\d{3}\.xlsx$/,
      );
      const [failed] = await account.query<{ error: string }>(
        `select error from zendesk_sync.scheduled_reports where report = 'user-nobody'`,
      );
      assert.match(
        failed?.error ?? '',
        /^No user "nobody" is stored for the account acme\. Use an id, /,
      );
    });
  });

  it('leaves no incomplete file after a signal in the middle, and writes the complete one at the next start', async () => {
    await withAccount(small, async (account) => {
      const { folder, REPORTS_FILE } = writeSchedule({
        report: 'log --from 2026-01-01 --to 2026-02-01',
        when: '0 6 * * *',
        form: 'csv',
      });
      const settings = { ...account.settings, STREAMS: 'users', REPORTS_FILE };
      await missTime(account, 'log', '0 6 * * * UTC');
      await account.query(
        `create table zendesk.audit_logs_early partition of zendesk.audit_logs for values from ('2026-01-01') to ('2026-02-01')`,
      );
      await account.query(
        `insert into zendesk.audit_logs (account, id, created_at, change_description)
         select 'acme', n, timestamptz '2026-01-01T00:00:00Z' + n * interval '1 second', repeat('x', 100)
         from generate_series(1, 300000) as n`,
      );
      const begun = new Promise<void>((resolve) => {
        const watcher = watch(folder, (_, name) => {
          if (name?.endsWith('.partial') !== true) return;
          watcher.close();
          resolve();
        });
      });
      const service = startProgram(['serve'], settings);
      await begun;
      await stop(service);
      assert.deepEqual(readdirSync(folder), []);
      assert.doesNotMatch(service.written(), /report written/);
      writeFileSync(join(folder, 'acme-log-2026-01.csv.0123abcd.partial'), 'left by a kill');
      const next = startProgram(['serve'], settings);
      await next.waitFor(/"msg":"report written"/);
      await stop(next);
      assert.deepEqual(readdirSync(folder).toSorted(), [
        'acme-log-2026-01.csv',
        'acme-log-2026-01.csv.about.json',
      ]);
      const about = JSON.parse(
        readFileSync(join(folder, 'acme-log-2026-01.csv.about.json'), 'utf8'),
      ) as { rows: number };
      assert.equal(about.rows, 300_000);
    });
  });

  it('refuses mistakes before anything starts, in a sentence each', async () => {
    const log = { report: 'log --days 7', when: '0 6 * * *', form: 'csv' };
    const { folder, REPORTS_FILE } = writeSchedule(
      { ...log, report: 'logs --days 7' },
      { ...log, report: 'log --dayz 7' },
      { ...log, report: 'log --days 0' },
      { ...log, report: 'log' },
      { ...log, report: 'log --days 7 --output x.csv' },
      { ...log, report: 'log --days 7 --account beta' },
      { ...log, when: '0 25 * * *' },
      { ...log, when: '0 0 6 * * *' },
      { ...log, form: 'xls' },
      { ...log, directory: '/nowhere' },
      { ...log, directory: '/dev/null' },
      { ...log, name: 'My log' },
      log,
      log,
    );
    const settings = {
      ZENDESK_SUBDOMAIN: 'acme',
      ZENDESK_OAUTH_TOKEN: 'a-token-of-some-length',
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
      REPORTS_FILE,
    };
    const { status, stdout, stderr } = await runProgram(['serve'], settings);
    assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
    assert.ok(!stderr.includes(folder));
    assert.deepEqual(stderr.split('\n'), [
      'reports.yaml, report 1: "logs" is not a report. Use one of ticket, accessed, agent, address, subject, findings, log, account-settings, user. Did you mean log?',
      "reports.yaml, report 2: unknown option '--dayz' (Did you mean --days?)",
      'reports.yaml, report 3: --days is "0". Use a whole number from 1 to 36500.',
      'reports.yaml, report 4: Specify a time range: --days 30, --since "2 days ago", --month 2026-09, or --from 2026-01-31 with or without --to.',
      'reports.yaml, report 5: the report says --output. Remove it: form and directory say where the answer goes.',
      'reports.yaml, report 6: --account is "beta", which the settings do not have. Use acme.',
      'reports.yaml, report 7: when is "0 25 * * *". Use the five fields of cron, such as 0 6 * * 1 for Mondays at six.',
      'reports.yaml, report 8: when is "0 0 6 * * *". Use the five fields of cron, such as 0 6 * * 1 for Mondays at six.',
      'reports.yaml, report 9: form is "xls". Use one of xlsx, csv, parquet, json, ndjson, jsonl, txt.',
      'reports.yaml, report 10: directory is "/nowhere", which does not exist. Create the folder first.',
      'reports.yaml, report 11: directory is "/dev/null", which is not a folder. Name a folder for its files.',
      'reports.yaml, report 12: name is "My log". Use small letters, digits and hyphens, at most 64.',
      'reports.yaml: more than one report has the name log. Give each its own name.',
      '',
    ]);
    const missing = await runProgram(['serve'], { ...settings, REPORTS_FILE: '/nowhere.yaml' });
    assert.deepEqual(
      { status: missing.status, stderr: missing.stderr },
      {
        status: 2,
        stderr:
          'REPORTS_FILE is "/nowhere.yaml", which cannot be read (ENOENT). Check the path and its permissions: it has to be a YAML or JSON file of reports.\n',
      },
    );
  });
});
