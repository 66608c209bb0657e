import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { runProgram, settingsFor } from '../support/program.ts';
import { withAccount } from '../support/pulled-account.ts';
import { storePeople, withStored } from '../support/report-data.ts';

const small = { accessLogDays: 1, accessLogRowsPerDay: 10, auditLogDays: 1, auditLogRowsPerDay: 1 };

const mayWrite = { ZENDESK_OAUTH_SCOPE: 'read write' };

/** What was asked of the simulated account, tokens apart. */
function listAsked(simulator: {
  requests(): { method: string; path: string; query: string }[];
}): string[] {
  return simulator
    .requests()
    .filter(({ path }) => path.startsWith('/api/'))
    .map(({ method, path, query }) => `${method} ${path}?${decodeURIComponent(query)}`);
}

describe('audit export', { concurrency: 2 }, () => {
  it('asks Zendesk for a CSV with all filters, and says that it comes by e-mail', async () => {
    await withAccount(small, async ({ settings, simulator, databaseUrl }) => {
      const db = openDatabase({ url: databaseUrl });
      await storePeople(db, [{ id: 7, name: 'Ann Admin', role: 'admin' }]);
      await db.close();
      const flags =
        '--from 2026-01-01 --to 2026-02-01 --time-zone Europe/Madrid --action create --action destroy --source-type rule --source-id 5 --ip 2001:db8::7';
      const { status, stdout, stderr } = await runProgram(
        ['audit', 'export', '--actor', 'ann admin', ...flags.split(' ')],
        { ...settings, ...mayWrite },
      );
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      const filters =
        'filter[created_at][]=2025-12-31T23:00:00Z filter[created_at][]=2026-01-31T23:00:00Z filter[actor_id]=7 filter[action][]=create filter[action][]=destroy filter[source_type]=rule filter[source_id]=5 filter[ip_address]=2001:db8::7';
      const lines = stdout.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '<------ time ----->');
      assert.deepEqual(lines.split('\n'), [
        'Export of the audit log of acme, requested from Zendesk at <------ time ----->',
        '',
        `Asked at             ${'Filters'.padEnd(filters.length)}  Next export from`,
        `<------ time ----->  ${filters}  <------ time ----->`,
        '',
        '1 row.',
        '',
        'Coverage: Zendesk has accepted the export. It will send the CSV by e-mail to the user whose credentials are used here. Its API does not provide the address of the file.',
        'Gap: The content of the file is unknown here, and none of it is stored.',
        'Limit: Zendesk accepts one export a minute for the whole account.',
        'Limit: The export is itself recorded in the audit log, with the action exported.',
        '',
      ]);
      assert.deepEqual(listAsked(simulator), [
        `POST /api/v2/audit_logs/export?${filters.replaceAll(' ', '&')}`,
      ]);
    });
  });

  it('that comes too soon is refused by Zendesk, and the message says how long to wait', async () => {
    await withAccount(small, async ({ settings, simulator }) => {
      const ask = () =>
        runProgram(['audit', 'export', '--format', 'json'], { ...settings, ...mayWrite });
      const first = await ask();
      assert.deepEqual([first.status, first.stderr], [0, '']);
      const { rows } = JSON.parse(first.stdout) as {
        rows: { asked_at: string; filters: string; next_at: string }[];
      };
      assert.equal(rows[0]?.filters, 'none: the whole log');
      const waitMs = Date.parse(rows[0]?.next_at ?? '') - Date.parse(rows[0]?.asked_at ?? '');
      // Both moments, and the one from Zendesk, are cut to whole seconds.
      assert.ok(waitMs > 0 && waitMs <= 61_000, `next after ${waitMs} ms`);

      const second = await ask();
      assert.deepEqual([second.status, second.stdout], [1, '']);
      assert.match(
        second.stderr,
        /^Zendesk accepts one export of the audit log of acme a minute, and the last one was less than a minute ago, so no export was started; try again in [1-9]\d? seconds?\.\n$/,
      );
      assert.deepEqual(listAsked(simulator), Array(2).fill('POST /api/v2/audit_logs/export?'));
    });
  });

  it('says which scope and which role it needs when Zendesk refuses it', async () => {
    await withAccount(small, async ({ simulator, databaseUrl }) => {
      const settings = settingsFor(simulator, databaseUrl);
      const lacking = await runProgram(['audit', 'export'], settings);
      assert.deepEqual(
        [lacking.status, lacking.stderr],
        [
          1,
          'The export of the audit log is not available (403): the token lacks the scope write; allow it for the OAuth client (Admin Center > Apps and integrations > APIs > OAuth clients) and set ZENDESK_OAUTH_SCOPE to "read write"; the user must be an admin too. Zendesk said: "Forbidden: You are missing the following required scopes: write".\n',
        ],
      );
      simulator.addFault({ kind: '403-plan', stream: 'audit_logs', times: Infinity });
      const refused = await runProgram(['audit', 'export'], settings);
      assert.match(
        refused.stderr,
        /^The export of the audit log is not available \(403\): it needs the plan .* and the role admin, and an OAuth token needs the scope write; check the plan, and the role of the user whose credentials are used; set ZENDESK_OAUTH_SCOPE to "read write" if you use an OAuth client\./,
      );
    });
  });

  it('is sent only once when no answer comes, because Zendesk may have accepted it', async () => {
    await withAccount(small, async ({ settings, simulator }) => {
      simulator.addFault({ kind: '503-json', stream: 'audit_logs' });
      const { status, stdout, stderr } = await runProgram(['audit', 'export'], settings);
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(
        stderr,
        /^No usable answer from Zendesk to \/api\/v2\/audit_logs\/export after 1 attempt; .* It is unknown whether Zendesk has accepted the export; wait for its e-mail before you try again\.\n$/,
      );
      assert.equal(listAsked(simulator).length, 1);
    });
  });

  it('refuses flags that make no sense with a sentence for each and status 2, and sends no request', async () => {
    await withAccount(small, async ({ simulator, databaseUrl }) => {
      const settings = settingsFor(simulator, databaseUrl);
      const table: [string[], string][] = [
        [
          ['--to', '2026-01-01'],
          '--to needs --from too. Use both, or neither for the whole log.\n',
        ],
        [
          ['--from', '2026-02-01', '--to', '2026-01-01'],
          '--from 2026-02-01 is not before --to 2026-01-01. Swap the two.\n',
        ],
        [
          ['--actor', 'nobody'],
          'No user "nobody" is stored for the account acme. Use an id, an e-mail address or a full name.\n',
        ],
        [
          ['--source-id', '3', '--ip', 'office'],
          '--source-id needs --source-type too, because each type has ids of its own.\n--ip is "office". Use an address such as 203.0.113.9.\n',
        ],
        [
          ['--source-type', 'rule', '--source-id', 'x'],
          '--source-id is "x". Use an id, digits only.\n',
        ],
        [['--actor', ''], '--actor is empty. Leave it out or give it a value.\n'],
        [
          ['--action', ''],
          '--action is empty. Use an action such as create, update, destroy or login.\n',
        ],
        [
          ['--account', 'beta'],
          '--account is "beta", but the settings are for acme. Leave out --account.\n',
        ],
      ];
      for (const [args, sentence] of table) {
        const { status, stdout, stderr } = await runProgram(['audit', 'export', ...args], settings);
        assert.deepEqual({ status, stdout, stderr }, { status: 2, stdout: '', stderr: sentence });
      }
      assert.deepEqual(listAsked(simulator), []);
    });
    await withStored(async (_, settings) => {
      const { status, stdout, stderr } = await runProgram(['audit', 'export'], settings);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, /^No Zendesk account is set up yet\.\n/);
    });
  });
});
