import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Database } from '../../src/database/client.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { coverAccesses, storeAccesses } from '../support/accessed-rows.ts';
import { createEmptyTestDatabase, withDatabase } from '../support/database.ts';
import { runProgram, startProcess, temporary } from '../support/program.ts';
import { auditLimits, storeChanges, withStored } from '../support/report-data.ts';
import { readWorkbook } from '../support/workbook.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const report = ['report', 'account-settings', '--from', '2026-01-01', '--to', '2026-02-01'];
const accessed = ['report', 'accessed', 'tickets', '--from', '2026-01-01', '--to', '2026-02-01'];
const folder = (): string => mkdtempSync(join(temporary, 'reports-'));

/** Many rows, made in the database itself. */
async function storeMany(db: Database, count: number): Promise<void> {
  await storeChanges(db, [{ id: 0, created_at: '2026-01-01T00:00:00Z' }]);
  await db.query(
    `insert into zendesk.audit_logs (account, id, created_at, actor_id, actor_name, source_type, change_description)
     select 'acme', n, timestamptz '2026-01-01T00:00:00Z' + n * interval '1 second', 5, 'Joe Agent', 'account_setting', repeat('x', 100)
     from generate_series(1, $1 - 1) as n`,
    [count],
  );
}

/** Many requests for tickets, made in the database itself. */
async function storeManyAccesses(db: Database, count: number): Promise<void> {
  await storeAccesses(db, [{ timestamp: '2026-01-01T00:00:00Z', url: '/api/v2/tickets/999999' }]);
  await coverAccesses(db, '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z');
  await db.query(
    `with requests as (
       select 'acme', timestamptz '2026-01-01T00:00:00Z' + n * interval '1 second' as at, 'm' || n as id, n
       from generate_series(1, $1 - 1) as n
     ), logs as (
       insert into zendesk.access_logs (account, timestamp, id, user_id, status, url, client)
       select 'acme', at, id, 7, 200, '/api/v2/tickets/' || n, repeat('x', 100) from requests
     )
     insert into zendesk.access_log_resources (account, timestamp, access_log_id, position, kind, resource_type, resource_id, user_id, status)
     select 'acme', at, id, 0, 'view', 'ticket', n::text, 7, 200 from requests`,
    [count],
  );
}

