import assert from 'node:assert/strict';
import { cpSync, globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { findAnalyticsTool } from '../support/analytics-tools.ts';
import { withDatabase } from '../support/database.ts';
import { readYaml, root } from '../support/project-files.ts';
import { startProcess, temporary } from '../support/program.ts';
import { withClient } from '../support/query.ts';

const superset = findAnalyticsTool('superset');
const folder = 'monitoring/superset';

type Dataset = {
  table_name: string;
  schema: string;
  main_dttm_col: string | null;
  uuid: string;
  metrics: { metric_name: string; expression: string }[];
  columns: { column_name: string; is_dttm: boolean }[];
};
type Chart = {
  slice_name: string;
  uuid: string;
  dataset_uuid: string;
  params: {
    all_columns?: string[];
    x_axis?: string;
    groupby?: string[];
    metrics?: string[];
    adhoc_filters: { subject: string }[];
  };
};

function readAll<T>(pattern: string): T[] {
  return globSync(`${folder}/${pattern}`, { cwd: root }).map((file) => readYaml(file) as T);
}

describe('the Superset bundle', () => {
  it('names columns and metrics that a reader can query, and charts use those alone', async () => {
    const datasets = readAll<Dataset>('datasets/**/*.yaml');
    assert.equal(datasets.length, 5);
    await withDatabase((url) =>
      withClient(url, async (query) => {
        await query('set role zendesk_reader');
        for (const { schema, table_name: table, columns, metrics } of datasets) {
          const names = columns.map(({ column_name: name }) => `"${name}"`);
          await query(`select ${names.join(', ')} from ${schema}.${table}`);
          for (const { expression } of metrics)
            await query(`select ${expression} from ${schema}.${table}`);
        }
      }),
    );
    const charts = readAll<Chart>('charts/*.yaml');
    assert.equal(charts.length, 5);
    for (const { slice_name: title, dataset_uuid: uuid, params } of charts) {
      const dataset = datasets.find((each) => each.uuid === uuid) ?? assert.fail(title);
      const columns = dataset.columns.map(({ column_name: name }) => name);
      const { all_columns: shown = [], groupby = [], x_axis: axis = [], metrics = [] } = params;
      const filtered = params.adhoc_filters.map(({ subject }) => subject);
      for (const name of [shown, groupby, axis, filtered].flat())
        assert.ok(columns.includes(name), `${title}: ${name}`);
      for (const name of metrics)
        assert.ok(
          dataset.metrics.some(({ metric_name: metric }) => metric === name),
          `${title}: ${name}`,
        );
    }
  });

  it('gets other schemas by the command of its README', async () => {
    const home = mkdtempSync(join(temporary, 'superset-schemas-'));
    cpSync(join(root, folder), join(home, 'zendesk_logs'), { recursive: true });
    const command = /^sed .*$/m.exec(readFileSync(join(root, folder, 'README.md'), 'utf8'))?.[0];
    const { status, stderr } = await startProcess(
      ['sh', '-c', command ?? assert.fail('no command')],
      { SCHEMA: 'logs', SYNC_SCHEMA: 'logs_sync' },
      home,
    ).ended;
    assert.equal(status, 0, stderr);
    const schemas = globSync('zendesk_logs/datasets/**/*.yaml', { cwd: home }).map(
      (file) => /^schema: (.*)$/m.exec(readFileSync(join(home, file), 'utf8'))?.[1] ?? file,
    );
    assert.deepEqual(
      schemas.toSorted((a, b) => (a < b ? -1 : 1)),
      [...Array.from({ length: 4 }, () => "'logs'"), "'logs_sync'"],
    );
  });

  it('is imported by Superset', { skip: superset.skip }, async () => {
    if (superset.skip !== false) return;
    const home = mkdtempSync(join(temporary, 'superset-'));
    cpSync(join(root, folder), join(home, 'bundle'), { recursive: true });
    writeFileSync(
      join(home, 'superset_config.py'),
      `SECRET_KEY = 'only-for-this-test-0123456789abcdef0123456789'
SQLALCHEMY_DATABASE_URI = 'sqlite:///${home}/superset.db'
`,
    );
    const programs = dirname(superset.path);
    const run = async (...words: readonly string[]): Promise<string> => {
      const [program = '', ...rest] = words;
      const { status, stdout, stderr } = await startProcess(
        [join(programs, program), ...rest],
        {
          SUPERSET_CONFIG_PATH: join(home, 'superset_config.py'),
          FLASK_APP: 'superset.app:create_app',
        },
        home,
      ).ended;
      assert.equal(status, 0, `${words.join(' ')}: ${stderr.slice(-2000)}`);
      return stdout;
    };
    await run('superset', 'db', 'upgrade');
    // prettier-ignore
    await run('superset', 'fab', 'create-admin', '--username', 'admin', '--firstname', 'A', '--lastname', 'B',
      '--email', 'a@acme.example', '--password', 'plain');
    await run('superset', 'init');
    await run('python', '-c', `import shutil; shutil.make_archive('bundle', 'zip', '.', 'bundle')`);
    await run('superset', 'import-dashboards', '-p', 'bundle.zip', '-u', 'admin');
    const found = await run(
      'python',
      '-c',
      `import sqlite3
c = sqlite3.connect('superset.db')
print([c.execute('select count(*) from ' + t).fetchone()[0] for t in ('dashboards', 'dashboard_slices', 'slices', 'tables', 'dbs')])`,
    );
    assert.equal(found.trim(), '[1, 5, 5, 5, 1]');
  });
});
