import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { settings } from '../../src/config/settings.ts';
import { findProgram, readText, readYaml, root } from '../support/project-files.ts';

type Service = {
  image?: string;
  profiles?: string[];
  entrypoint?: string[];
  depends_on?: Record<string, { condition: string }>;
  environment?: Record<string, string | number | null>;
  ports?: string[];
  volumes?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
};

const { services, volumes } = readYaml('docker-compose.yml') as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const program = services['zendesk-log-sync'] ?? {};
/** What the OpenTelemetry SDK itself reads. */
const ofTracing = ['OTEL_EXPORTER_OTLP_HEADERS'];

/** Host side of a mount and its target. */
const mountsOf = ({ volumes: mounts = [] }: Service): (readonly [string, string])[] =>
  mounts.map((mount) => {
    const [source = '', target = ''] = mount.split(':');
    return [source, target] as const;
  });

describe('docker-compose.yml', () => {
  it('passes every setting on, each secret also as a file, except those that it sets itself', () => {
    const wanted = settings
      .filter(({ name }) => !['EMBEDDED_PORT', 'DATABASE_URL'].includes(name))
      .flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name]));
    const { environment = {} } = program;
    assert.deepEqual(
      Object.keys(environment).toSorted(),
      [...wanted, 'DATABASE_URL_FILE', ...ofTracing].toSorted(),
    );
    const set = Object.entries(environment).filter(([, value]) => value !== null);
    assert.deepEqual(Object.fromEntries(set), {
      DATABASE_URL_FILE: '/passwords/url',
      DATA_DIR: '/var/lib/zendesk-log-sync',
      HTTP_HOST: '0.0.0.0',
      HTTP_PORT: 8080,
      // Nothing says yet who may see the page.
      HTTP_PAGE: '${HTTP_PAGE:-off}',
    });
  });

  it('keeps the key of the sealed log in a volume, which the image lets the program write to', () => {
    assert.ok(
      mountsOf(program).some(
        ([source, target]) => source === 'signing-key' && target === '/var/lib/zendesk-log-sync',
      ),
    );
    assert.match(
      readText('Dockerfile'),
      /COPY --from=build --chown=1000:1000 \S+ \/var\/lib\/zendesk-log-sync\n/,
    );
  });

  it('runs the program on a read-only file system without rights', () => {
    assert.equal(program.read_only, true);
    assert.deepEqual(program.cap_drop, ['ALL']);
    assert.deepEqual(program.security_opt, ['no-new-privileges:true']);
  });

  it('publishes every port only on this machine', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    assert.equal(ports.length, 4);
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+$/);
  });

  it('contains no password', () => {
    const text = readText('docker-compose.yml');
    for (const [, value = ''] of text.matchAll(/^ +\w*(?:PASSWORD|SECRET|TOKEN)\w*:(.*)$/gm))
      assert.match(value.trim(), /^(?:|\/passwords\/.*)$/);
    assert.doesNotMatch(text, /:\/\/\w+:/);
  });

  it('mounts only files of the project and volumes that it declares', () => {
    for (const [name, service] of Object.entries(services)) {
      for (const [source] of mountsOf(service)) {
        // Created by users who have secrets in files, otherwise by compose.
        if (source === './secrets') continue;
        const found = source.startsWith('./') ? existsSync(join(root, source)) : source in volumes;
        assert.ok(found, `${name}: ${source}`);
      }
    }
  });

  it('shows no password of the database’s owner to Grafana', () => {
    for (const name of ['grafana', 'prometheus'])
      assert.ok(!mountsOf(services[name] ?? {}).some(([source]) => source === 'database-password'));
  });

  it('starts the services that it depends on in the same profile, or always', () => {
    for (const [name, { depends_on: needed = {}, profiles }] of Object.entries(services)) {
      for (const other of Object.keys(needed)) {
        const place = services[other]?.profiles;
        assert.ok(place === undefined || place[0] === profiles?.[0], `${name}: ${other}`);
      }
    }
    const monitoring = Object.entries(services).filter(
      ([, { profiles }]) => profiles !== undefined,
    );
    assert.deepEqual(
      monitoring.map(([name]) => name),
      ['migrate', 'grafana-user', 'prometheus', 'grafana'],
    );
  });

  const docker = findProgram('docker');
  const hasCompose = docker !== undefined && spawnSync(docker, ['compose', 'version']).status === 0;
  const skip = hasCompose ? false : 'docker compose is not installed';
  it('is accepted by docker compose', { skip }, () => {
    execFileSync(docker ?? '', ['compose', '--profile', 'monitoring', 'config', '--quiet'], {
      cwd: root,
      stdio: 'pipe',
    });
  });
});