describe('the output of a report', { concurrency: 2 }, () => {
  it('replaces a file once it is complete, and says on stderr how complete the answer is', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [{ id: 1, created_at: '2026-01-02T00:00:00Z' }]);
      const place = folder();
      const path = join(place, 'settings.csv');
      writeFileSync(path, 'former content');
      const { status, stdout, stderr } = await runProgram([...report, '--output', path], settings);
      assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
      assert.deepEqual(stderr.split('\n'), [
        'Account settings changed, 2026-01-01 to 2026-02-01 (UTC)',
        'Coverage: No part of the audit log from 2026-01-01 00:00:00 to 2026-02-01 00:00:00 is completely stored.',
        'Gap: 2026-01-01 00:00:00 to 2026-02-01 00:00:00 (31d) is not stored.',
        ...auditLimits,
        `Wrote 1 row to ${path}.`,
        '',
      ]);
      assert.equal(readFileSync(path, 'utf8').split('\r\n').length, 3);
      assert.deepEqual(readdirSync(place), ['settings.csv', 'settings.csv.about.json']);
      const about = JSON.parse(readFileSync(`${path}.about.json`, 'utf8')) as {
        title: string;
        rows: number;
        statement: { gaps: string[] };
        file: { name: string; sha256: string };
      };
      assert.deepEqual(
        [about.title, about.rows, about.statement.gaps, about.file.name, about.file.sha256],
        [
          'Account settings changed, 2026-01-01 to 2026-02-01 (UTC)',
          1,
          ['2026-01-01 00:00:00 to 2026-02-01 00:00:00 (31d) is not stored.'],
          'settings.csv',
          createHash('sha256').update(readFileSync(path)).digest('hex'),
        ],
      );
    });
  });

  it('has the format that the name of the file asks for, unless --format says otherwise', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [{ id: 1, created_at: '2026-01-02T00:00:00Z' }]);
      const place = folder();
      const write = async (name: string, ...flags: string[]): Promise<string> => {
        const path = join(place, name);
        assert.equal(
          (await runProgram([...report, '--output', path, ...flags], settings)).status,
          0,
        );
        return readFileSync(path, 'utf8');
      };
      assert.match(await write('a.ndjson'), /^\{"time":"2026-01-02T00:00:00Z",.*\}\n$/);
      assert.equal((JSON.parse(await write('a.json')) as { account: string }).account, 'acme');
      assert.match(await write('a.csv', '--format', 'table'), /^Account settings changed, /);
      assert.match(await write('a.txt'), /^Account settings changed, .*\n\nTime /);
    });
  });

  it('is a workbook or Parquet if the file name ends so, and no other file name is accepted', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [{ id: 28835702984999, created_at: '2026-01-02T00:00:00Z' }]);
      const place = folder();
      const write = async (name: string): Promise<Buffer> => {
        const path = join(place, name);
        const { status, stderr } = await runProgram([...report, '--output', path], settings);
        assert.equal(status, 0, stderr);
        return readFileSync(path);
      };
      const sheets = readWorkbook(await write('Settings.XLSX'));
      assert.equal(sheets.get('Rows')?.[1]?.at(-1)?.text, '28835702984999');
      assert.equal((await write('a.parquet')).toString('latin1', 0, 4), 'PAR1');
      assert.deepEqual(readdirSync(place), ['Settings.XLSX', 'a.parquet', 'a.parquet.about.json']);

      for (const name of ['a.xls', 'a.csv.gz', 'settings']) {
        const path = join(place, name);
        const { status, stdout, stderr } = await runProgram(
          [...report, '--output', path],
          settings,
        );
        assert.deepEqual(
          { status, stdout, stderr },
          {
            status: 2,
            stdout: '',
            stderr: `--output is "${path}", which does not end like a known format. Use .csv, .json, .ndjson, .xlsx, .parquet or .txt, or add --format.\n`,
          },
        );
      }
      assert.equal(readdirSync(place).length, 3);
    });
  });

  it('is bytes in a pipe, and not on a terminal', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [{ id: 1, created_at: '2026-01-02T00:00:00Z' }]);
      const path = join(folder(), 'piped');
      const args = [process.execPath, main, ...report, '--format', 'xlsx'];
      const piped = await startProcess(
        ['bash', '-c', `"$0" "$@" | cat > ${path}`, ...args],
        settings,
      ).ended;
      assert.equal(piped.status, 0, piped.stderr);
      assert.equal(readWorkbook(readFileSync(path)).get('Rows')?.length, 2);
      const line = args.map((arg) => `'${arg}'`).join(' ');
      const { status, stdout } = await startProcess(
        ['script', '--quiet', '--return', '--command', line, '/dev/null'],
        settings,
      ).ended;
      assert.deepEqual(
        [status, stdout.trim()],
        [
          2,
          '--format xlsx cannot be shown on a terminal. Add --output report.xlsx, or use a pipe.',
        ],
      );
    });
  });

  it('is refused if it cannot be written, and no part of it stays', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [{ id: 1, created_at: '2026-01-02T00:00:00Z' }]);
      const place = folder();
      mkdirSync(join(place, 'folder'));
      writeFileSync(join(place, 'file'), '');
      const table: [string, string][] = [
        [
          'missing/a.csv',
          'which cannot be written: its folder does not exist. Use a file in a folder that you can write to.',
        ],
        [
          'file/a.csv',
          'which cannot be written: a part of its path is not a folder. Use a file in a folder that you can write to.',
        ],
        ['folder', 'which is a folder. Use the name of a file.'],
      ];
      for (const [name, reason] of table) {
        const path = join(place, name);
        const { status, stdout, stderr } = await runProgram(
          [...report, '--output', path],
          settings,
        );
        assert.deepEqual(
          { status, stdout, stderr },
          { status: 2, stdout: '', stderr: `--output is "${path}", ${reason}\n` },
        );
      }
      assert.deepEqual(readdirSync(place), ['file', 'folder']);
      const device = await runProgram([...report, '--output', '/dev/null'], settings);
      assert.equal(device.status, 0);
      const full = await runProgram([...report, '--output', '/dev/full'], settings);
      assert.deepEqual(
        { status: full.status, stderr: full.stderr },
        { status: 1, stderr: '"/dev/full" could not be written completely: the disk is full.\n' },
      );
    });
  });

  it('of 300,000 rows needs no more memory than one of a few', async () => {
    await withStored(async (db, settings) => {
      await storeMany(db, 300_000);
      const path = join(folder(), 'many.ndjson');
      // The rows are 120 MB of text and several times that as objects.
      const { status, stderr } = await runProgram([...report, '--output', path], {
        ...settings,
        NODE_OPTIONS: '--max-old-space-size=64',
      });
      assert.equal(status, 0, stderr);
      assert.match(stderr, /^Wrote 300,000 rows to /m);
    });
  });

  it('of 300,000 rows needs no more memory as a workbook or Parquet', async () => {
    await withStored(async (db, settings) => {
      await storeMany(db, 300_000);
      for (const name of ['many.xlsx', 'many.parquet']) {
        const path = join(folder(), name);
        const { status, stderr } = await runProgram([...report, '--output', path], {
          ...settings,
          NODE_OPTIONS: '--max-old-space-size=64',
        });
        assert.equal(status, 0, stderr);
        assert.match(stderr, /^Wrote 300,000 rows to /m);
      }
    });
  });

  it('of 300,000 accesses needs no more memory than one of a few', async () => {
    await withStored(async (db, settings) => {
      await storeManyAccesses(db, 300_000);
      const path = join(folder(), 'many.csv');
      const { status, stderr } = await runProgram([...accessed, '--output', path], {
        ...settings,
        NODE_OPTIONS: '--max-old-space-size=64',
      });
      assert.equal(status, 0, stderr);
      assert.match(stderr, /^Wrote 300,000 rows to /m);
    });
  });

  it('ends quietly when the reader of the pipe leaves', async () => {
    await withStored(async (db, settings) => {
      await storeMany(db, 20_000);
      for (const format of ['table', 'json']) {
        const command = `set -o pipefail; "$0" "$@" | head -c 100 | wc -c`;
        const args = [process.execPath, main, ...report, '--format', format];
        const { status, stdout, stderr } = await startProcess(
          ['bash', '-c', command, ...args],
          settings,
        ).ended;
        assert.deepEqual([status, stdout.trim(), stderr], [0, '100', ''], format);
      }
    });
  });
});

