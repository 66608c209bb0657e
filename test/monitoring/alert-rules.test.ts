import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { findSeriesNames, listSeriesNames, recordedName } from '../support/metric-names.ts';
import { findProgram, readText, readYaml, root } from '../support/project-files.ts';

type Rule = {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  labels?: { severity?: string };
  annotations?: Record<string, string>;
};
type AlertRule = Rule & { alert: string };
type UnitTests = { tests: { name: string }[] };

const run = promisify(execFile);
const folder = 'monitoring/prometheus';
const rules = (readYaml(`${folder}/rules.yml`) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const alerts = rules.filter((rule): rule is AlertRule => rule.alert !== undefined);
const unitTests = ['minutes', 'hours'].map((name) => `${folder}/tests/${name}.test.yml`);

const promtool = findProgram('promtool');
const withPromtool =
  promtool === undefined
    ? { skip: 'promtool is not in the path (Debian: package prometheus)' }
    : {};

describe('the alert rules', () => {
  it('warn about everything that an operator must know', () => {
    assert.deepEqual(
      [...new Set(alerts.map(({ alert }) => alert))],
      [
        'ZendeskLogSyncAbsent',
        'ZendeskLogSyncStale',
        'ZendeskLogSyncNeverFollowed',
        'ZendeskRetentionHeadroomLow',
        'ZendeskGapOpen',
        'ZendeskRecordsQuarantined',
        'ZendeskRowsLost',
        'ZendeskVerificationFindings',
        'ZendeskVerificationOverdue',
        'ZendeskReconcileDifferences',
        'ZendeskAuthFailing',
        'ZendeskStreamUnavailable',
        'ZendeskAccessLogSilent',
        'ZendeskLeaseFlapping',
        'ZendeskPartitionsMissing',
        'ZendeskDiskProjection',
        'ZendeskDiskAlmostFull',
        'ZendeskLateRowsHigh',
        'ZendeskClocksDisagree',
        'ZendeskUnclassifiedShareHigh',
        'ZendeskEvidenceNotAnchored',
        'ZendeskAlertsNotDelivered',
        'ZendeskReportFailed',
        'ZendeskArchiveFailing',
      ],
    );
  });

  it('use only series that the program offers', async () => {
    const offered = await listSeriesNames();
    for (const { alert, record, expr } of rules) {
      const names = findSeriesNames(expr);
      assert.ok(names.length > 0 || record === recordedName, `${alert ?? record} asks for nothing`);
      for (const name of names) assert.ok(offered.has(name), `${alert ?? record} asks for ${name}`);
    }
  });

  it('each have a severity, a summary, advice, and a link to their runbook', () => {
    const headings = [...readText('docs/operations.md').matchAll(/^### (\w+)$/gm)].map(
      ([, heading = '']) => heading.toLowerCase(),
    );
    for (const { alert, labels, annotations = {}, for: patience } of alerts) {
      assert.match(labels?.severity ?? '', /^(?:warning|critical|page)$/, alert);
      assert.ok(patience !== undefined, `${alert} does not wait`);
      for (const name of ['summary', 'description', 'action'])
        assert.ok((annotations[name] ?? '').length > 20, `${alert} lacks ${name}`);
      const anchor = /^docs\/operations\.md#(\w+)$/.exec(annotations['runbook_url'] ?? '')?.[1];
      assert.ok(anchor !== undefined && headings.includes(anchor), `${alert}: ${anchor}`);
    }
  });

  it('are all covered by a unit test', () => {
    const texts = unitTests.map(readText).join('');
    for (const { alert } of alerts) {
      // One pattern matches both alerts about the disk.
      const name = alert.replace(/^(ZendeskDisk).*/, '$1');
      assert.ok(texts.includes(name), alert);
    }
    for (const path of unitTests)
      for (const { name } of (readYaml(path) as UnitTests).tests) assert.ok(name.length > 10, path);
  });

  it('are accepted by Prometheus', withPromtool, async () => {
    const { stdout } = await run(promtool ?? '', ['check', 'rules', `${folder}/rules.yml`], {
      cwd: root,
    });
    assert.match(stdout, new RegExp(`SUCCESS: ${rules.length} rules found`));
  });

  it('fire exactly when they should', withPromtool, async () => {
    const { stdout } = await run(promtool ?? '', ['test', 'rules', ...unitTests], { cwd: root });
    assert.equal(stdout.match(/SUCCESS/g)?.length, unitTests.length, stdout);
  });
});
