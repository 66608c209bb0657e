import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readAccessRules } from '../../src/config/access-rules.ts';
import type { Queryable } from '../../src/database/client.ts';
import {
  moon,
  moonRule,
  request,
  saidLines,
  sourceRows,
  storeRequests,
} from '../support/access-requests.ts';
import { createEmptyTestDatabase } from '../support/database.ts';
import { withLedger } from '../support/ledger.ts';
import { runProgram, startProgram, temporary } from '../support/program.ts';
import { waitUntil, withAccount } from '../support/pulled-account.ts';
import { withClient } from '../support/query.ts';

const day = '2026-11-19';
const requests = [
  request('a1', `${day}T08:00:00Z`, '/api/v2/tickets/7'),
  request('a2', `${day}T09:00:00Z`, `${moon}/3`),
  request('a3', `${day}T10:00:00Z`, `${moon}/4.json?name=jane`),
  request('a4', `${day}T11:00:00Z`, `${moon}/4/tides`),
];

/** Writes a file of rules. */
function writeRules(name: string, rules: unknown): string {
  const path = join(temporary, name);
  writeFileSync(path, typeof rules === 'string' ? rules : JSON.stringify(rules));
  return path;
}

const moonFile = writeRules('moon.json', [moonRule]);

/** More requests than two batches hold, a minute apart. */
const manyRequests = Array.from({ length: 12_000 }, (_, index) =>
  request(
    `m${String(index).padStart(6, '0')}`,
    new Date(Date.UTC(2026, 10, 1) + index * 60_000).toISOString(),
    `${moon}/${index}`,
  ),
);

async function readPass(db: Queryable): Promise<{ rows: number; changed: number } | undefined> {
  const [row] = await db.query<{ rows: number; changed: number }>(
    'select rows_read::integer as rows, rows_changed::integer as changed from zendesk_sync.classifications',
  );
  return row;
}

/** What went to stderr without the progress that is shown when something takes long. */
function withoutProgress(stderr: string): string {
  return stderr.replaceAll(/^(?:access_logs|rollups) .*\n/gm, '');
}

/** Runs `work` while row 6,000, which is in the second batch, cannot be held by anybody else. */
async function whileHeld(url: string, work: () => Promise<void>): Promise<void> {
  await withClient(url, async (query) => {
    await query('begin');
    await query(`select from zendesk.access_logs where id = 'm006000' for update`);
    await work();
    await query('rollback');
  });
}

describe('classify --report', { concurrency: 2 }, () => {
  it('shows how many requests no rule knows and in which forms, without ids and search texts', async () => {
    await withLedger(async (db, url) => {
      await storeRequests(db, requests);
      const { status, stdout, stderr } = await runProgram(['classify', '--report'], {
        DATABASE_URL: url,
      });
      assert.deepEqual({ status, stderr: withoutProgress(stderr) }, { status: 0, stderr: '' });
      assert.equal(
        stdout,
        `No rule matches 3 of the 4 stored requests of acme (75.00%).

Requests  Newest (UTC)      Form
       2  2026-11-19 10:00  GET /api/v2/moon_phases/{id}
       1  2026-11-19 11:00  GET /api/v2/moon_phases/{id}/tides

Write rules for them into the file named in ACCESS_RULES_FILE; see "classify --help".
`,
      );
    });
  });

  it('prints JSON, and with flags only the last days and the most frequent forms', async () => {
    await withLedger(async (db, url) => {
      const hoursAgo = (hours: number): string =>
        `${new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19)}Z`;
      const [first, second] = [hoursAgo(30), hoursAgo(2)];
      await storeRequests(db, [
        request('a1', hoursAgo(60), `${moon}/1`),
        request('a2', first, `${moon}/2`),
        request('a3', second, `${moon}/3`),
        request('a4', second, `${moon}/3/tides`),
        request('a5', second, '/api/v2/tickets/7'),
      ]);
      const beganMs = Date.now();
      const { status, stdout, stderr } = await runProgram(
        ['classify', '--report', '--days', '2', '--limit', '1', '--json'],
        { DATABASE_URL: url },
      );
      assert.deepEqual({ status, stderr: withoutProgress(stderr) }, { status: 0, stderr: '' });
      const { since, ...report } = JSON.parse(stdout) as { since: string };
      const askedMs = Date.parse(since) + 2 * 86_400_000;
      assert.ok(beganMs <= askedMs && askedMs <= Date.now(), since);
      assert.deepEqual(report, {
        account: 'acme',
        requests: 4,
        unclassified: 3,
        share: 0.75,
        templates: [
          {
            template: 'GET /api/v2/moon_phases/{id}',
            requests: 2,
            newest: new Date(second).toISOString(),
          },
        ],
        others: 1,
      });
    });
  });
});