describe('the account of a report', { concurrency: 2 }, () => {
  it('is the given one, otherwise the configured one, otherwise the only one', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [
        { id: 1, created_at: '2026-01-02T00:00:00Z' },
        { id: 2, created_at: '2026-01-02T00:00:00Z', account: 'beta' },
      ]);
      const ask = async (flags: string[], more: Record<string, string> = {}): Promise<string> => {
        const { status, stdout, stderr } = await runProgram(
          [...report, '--format', 'ndjson', ...flags],
          { ...settings, ...more },
        );
        return status === 0 ? (JSON.parse(stdout) as { id: string }).id : `${status}: ${stderr}`;
      };
      assert.equal(await ask([]), '1');
      await registerStream(db, 'beta', auditLogs);
      assert.equal(
        await ask([]),
        '2: The database has the accounts acme, beta. Choose one with --account.\n',
      );
      assert.equal(await ask([], { ZENDESK_SUBDOMAIN: 'beta' }), '2');
      assert.equal(await ask(['--account', 'acme'], { ZENDESK_SUBDOMAIN: 'beta' }), '1');
      assert.equal(
        await ask(['--account', 'gamma']),
        '2: There are no rows of the account "gamma". The database has acme, beta. Choose one with --account.\n',
      );
    });
  });

  it('must be known: without tables or rows there is no report', async () => {
    await withDatabase(async (url) => {
      const { status, stderr } = await runProgram(report, { DATABASE_URL: url });
      assert.deepEqual(
        { status, stderr },
        { status: 1, stderr: 'Nothing has been pulled yet; run "sync" or "serve" first.\n' },
      );
    });
    const empty = await createEmptyTestDatabase();
    try {
      const { status, stderr } = await runProgram(report, { DATABASE_URL: empty.url });
      assert.deepEqual(
        { status, stderr },
        {
          status: 1,
          stderr:
            'The database does not have the tables of this version of zendesk-log-sync; run "migrate" or "sync" first.\n',
        },
      );
    } finally {
      await empty.drop();
    }
  });
});

describe('report --help and audit --help', { concurrency: 2 }, () => {
  const commands: [string, string][] = [
    ['report', 'zendesk-log-sync report account-settings --from 2026-01-01 --to 2026-02-01'],
    [
      'report account-settings',
      'zendesk-log-sync report account-settings --from 2026-01-01 --to 2026-02-01 \\\n    --time-zone Europe/Madrid --format csv --output settings.csv',
    ],
    ['report user', 'zendesk-log-sync report user joe@acme.example --last 50'],
    ['report accessed', 'zendesk-log-sync report accessed tickets --days 30 --output tickets.csv'],
    [
      'report subject',
      'zendesk-log-sync report subject --user 417198039213 --tickets 937,941 \\\n    --from 2026-01-01 --to 2026-02-01 --pseudonymise',
    ],
    ['report agent', 'zendesk-log-sync report agent joe@acme.example --from 2026-01-31'],
    ['report address', 'zendesk-log-sync report address 203.0.113.9 --days 7'],
    ['audit', 'zendesk-log-sync audit show 54337476015999'],
    ['audit show', 'zendesk-log-sync audit show 54337476015999 --live'],
    ['audit export', 'zendesk-log-sync audit export --from 2026-01-01 --action destroy'],
  ];
  for (const [command, line] of commands)
    it(`explains ${command} with an example and needs no settings`, async () => {
      const { status, stdout, stderr } = await runProgram([...command.split(' '), '--help']);
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      assert.ok(stdout.startsWith(`Usage: zendesk-log-sync ${command}`), stdout);
      assert.ok(stdout.endsWith(`\nExample:\n  ${line}\n\n`), stdout);
      for (const text of stdout.split('\n')) assert.ok(text.length <= 80, `too wide: ${text}`);
    });
});
