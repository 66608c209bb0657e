import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import {
  at,
  describeSource,
  listSettings,
  pathOf,
  place,
  readRendered,
  readResources,
  render,
  rulesCopyPath,
  rulesPath,
  schemaPath,
  variants,
  type Resource,
  type Variant,
} from '../support/chart.ts';
import { findProgram, readText, readYaml, root } from '../support/project-files.ts';

type Schema = {
  properties?: Record<string, Schema>;
  propertyNames?: { enum?: string[] };
  additionalProperties?: unknown;
};
type Env = { name: string; value: string };

const schema = readYaml(schemaPath) as Schema;
const values = readYaml('deploy/helm/values.yaml') as Record<string, unknown>;
const helm = findProgram('helm');
const skip = helm === undefined ? 'helm is not in the path' : false;
const names = Object.keys(variants) as Variant[];
const container = 'spec.template.spec.containers.0';

/** The one resource of a kind. */
function findKind(variant: Variant, kind: string): Resource | undefined {
  const found = readRendered(variant).filter((resource) => resource['kind'] === kind);
  assert.ok(found.length < 2, kind);
  return found[0];
}

describe('the Helm chart', () => {
  it('has the version of the program', () => {
    const { version } = readYaml('package.json') as { version: string };
    const chart = readYaml('deploy/helm/Chart.yaml') as Record<string, string>;
    assert.equal(chart['appVersion'], version);
    assert.equal(chart['version'], version);
  });

  it('accepts every setting of the program and no other, except those that it sets itself', () => {
    const allowed = (part: string) => schema.properties?.[part]?.propertyNames?.enum;
    const wanted = listSettings();
    assert.deepEqual(allowed('settings'), wanted.settings);
    assert.deepEqual(allowed('secretKeys'), wanted.secretKeys);
  });

  it('checks and explains every value', () => {
    const { properties = {} } = schema;
    assert.equal(schema.additionalProperties, false);
    assert.deepEqual(
      Object.keys(values).toSorted(),
      Object.keys(properties)
        .filter((name) => name !== 'global')
        .toSorted(),
    );
    for (const [name, value] of Object.entries(values)) {
      const inner = properties[name]?.properties;
      if (inner === undefined) continue;
      for (const key of Object.keys(value ?? {})) assert.ok(key in inner, `${name}.${key}`);
    }
    const lines = readText('deploy/helm/values.yaml').split('\n');
    for (const name of Object.keys(values)) {
      const line = lines.findIndex((text) => text.startsWith(`${name}:`));
      assert.match(lines[line - 1] ?? '', /^# ?.{10}/, `${name} is not explained`);
    }
  });

  it('contains the alert rules that are tested', () => {
    assert.equal(readText(rulesCopyPath), readText(rulesPath));
  });

  it('renders to exactly the resources that are kept in the tests', () => {
    for (const name of names) assert.equal(readText(pathOf(name)).split('\n')[0], describeSource());
  });

  it('passes helm lint', { skip }, () => {
    for (const name of names) {
      const { status, stdout } = spawnSync(
        helm ?? '',
        ['lint', '--strict', 'deploy/helm', '--kube-version', '1.30.0', ...variants[name]],
        { cwd: root, encoding: 'utf8' },
      );
      assert.equal(status, 0, stdout);
    }
  });

  it('is rendered by helm to the same resources', { skip }, () => {
    for (const name of names)
      assert.deepEqual(readResources(render(helm ?? '', name)), readRendered(name));
  });

  it('refuses values that are wrong', { skip }, () => {
    for (const wrong of [
      'settings.ZENDESK_SUBDOMAN=acme',
      'settings.ZENDESK_CLIENT_SECRET=never-here',
      'replicas=two',
      'existingSecret=',
      'replicaCount=2',
      'secretKeys.DATABASE_URL=null',
      'terminationGracePeriodSeconds=5',
    ]) {
      const { status, stderr } = spawnSync(
        helm ?? '',
        ['template', 'logs', 'deploy/helm', ...place, '--set', wrong],
        { cwd: root, encoding: 'utf8' },
      );
      assert.equal(status, 1, wrong);
      assert.match(stderr, /don't meet the specifications of the schema/, wrong);
    }
  });
});

describe('the resources of the chart', () => {
  it('are exactly those that the values request', () => {
    const kinds = (variant: Variant) =>
      readRendered(variant)
        .map(({ kind }) => String(kind))
        .toSorted();
    const always = ['Deployment', 'Pod', 'Service', 'ServiceAccount'];
    assert.deepEqual(kinds('usual'), always);
    const jobs = ['CronJob', 'CronJob'];
    const more = ['ConfigMap', 'PodDisruptionBudget', 'PrometheusRule', 'ServiceMonitor', ...jobs];
    assert.deepEqual(kinds('full'), [...always, ...more].toSorted());
  });

  it('run the program without root, without rights and on a read-only file system', () => {
    for (const variant of names) {
      const deployment = findKind(variant, 'Deployment');
      assert.deepEqual(at(deployment, `${container}.securityContext`), {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const pod = at(deployment, 'spec.template.spec.securityContext');
      assert.equal(at(pod, 'runAsNonRoot'), true);
      assert.equal(at(pod, 'runAsUser'), 1000);
      assert.equal(at(deployment, 'spec.template.spec.automountServiceAccountToken'), false);
    }
  });

  it('contain every setting as text and every secret as a mounted file', () => {
    const deployment = findKind('full', 'Deployment');
    const environment = at(deployment, `${container}.env`) as Env[];
    const folder = '/run/secrets/zendesk-log-sync';
    assert.deepEqual(Object.fromEntries(environment.map(({ name, value }) => [name, value])), {
      ACCESS_LOGS_REQUESTS_PER_MINUTE: '50',
      ACCESS_RULES_FILE: '/etc/zendesk-log-sync/access-rules.json',
      ARCHIVE_URL: 's3://acme-archive/zendesk',
      RETENTION: 'audit_logs=6y',
      ARCHIVE_SCHEDULE: 'off',
      ZENDESK_CLIENT_ID: 'log-puller',
      ZENDESK_SUBDOMAIN: 'acme',
      DATABASE_URL_FILE: `${folder}/database-url`,
      HEARTBEAT_URL_FILE: `${folder}/heartbeat`,
      ZENDESK_OAUTH_TOKEN_FILE: `${folder}/token`,
      SIGNING_KEY_FILE: `${folder}/signing-key`,
      OTEL_SERVICE_NAME: 'puller',
      HTTP_PAGE: 'off',
      HTTP_HOST: '0.0.0.0',
      HTTP_PORT: '8080',
    });
    assert.deepEqual(at(deployment, 'spec.template.spec.volumes.0.secret'), {
      secretName: 'zendesk-log-sync',
      defaultMode: 0o440,
    });
    assert.deepEqual(at(deployment, `${container}.volumeMounts`), [
      { name: 'secrets', mountPath: folder, readOnly: true },
      { name: 'config-files', mountPath: '/etc/zendesk-log-sync', readOnly: true },
    ]);
    assert.deepEqual(at(findKind('full', 'ConfigMap'), 'data'), { 'access-rules.json': '[]' });
  });

  it('run what only the owner may do as jobs with a login that the service does not get', () => {
    const jobs = readRendered('full').filter(({ kind }) => kind === 'CronJob');
    const pod = 'spec.jobTemplate.spec.template';
    const only = `${pod}.spec.containers.0`;
    assert.deepEqual(
      jobs.map((job) => [
        at(job, 'metadata.name'),
        at(job, 'spec.schedule'),
        at(job, 'spec.concurrencyPolicy'),
        at(job, `${only}.args`),
      ]),
      [
        ['logs-zendesk-log-sync-archive', '5 4 * * 6', 'Forbid', ['archive', 'run']],
        [
          'logs-zendesk-log-sync-retention',
          '53 5 * * *',
          'Forbid',
          ['retention', 'apply', '--yes'],
        ],
      ],
    );
    const folder = '/run/secrets/zendesk-log-sync';
    for (const job of jobs) {
      const environment = at(job, `${only}.env`) as Env[];
      assert.deepEqual(Object.fromEntries(environment.map(({ name, value }) => [name, value])), {
        DATABASE_URL_FILE: `${folder}-owner/url`,
        ACCESS_LOGS_REQUESTS_PER_MINUTE: '50',
        ACCESS_RULES_FILE: '/etc/zendesk-log-sync/access-rules.json',
        ARCHIVE_URL: 's3://acme-archive/zendesk',
        RETENTION: 'audit_logs=6y',
        USER: 'owner job',
        ZENDESK_CLIENT_ID: 'log-puller',
        ZENDESK_SUBDOMAIN: 'acme',
        HEARTBEAT_URL_FILE: `${folder}/heartbeat`,
        ZENDESK_OAUTH_TOKEN_FILE: `${folder}/token`,
        SIGNING_KEY_FILE: `${folder}/signing-key`,
        OTEL_SERVICE_NAME: 'puller',
      });
      assert.deepEqual(at(job, `${only}.securityContext`), {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      assert.equal(at(job, `${pod}.spec.automountServiceAccountToken`), false);
      assert.equal(at(job, `${pod}.spec.securityContext.runAsNonRoot`), true);
      assert.equal(at(job, `${pod}.spec.volumes.0.secret.secretName`), 'owner');
      const labels = at(job, `${pod}.metadata.labels`) as Record<string, string>;
      assert.equal(labels['app.kubernetes.io/name'], undefined);
    }
    assert.ok(!JSON.stringify(findKind('full', 'Deployment')).includes('zendesk-log-sync-owner'));
  });

  it('ask the addresses that the program answers at', () => {
    const deployment = findKind('usual', 'Deployment');
    const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((name) =>
      at(deployment, `${container}.${name}.httpGet`),
    );
    assert.deepEqual(probes, [
      { path: '/livez', port: 'http' },
      { path: '/livez', port: 'http' },
      { path: '/readyz', port: 'http' },
    ]);
    assert.deepEqual(at(deployment, `${container}.ports`), [{ name: 'http', containerPort: 8080 }]);
    assert.deepEqual(at(findKind('full', 'ServiceMonitor'), 'spec.endpoints'), [
      { port: 'http', path: '/metrics', interval: '30s' },
    ]);
    const answers = readText('src/http/answers.ts');
    for (const path of ['/livez', '/readyz', '/metrics']) assert.ok(answers.includes(`'${path}'`));
  });

  it('find each other by their labels, and the test pod is not found', () => {
    const labels = at(findKind('full', 'Deployment'), 'spec.template.metadata.labels');
    const selectors = [
      at(findKind('full', 'Deployment'), 'spec.selector.matchLabels'),
      at(findKind('full', 'Service'), 'spec.selector'),
      at(findKind('full', 'PodDisruptionBudget'), 'spec.selector.matchLabels'),
      at(findKind('full', 'ServiceMonitor'), 'spec.selector.matchLabels'),
    ];
    const wanted = {
      'app.kubernetes.io/name': 'zendesk-log-sync',
      'app.kubernetes.io/instance': 'logs',
    };
    for (const selector of selectors) assert.deepEqual(selector, wanted);
    for (const [name, value] of Object.entries(wanted))
      assert.equal((labels as Record<string, string>)[name], value);
    const tested = at(findKind('full', 'Pod'), 'metadata.labels') as Record<string, string>;
    assert.equal(tested['app.kubernetes.io/name'], undefined);
    // The dashboards look for the job of this name.
    assert.equal(at(findKind('full', 'ServiceMonitor'), 'spec.jobLabel'), 'app.kubernetes.io/name');
  });

  it('contain the alert rules with the limit and the runbook of the values', () => {
    const rule = findKind('full', 'PrometheusRule');
    const own = readText(rulesPath)
      .replace('vector(100e9)', 'vector(250000000000)')
      .replaceAll('docs/operations.md#', 'https://wiki.example/operations#');
    assert.deepEqual([at(rule, 'spec')], readResources(own));
  });
});