describe('classify --report, while another holds the table', () => {
  it('shows progress, and ends at a signal with status 1', async () => {
    await withLedger(async (db, url) => {
      await storeRequests(db, requests);
      const report = await withClient(url, async (query) => {
        await query('begin');
        await query('lock table zendesk.access_logs in access exclusive mode');
        const program = startProgram(['classify', '--report'], { DATABASE_URL: url });
        await program.waitFor(/^access_logs {4}0 requests that no rule matches$/m);
        program.kill('SIGINT');
        await query('rollback');
        return program.ended;
      });
      assert.deepEqual(
        [report.status, report.stdout, withoutProgress(report.stderr)],
        [1, '', 'Stopped before the end. There is no report.\n'],
      );
    });
  });
});

describe('classify --apply', { concurrency: 2 }, () => {
  it('classifies requests by a file of rules, once, and leaves the rows of the log as they are', async () => {
    await withLedger(async (db, url) => {
      await storeRequests(db, requests);
      const source = await sourceRows(db);
      const settings = { DATABASE_URL: url, ACCESS_RULES_FILE: moonFile };
      const apply = async (...flags: string[]): Promise<[number | null, string, string]> => {
        const { status, stdout, stderr } = await runProgram(
          ['classify', '--apply', ...flags],
          settings,
        );
        return [status, stdout, withoutProgress(stderr)];
      };
      assert.deepEqual(await apply(), [
        0,
        'Classified 4 requests of acme: 2 have changed; 1 day counted again.\n',
        '',
      ]);
      assert.deepEqual(await saidLines(db), [
        'a1 view ticket 7',
        'a2 view moon_phase 3',
        'a3 view moon_phase 4',
        'a4 unclassified',
      ]);
      assert.deepEqual(
        await db.query('select day::text, views, unclassified, resources from zendesk.agent_day'),
        [{ day, views: 3, unclassified: 1, resources: 3 }],
      );
      assert.deepEqual(
        await db.query(
          `select day::text, resource_type as type, resource_id as id, accesses from zendesk.resource_day order by 2, 3`,
        ),
        [
          { day, type: 'moon_phase', id: '3', accesses: 1 },
          { day, type: 'moon_phase', id: '4', accesses: 1 },
          { day, type: 'ticket', id: '7', accesses: 1 },
        ],
      );
      const { stdout } = await runProgram(['classify', '--report'], settings);
      assert.match(stdout, /^No rule matches 1 of the 4 stored requests of acme \(25\.00%\)\.\n/);

      const [status, told, trouble] = await apply();
      assert.deepEqual([status, trouble], [0, '']);
      assert.match(
        told,
        /^The stored requests of acme are already classified by these rules, up to 2026-11-19 11:00 UTC\. Add --again to classify all of them again\.\n$/,
      );
      assert.deepEqual(await apply('--again'), [
        0,
        'Classified 4 requests of acme: none has changed.\n',
        '',
      ]);
      assert.deepEqual(await sourceRows(db), source);
    });
  });

  it('starts again when the rules have changed, and says as JSON what it did', async () => {
    await withLedger(async (db, url) => {
      await storeRequests(db, requests);
      const apply = async (rules: string): Promise<unknown> => {
        const { status, stdout, stderr } = await runProgram(['classify', '--apply', '--json'], {
          DATABASE_URL: url,
          ACCESS_RULES_FILE: rules,
        });
        assert.deepEqual({ status, stderr: withoutProgress(stderr) }, { status: 0, stderr: '' });
        const { started_at, ended_at, ...result } = JSON.parse(stdout) as Record<string, unknown>;
        assert.ok(String(started_at) <= String(ended_at));
        return result;
      };
      const done = { account: 'acme', outcome: 'complete', requests: 4, changed: 2, days: 1 };
      assert.deepEqual(await apply(moonFile), done);
      assert.deepEqual(await apply(''), done);
      assert.deepEqual(await saidLines(db), [
        'a1 view ticket 7',
        'a2 unclassified',
        'a3 unclassified',
        'a4 unclassified',
      ]);
    });
  });

  it('ends after its batch at a signal, loses only that batch when it is killed, and the next run continues there', async () => {
    await withLedger(async (db, url) => {
      await storeRequests(db, manyRequests);
      const source = await sourceRows(db);
      const settings = { DATABASE_URL: url, ACCESS_RULES_FILE: moonFile };
      const start = (): ReturnType<typeof startProgram> =>
        startProgram(['classify', '--apply'], settings);
      const isWaiting = async (): Promise<boolean> => {
        const waiting = await db.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
             and query like '%for share of l%'`,
        );
        return waiting.length === 1;
      };

      await whileHeld(url, async () => {
        const killed = start();
        await waitUntil(isWaiting);
        killed.kill('SIGKILL');
        await killed.ended;
      });
      assert.deepEqual(await readPass(db), { rows: 5000, changed: 5000 });

      const stopped = start();
      await whileHeld(url, async () => {
        await waitUntil(isWaiting);
        stopped.kill('SIGTERM');
      });
      const { status, stdout, stderr } = await stopped.ended;
      assert.deepEqual(
        { status, stdout, stderr: withoutProgress(stderr) },
        {
          status: 1,
          stdout: '',
          stderr:
            'Stopped after 10,000 requests of acme; "classify --apply" continues from there.\n',
        },
      );
      assert.deepEqual(await readPass(db), { rows: 10_000, changed: 10_000 });

      const last = await start().ended;
      assert.deepEqual(
        [last.status, last.stdout, withoutProgress(last.stderr)],
        [0, 'Classified 12,000 requests of acme: 12,000 have changed; 9 days counted again.\n', ''],
      );
      assert.deepEqual(
        await db.query(
          `select count(*)::integer as rows, count(distinct resource_id)::integer as moons
           from zendesk.access_log_resources where kind = 'view' and resource_type = 'moon_phase'`,
        ),
        [{ rows: 12_000, moons: 12_000 }],
      );
      assert.deepEqual(await saidLines(db).then(({ length }) => length), 12_000);
      assert.deepEqual(await sourceRows(db), source);
    });
  });
});

describe('a file of rules', { concurrency: 2 }, () => {
  it('decides before the built-in rules what pulled requests are about', async () => {
    const rules = writeRules('tickets.json', [
      { path: '/api/v2/tickets/{ticket}', methods: ['GET'], kind: 'export' },
    ]);
    const small = { accessLogDays: 3, accessLogRowsPerDay: 200 };
    await withAccount(small, async ({ settings, query }) => {
      const { status, stderr } = await runProgram(['sync', 'access_logs'], {
        ...settings,
        ACCESS_RULES_FILE: rules,
      });
      assert.equal(status, 0, stderr);
      const kinds = await query<{ kind: string; known: boolean }>(
        `select distinct r.kind from zendesk.access_log_resources r
         join zendesk.access_logs l on l.account = r.account and l.timestamp = r.timestamp and l.id = r.access_log_id
         where l.method = 'GET' and l.url ~ '^/api/v2/tickets/[0-9]+(\\.json)?(\\?|$)' and r.position = 0`,
      );
      assert.deepEqual(kinds, [{ kind: 'export' }]);
    });
  });

  it('that is wrong ends the command with status 2 and all its problems, beside those of other settings', async () => {
    const broken = writeRules('broken.json', [{ path: '/a', kind: 'look' }, { operation: '' }]);
    const { status, stdout, stderr } = await runProgram(['sync'], {
      ZENDESK_SUBDOMAIN: 'acme',
      ZENDESK_OAUTH_TOKEN: 'oauth-token-for-tests',
      ACCESS_RULES_FILE: broken,
      LOG_FORMAT: 'xml',
    });
    assert.deepEqual(
      { status, stdout, stderr },
      {
        status: 2,
        stdout: '',
        stderr: `LOG_FORMAT is "xml". Use auto, json or pretty.
${broken}, rule 1: kind is "look". Use one of view, list, search, export, write, secret, log, noise.
${broken}, rule 2: operation is "". Use the name of a GraphQL operation: letters, digits and underscores.
`,
      },
    );
  });

  it('that does not exist ends the command with one sentence', async () => {
    const { status, stdout, stderr } = await runProgram(['classify', '--apply'], {
      ACCESS_RULES_FILE: '/nowhere/rules.json',
    });
    assert.deepEqual(
      { status, stdout, stderr },
      {
        status: 2,
        stdout: '',
        stderr:
          'ACCESS_RULES_FILE is "/nowhere/rules.json", which cannot be read (ENOENT). Check that it is a JSON file of rules, and its path and permissions.\n',
      },
    );
  });
});

describe('classify', { concurrency: 2 }, () => {
  it('shows a file of rules in its help that can be used as it is', async () => {
    const { status, stdout } = await runProgram(['classify', '--help']);
    assert.equal(status, 0);
    const shown = /^ {2}\[\n[^]*?^ {2}\]$/m.exec(stdout)?.[0] ?? '';
    assert.equal(readAccessRules(shown, 'rules.json').length, 5);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  });

  it('says what is wrong with its arguments', async () => {
    const { status, stdout, stderr } = await runProgram(['classify']);
    assert.deepEqual(
      { status, stdout, stderr },
      {
        status: 2,
        stdout: '',
        stderr: 'Neither --report nor --apply is set. Use exactly one of them.\n',
      },
    );
  });

  it('says what to do if nothing is stored, nothing of the account is stored, or there are no tables', async () => {
    const empty = await createEmptyTestDatabase();
    try {
      const { status, stderr } = await runProgram(['classify', '--apply'], {
        DATABASE_URL: empty.url,
      });
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
    await withLedger(async (db, url) => {
      const nothing = await runProgram(['classify', '--report'], { DATABASE_URL: url });
      assert.deepEqual(
        [nothing.status, nothing.stderr],
        [1, 'Nothing has been pulled yet; run "sync" or "serve" first.\n'],
      );
      await storeRequests(db, requests);
      const { status, stderr } = await runProgram(['classify', '--apply'], {
        DATABASE_URL: url,
        ZENDESK_SUBDOMAIN: 'beta',
      });
      assert.deepEqual(
        { status, stderr },
        {
          status: 2,
          stderr:
            'There are no rows of the account "beta". The database has acme. Choose one with --account.\n',
        },
      );
    });
  });
});
