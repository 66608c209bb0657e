import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { storeAuditRows } from '../support/audit-rows.ts';
import { smallAccount, withAccount } from '../support/pulled-account.ts';
import { runProgram, temporary } from '../support/program.ts';
import { auditLimits, withStored } from '../support/report-data.ts';

const record = {
  id: 2,
  source_type: 'account_setting',
  source_label: 'Security: Session &amp; expiration',
  change_description: 'Changed from 10 minutes to 30 minutes',
};

/** A record whose actor had two other names before, and another record. */
async function storeRecord(db: Database): Promise<void> {
  for (const actor_name of ['Ann &amp; One', 'Ann Two', 'Ann Three'])
    await storeAuditRows(db, [{ ...record, actor_name }, { id: 1 }]);
}

type Row = { version: string; until: string | null; field: string; value: unknown; raw: unknown };

describe('audit show', { concurrency: 2 }, () => {
  it('prints a record, cleaned and as Zendesk sent it, with its previous versions', async () => {
    await withStored(async (db, settings) => {
      await storeRecord(db);
      const { status, stdout, stderr } = await runProgram(['audit', 'show', '2'], settings);
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      const time = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g;
      const lines = stdout.replaceAll(time, (moment) =>
        moment === '2026-11-18 12:00:00' ? moment : '<------ time ----->',
      );
      assert.deepEqual(lines.split('\n'), [
        'Audit log record 2 of acme',
        '',
        'Version   Field               Value                                  As Zendesk sent it                     Until',
        'stored    id                  2                                      2',
        'stored    created_at          2026-11-18 12:00:00                    2026-11-18T12:00:00Z',
        'stored    action              update                                 update',
        'stored    action_label',
        'stored    actor_id            5                                      5',
        'stored    actor_name          Ann Three                              Ann Three',
        'stored    source_type         account_setting                        account_setting',
        'stored    source_id           7                                      7',
        'stored    source_label        Security: Session & expiration         Security: Session &amp; expiration',
        'stored    source_label_type   Security',
        'stored    source_label_name   Session & expiration',
        'stored    change_description  Changed from 10 minutes to 30 minutes  Changed from 10 minutes to 30 minutes',
        'stored    old_value           10 minutes',
        'stored    new_value           30 minutes',
        'stored    ip_address          203.0.113.9                            203.0.113.9',
        'stored    url',
        'stored    extra',
        'stored    first_synced_at     <------ time ----->',
        'stored    synced_at           <------ time ----->',
        'former 2  actor_name          Ann Two                                Ann Two                                <------ time ----->',
        'former 1  actor_name          Ann &amp; One                          Ann &amp; One                          <------ time ----->',
        '',
        '21 rows.',
        '',
        'Coverage: First stored at <------ time ----->. It has changed since; the previous contents are former 2 (until <------ time ----->), former 1 (until <------ time ----->).',
        'Gaps: none.',
        ...auditLimits,
        '',
      ]);
    });
  });

  it('writes the same rows as CSV and JSON, and into files', async () => {
    await withStored(async (db, settings) => {
      await storeRecord(db);
      const path = join(mkdtempSync(join(temporary, 'audit-')), 'record.csv');
      const filed = await runProgram(['audit', 'show', '1', '--output', path], settings);
      assert.deepEqual([filed.status, filed.stdout], [0, '']);
      assert.match(filed.stderr, /^Coverage: First stored at .*\. It has not changed since\.$/m);
      assert.match(filed.stderr, /^Wrote 15 rows to .*record\.csv\.$/m);
      const lines = readFileSync(path, 'utf8').split('\r\n');
      assert.deepEqual(lines.slice(0, 3), [
        '\uFEFFversion,field,value,raw,until',
        'stored,id,1,1,',
        'stored,created_at,2026-11-18 12:00:00,2026-11-18T12:00:00Z,',
      ]);
      const ndjson = await runProgram(['audit', 'show', '2', '--format', 'ndjson'], settings);
      const json = await runProgram(['audit', 'show', '2', '--format', 'json'], settings);
      const { rows, title } = JSON.parse(json.stdout) as { rows: Row[]; title: string };
      assert.equal(title, 'Audit log record 2 of acme');
      assert.deepEqual(
        ndjson.stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Row),
        rows,
      );
      const former = rows.filter(({ version }) => version !== 'stored');
      assert.deepEqual(
        former.map(({ version, field, raw }) => [version, field, raw]),
        [
          ['former 2', 'actor_name', 'Ann Two'],
          ['former 1', 'actor_name', 'Ann &amp; One'],
        ],
      );
    });
  });

  it('with --live asks Zendesk within the budget, and compares with what is stored', async () => {
    const small = { ...smallAccount, accessLogDays: 1, accessLogRowsPerDay: 10, auditLogDays: 3 };
    await withAccount(small, async ({ settings, simulator, query }) => {
      const records = simulator.records('audit_logs', new Date(0), new Date(Date.now() - 60_000));
      const live = [...records].at(-1);
      const id = String(live?.['id']);
      const ask = async (): Promise<{ rows: Row[]; coverage: string[] }> => {
        const { status, stdout, stderr } = await runProgram(
          ['audit', 'show', id, '--live', '--format', 'json'],
          settings,
        );
        assert.deepEqual([status, stderr], [0, '']);
        const { rows, statement } = JSON.parse(stdout) as {
          rows: Row[];
          statement: { coverage: string[] };
        };
        assert.match(statement.coverage[0] ?? '', /^Read from Zendesk at \S+ \S+\.$/);
        return { rows, coverage: statement.coverage.slice(1) };
      };
      const first = await ask();
      assert.deepEqual(first.coverage, ['It is not stored here.']);
      for (const field of ['actor_name', 'source_label', 'change_description', 'action'])
        assert.equal(first.rows.find((row) => row.field === field)?.raw, live?.[field], field);
      assert.equal(first.rows[0]?.version, 'live');
      assert.deepEqual(
        simulator
          .requests()
          .filter(({ path }) => path.startsWith('/api/'))
          .map(({ method, path }) => `${method} ${path}`),
        [`GET /api/v2/audit_logs/${id}`],
      );
      const budgets = await query<{ spent: number }>(
        `select sum((entry ->> 1)::integer)::integer as spent
         from zendesk_sync.budgets, jsonb_array_elements(spent) as entry where budget_group = 'support'`,
      );
      assert.deepEqual(budgets, [{ spent: 1 }]);

      assert.equal((await runProgram(['sync', 'audit_logs'], settings)).status, 0);
      assert.deepEqual((await ask()).coverage, ['It is stored here as Zendesk sends it.']);
      await query(
        `update zendesk.audit_logs set actor_name = 'Former Name', ip_address = null where id = $1`,
        [id],
      );
      assert.match(
        (await ask()).coverage[0] ?? '',
        /^The stored record differs in actor_name(, ip_address)?\. When its time is read again, the new values are stored and the previous version is kept\.$/,
      );

      const unknown = await runProgram(['audit', 'show', '5', '--live'], settings);
      assert.deepEqual(
        { status: unknown.status, stdout: unknown.stdout, stderr: unknown.stderr },
        {
          status: 2,
          stdout: '',
          stderr: 'Zendesk has no record 5 in the audit log of acme.\n',
        },
      );
    });
  });

  it('refuses an argument that is not the id of a record with one sentence and status 2', async () => {
    await withStored(async (db, settings) => {
      await storeRecord(db);
      const table: [string[], string][] = [
        [
          ['3'],
          'No record 3 of the audit log of acme is stored. Use an id from the column "id" of a report, or add --live to ask Zendesk.\n',
        ],
        [['x'], 'The id is "x". Use the id of a record of the audit log, digits only.\n'],
        [
          ['9999999999999999999'],
          'The id is "9999999999999999999". Use the id of a record of the audit log, digits only.\n',
        ],
        [
          ['2', '--time-zone', 'Mars'],
          '--time-zone is "Mars". Use an IANA time zone such as Europe/Madrid or UTC.\n',
        ],
        [[], "error: missing required argument 'id'\n(see --help)\n"],
      ];
      for (const [args, sentence] of table) {
        const { status, stdout, stderr } = await runProgram(['audit', 'show', ...args], settings);
        assert.deepEqual({ status, stdout, stderr }, { status: 2, stdout: '', stderr: sentence });
      }
    });
  });
});
