/** The archive, read by engines that know nothing of this program, with the statements of docs/scale.md. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Database } from '../../src/database/client.ts';
import { withArchive } from '../support/archive.ts';
import { root } from '../support/project-files.ts';

const page = readFileSync(join(root, 'docs/scale.md'), 'utf8');
const blocks = new Map(
  [...page.matchAll(/^```sql (\w+)\n(.*?)\n```$/gms)].map(([, name, sql]) => [name, sql ?? '']),
);
/** Months of both logs, and one of them in several objects: each file costs Spark time. */
const fewMonths = {
  auditLogDays: 70,
  auditLogRowsPerDay: 5,
  accessLogDays: 70,
  accessLogRowsPerDay: 30,
};
const questions = ['count', 'filter', 'join', 'checksum'];

const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const python = join(cache, 'zendesk-log-sync-tools/spark/bin/python');

/** The statements of a block of the page. */
function listStatements(name: string, folder: string, ticket: string): readonly string[] {
  return (blocks.get(name) ?? '')
    .replaceAll('/srv/archive', folder)
    .replaceAll('1001', ticket)
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/** A question about a log as Postgres knows it, with rows as an engine gives them: each value as text. */
async function askPostgres(
  db: Database,
  question: string,
  ticket: string,
): Promise<readonly unknown[]> {
  const [sql] = listStatements(question, '', ticket);
  const found = await db.query<{ row: readonly unknown[] }>(
    `with access_logs as (
       select l.*, to_char(l.timestamp at time zone 'UTC', 'YYYY-MM') as month from zendesk.access_logs l
     ), audit_logs as (select * from zendesk.audit_logs)
     select (select json_agg(case when value ~ '^\\d{4}-\\d\\d-\\d\\dT' then to_char(value::timestamptz at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') else value end)
       from json_each_text(row_to_json(asked))) as row
     from (${sql}) asked`,
  );
  return found.map(({ row }) => row);
}

describe('the archive is read without this program', { concurrency: 1 }, () => {
  it('by DuckDB, which counts, filters, joins and sums as Postgres did before', async () => {
    await withArchive(async ({ db, archive, folder }) => {
      const ticket = await findTicket(db);
      const before = await askAll((question) => askPostgres(db, question, ticket));
      await archive();
      const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
      await duckdb.run("set TimeZone = 'UTC'");
      for (const statement of listStatements('duckdb', folder, ticket)) await duckdb.run(statement);
      const after = await askAll(async (question) => {
        const [sql] = listStatements(question, folder, ticket);
        const read = await duckdb.runAndReadAll(sql ?? '');
        return read.getRowsJson().map((row) => row.map(showValue));
      });
      duckdb.closeSync();
      assert.deepEqual(after, before);
      for (const question of questions) assert.notEqual(after[question]?.length, 0, question);
    }, fewMonths);
  });

  const skip = existsSync(python)
    ? false
    : 'Spark is not there: scripts/install-spark.sh installs it';
  it('by Spark on a cluster of two workers, with the same numbers', { skip }, async () => {
    await withArchive(async ({ db, archive, folder }) => {
      const ticket = await findTicket(db);
      const before = await askAll((question) => askPostgres(db, question, ticket));
      await archive();
      const { status, stdout, stderr } = spawnSync(python, [join(root, 'test/archive/spark.py')], {
        encoding: 'utf8',
        input: JSON.stringify({
          views: listStatements('spark', folder, ticket),
          questions: Object.fromEntries(
            questions.map((question) => [question, listStatements(question, folder, ticket)[0]]),
          ),
        }),
        // Workers and driver are on this machine, whatever its name stands for.
        env: { ...process.env, SPARK_LOCAL_IP: '127.0.0.1', SPARK_LOCAL_HOSTNAME: 'localhost' },
      });
      assert.equal(status, 0, stderr);
      assert.deepEqual(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''), before);
    }, fewMonths);
  });
});

/** The ticket that most urls are about. */
async function findTicket(db: Database): Promise<string> {
  const [most] = await db.query<{ ticket: string }>(
    String.raw`select substring(url from '/tickets/(\d+)') as ticket from zendesk.access_logs
     where url ~ '/tickets/\d+' group by 1 order by count(*) desc, 1 limit 1`,
  );
  return most?.ticket ?? '';
}

async function askAll(
  ask: (question: string) => Promise<readonly unknown[]>,
): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const answers: Record<string, readonly unknown[]> = {};
  for (const question of questions) answers[question] = await ask(question);
  return answers;
}

/** Moments in whole seconds, UTC; all else as text. */
function showValue(value: unknown): string | null {
  if (value === null) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/(\d\d:\d\d:\d\d)(\.0+)?(\+00)?$/, '$1');
}
