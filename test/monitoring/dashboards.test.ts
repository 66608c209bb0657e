import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { readDashboards } from '../support/dashboards.ts';
import { findSeriesNames, listSeriesNames } from '../support/metric-names.ts';
import { findProgram, readYaml } from '../support/project-files.ts';

type DataSource = { uid: string; type: string };

const dashboards = readDashboards();
const promtool = findProgram('promtool');

/** Every PromQL query, with the title of its panel. */
const questions = [...dashboards.values()].flatMap(({ panels }) =>
  panels.flatMap(({ title, targets = [] }) =>
    targets.flatMap(({ expr }) => (expr === undefined ? [] : [{ title, expr }])),
  ),
);

describe('the dashboards', () => {
  it('are the three of the documentation, each panel with a title and a query', () => {
    assert.deepEqual(
      [...dashboards].map(([file, { uid, title }]) => [file, uid, title]),
      [
        ['access-activity.json', 'zendesk-access-activity', 'Zendesk access activity'],
        ['audit-activity.json', 'zendesk-audit-activity', 'Zendesk audit activity'],
        ['sync-health.json', 'zendesk-sync-health', 'Zendesk sync health'],
      ],
    );
    for (const [file, { panels }] of dashboards) {
      assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, file);
      for (const { type, title, targets = [] } of panels) {
        assert.notEqual(title, '', file);
        assert.equal(targets.length > 0, type !== 'row', `${file}: ${title}`);
      }
    }
  });

  it('use only the data sources that are provisioned', () => {
    const { datasources } = readYaml(
      'monitoring/grafana/provisioning/datasources/datasources.yml',
    ) as { datasources: DataSource[] };
    const known = new Set(datasources.map(({ uid, type }) => `${type} ${uid}`));
    for (const [file, { panels }] of dashboards)
      for (const { title, targets = [] } of panels)
        for (const { datasource } of targets)
          assert.ok(known.has(`${datasource.type} ${datasource.uid}`), `${file}: ${title}`);
  });

  it('use only series that the program offers', async () => {
    const offered = await listSeriesNames();
    assert.ok(questions.length > 20);
    for (const { title, expr } of questions) {
      const names = findSeriesNames(expr);
      assert.notEqual(names.length, 0, title);
      for (const name of names) assert.ok(offered.has(name), `${title}: ${name}`);
    }
  });

  const skip = promtool === undefined ? 'promtool is not in the path' : false;
  it('use PromQL that Prometheus accepts', { skip }, async () => {
    const rules = questions.map(({ expr }, index) => ({
      record: `question:${index}`,
      expr: expr.replaceAll('$__rate_interval', '2m'),
    }));
    const folder = await mkdtemp(join(tmpdir(), 'zls-dashboards-'));
    try {
      const file = join(folder, 'questions.yml');
      await writeFile(file, stringify({ groups: [{ name: 'questions', rules }] }));
      const { stdout } = await promisify(execFile)(promtool ?? '', ['check', 'rules', file]);
      assert.match(stdout, new RegExp(`SUCCESS: ${rules.length} rules found`));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