describe('the monitoring of docker-compose.yml', () => {
  it('lets Prometheus find the program and the rules', () => {
    const config = readYaml('monitoring/prometheus/prometheus.yml') as {
      rule_files: string[];
      scrape_configs: { job_name: string; dns_sd_configs: { names: string[]; port: number }[] }[];
    };
    const targets = mountsOf(services['prometheus'] ?? {}).map(([, target]) => target);
    for (const file of [...config.rule_files, '/etc/prometheus/prometheus.yml'])
      assert.ok(targets.includes(file), file);
    const [scrape] = config.scrape_configs;
    // The dashboards look for this job.
    assert.equal(scrape?.job_name, 'zendesk-log-sync');
    const [place] = scrape?.dns_sd_configs ?? [];
    assert.ok((place?.names ?? []).every((name) => name in services));
    assert.equal(place?.port, program.environment?.['HTTP_PORT']);
  });

  it('lets Grafana find dashboards, data sources and its password', () => {
    const grafana = services['grafana'] ?? {};
    const mounts = new Map(mountsOf(grafana).map(([source, target]) => [target, source]));
    assert.equal(mounts.get('/etc/grafana/provisioning'), './monitoring/grafana/provisioning');
    const { providers } = readYaml('monitoring/grafana/provisioning/dashboards/dashboards.yml') as {
      providers: { options: { path: string } }[];
    };
    const [provider] = providers;
    const folder = mounts.get(provider?.options.path ?? '') ?? '';
    const home = grafana.environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'];
    assert.equal(typeof home, 'string');
    assert.ok(
      existsSync(join(root, String(home).replace(provider?.options.path ?? '', folder))),
      String(home),
    );
    const sources = readText('monitoring/grafana/provisioning/datasources/datasources.yml');
    assert.match(sources, /password: \$__file\{\/passwords\/database-password\}/);
    assert.match(sources, /url: postgres:5432/);
    assert.match(sources, /url: http:\/\/prometheus:9090/);
  });
});

describe('the passwords of docker-compose.yml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zls-passwords-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  let count = 0;
  function make(given: Record<string, string> = {}, name = `run-${count++}`) {
    const places = [join(folder, name, 'database'), join(folder, name, 'grafana')];
    for (const place of places) mkdirSync(place, { recursive: true });
    const script = join(root, 'deploy/compose/make-passwords.sh');
    const { status, stderr } = spawnSync('/bin/sh', [script, ...places], {
      env: { PATH: process.env['PATH'], ...given },
      encoding: 'utf8',
    });
    const read = (path: string): string => {
      const file = join(folder, name, path);
      assert.equal((statSync(file).mode & 0o777).toString(8), '444', path);
      return readFileSync(file, 'utf8');
    };
    return { status, stderr, name, read };
  }

  it('are generated once, all different, and stay', () => {
    const { status, read, name } = make();
    assert.equal(status, 0);
    const first = ['database/password', 'grafana/database-password', 'grafana/admin-password'].map(
      read,
    );
    assert.equal(new Set(first).size, 3);
    for (const password of first) assert.match(password, /^[0-9a-f]{48}$/);
    assert.equal(read('database/url'), `postgres://zendesk:${first[0]}@postgres:5432/zendesk`);
    const again = make({ POSTGRES_PASSWORD: 'another', GRAFANA_ADMIN_PASSWORD: 'another' }, name);
    assert.equal(again.status, 0);
    assert.equal(again.read('database/password'), first[0]);
    assert.equal(again.read('grafana/admin-password'), first[2]);
  });

  it('are the given ones at first, unless they would break the url', () => {
    const { status, read } = make({ POSTGRES_PASSWORD: 'zendesk', GRAFANA_ADMIN_PASSWORD: 'p@ss' });
    assert.equal(status, 0);
    assert.equal(read('database/password'), 'zendesk');
    assert.equal(read('database/url'), 'postgres://zendesk:zendesk@postgres:5432/zendesk');
    assert.equal(read('grafana/admin-password'), 'p@ss');
    const refused = make({ POSTGRES_PASSWORD: 'p@ss' });
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /^POSTGRES_PASSWORD holds a character .*\n$/);
    assert.doesNotMatch(refused.stderr, /p@ss/);
  });
});
