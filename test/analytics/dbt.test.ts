import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findAnalyticsTool } from '../support/analytics-tools.ts';
import { root } from '../support/project-files.ts';
import { runProgram, startProcess, temporary, type Ended } from '../support/program.ts';
import { withAccount, type PulledAccount } from '../support/pulled-account.ts';

const dbt = findAnalyticsTool('dbt');
const account = {
  accessLogDays: 4,
  accessLogRowsPerDay: 60,
  auditLogDays: 4,
  auditLogRowsPerDay: 20,
};

type Project = {
  readonly run: (...words: readonly string[]) => Promise<Ended>;
  /** A file that dbt has written. */
  readonly read: (name: string) => unknown;
};

/** Runs `work` with the package beside a pulled account, as a login that only reads and has a schema of its own. */
async function withProject(
  work: (project: Project, pulled: PulledAccount) => Promise<void>,
): Promise<void> {
  if (dbt.skip !== false) return;
  const { path } = dbt;
  await withAccount(account, async (pulled) => {
    const { query, databaseUrl, settings } = pulled;
    assert.equal((await runProgram(['sync'], settings)).status, 0);
    const login = `zls_dbt_${process.pid}`;
    await query(`create role ${login} login password 'plain' in role zendesk_reader`);
    try {
      await query(`create schema dbt authorization ${login}`);
      const folder = mkdtempSync(join(temporary, 'dbt-'));
      cpSync(join(root, 'dbt'), folder, { recursive: true });
      copyFileSync(join(folder, 'profiles.example.yml'), join(folder, 'profiles.yml'));
      const { hostname, port, pathname } = new URL(databaseUrl);
      const environment = {
        PGHOST: hostname,
        PGPORT: port,
        PGUSER: login,
        PGPASSWORD: 'plain',
        PGDATABASE: pathname.slice(1),
        DBT_PROFILES_DIR: folder,
        DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
      };
      await work(
        {
          run: (...words) =>
            startProcess([path, '--no-use-colors', ...words], environment, folder).ended,
          read: (name) => JSON.parse(readFileSync(join(folder, 'target', name), 'utf8')) as unknown,
        },
        pulled,
      );
    } finally {
      await query(`drop owned by ${login} cascade`);
      await query(`drop role ${login}`);
    }
  });
}

type Freshness = { readonly results: readonly { unique_id: string; status: string }[] };

function statusesIn(sources: unknown): Record<string, string> {
  const { results } = sources as Freshness;
  return Object.fromEntries(
    results.map(({ unique_id: id, status }) => [id.split('.').at(-1) ?? '', status]),
  );
}

describe('the dbt package', { skip: dbt.skip }, () => {
  it('builds its views, passes its tests, writes its documents, and finds the sources fresh, with the rights of a reader', async () => {
    await withProject(async ({ run, read }, { query }) => {
      const built = await run('build');
      assert.equal(built.status, 0, built.stdout);
      assert.doesNotMatch(built.stdout, /WARN=[1-9]|ERROR=[1-9]|\[WARNING\]/);
      const counts = await query<{ same: boolean }>(
        `select (select count(*) from dbt.stg_zendesk__access_events) = (select count(*) from zendesk.access_logs)
           and (select count(*) from dbt.stg_zendesk__audit_events) = (select count(*) from zendesk.audit_logs)
           and (select count(*) from dbt.stg_zendesk__users) = (select count(*) from zendesk.users)
           and (select count(*) from dbt.stg_zendesk__completeness) = 3 as same`,
      );
      assert.deepEqual(counts, [{ same: true }]);
      const fresh = await run('source', 'freshness');
      assert.equal(fresh.status, 0, fresh.stdout);
      assert.deepEqual(statusesIn(read('sources.json')), {
        access_events: 'pass',
        audit_events: 'pass',
        users: 'pass',
      });
      const documented = await run('docs', 'generate');
      assert.equal(documented.status, 0, documented.stdout);
      const { nodes } = read('catalog.json') as { nodes: Record<string, { columns: object }> };
      const { nodes: described } = read('manifest.json') as {
        nodes: Record<string, { columns: Record<string, { description: string }> }>;
      };
      for (const [id, { columns }] of Object.entries(nodes))
        assert.deepEqual(
          Object.keys(columns).filter((name) => !described[id]?.columns[name]?.description),
          [],
          `${id} has columns without a description`,
        );
    });
  });

  it('finds a stream stale that one of the accounts has not followed, and warns of what is missing', async () => {
    await withProject(async ({ run, read }, { query }) => {
      await query(
        `insert into zendesk_sync.streams (account, stream, kind, retention_days, log_table, log_time, log_partition)
         select 'other', stream, kind, retention_days, log_table, log_time, log_partition from zendesk_sync.streams
         where stream = 'access_logs'`,
      );
      await query(
        `insert into zendesk_sync.coverage select 'other', stream, covered_from, covered_until - interval '2 days'
         from zendesk_sync.coverage where stream = 'access_logs'`,
      );
      assert.equal((await run('source', 'freshness')).status, 1);
      assert.deepEqual(statusesIn(read('sources.json')), {
        access_events: 'error',
        audit_events: 'pass',
        users: 'pass',
      });
      const { status, stdout } = await run('build');
      assert.equal(status, 0, stdout);
      assert.match(stdout, /Warning in test nothing_is_missing|WARN 1 nothing_is_missing/);
    });
  });
});
