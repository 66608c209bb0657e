import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { format } from 'prettier';
import { settings } from '../../src/config/settings.ts';
import { renderSettingsTable } from '../support/settings-table.ts';
import { collectorEndpoint, heartbeatUrl } from '../../src/config/address-values.ts';
import * as values from '../../src/config/values.ts';
import { parseConfig } from '../../src/config/config.ts';
import { refuseInput } from '../../src/errors.ts';
import { streams } from '../../src/streams/registry.ts';

const now = new Date('2026-11-20T12:00:00Z');

function accepts(
  schema: { safeParse(text: string): { success: boolean } },
  texts: string[],
): string[] {
  return texts.filter((text) => schema.safeParse(text).success);
}

function parseLocal(environment: Record<string, string>) {
  return parseConfig(environment, {
    streams,
    readFile: () => '',
    isSchedule: () => true,
    now,
    needs: { zendesk: false },
  });
}

describe('the values of settings', () => {
  it('may be a duration: a whole number with a unit', () => {
    assert.deepEqual(
      ['90s', '5m', '2h', '1d', '005m'].map((text) => values.parseDuration(text)),
      [90_000, 300_000, 7_200_000, 86_400_000, 300_000],
    );
    assert.deepEqual(
      ['', '5', 'm', '5 m', '1.5h', '-5m', '0m', '5M', '5ms', '1h30m', '1234567s'].map((text) =>
        values.parseDuration(text),
      ),
      Array.from({ length: 11 }, () => undefined),
    );
  });

  it('allow a settle time of at most a day', () => {
    assert.deepEqual(accepts(values.settle, ['1s', '24h', '1d', '25h', 'none']), [
      '1s',
      '24h',
      '1d',
    ]);
  });

  it('are sorted if they are ages of rescans, which may be "none"', () => {
    assert.deepEqual(values.rescanAfter.parse('24h,1h'), [3_600_000, 86_400_000]);
    assert.deepEqual(values.rescanAfter.parse('none'), []);
    assert.deepEqual(accepts(values.rescanAfter, ['1h,', ',', 'none,1h', '1h;2h']), []);
  });

  it('accept streams once each and at least one', () => {
    const among = values.streamsAmong(streams);
    assert.deepEqual(
      among.parse('users,audit_logs').map(({ name }) => name),
      ['users', 'audit_logs'],
    );
    assert.deepEqual(
      accepts(among, ['users,users', 'users,', ',', ' ', 'Users', 'tickets,tickets']),
      [],
    );
  });

  it('may be a start: a date or a time with a zone, cut to seconds and not in the future', () => {
    const start = values.startNotAfter(now);
    assert.deepEqual(
      [
        '2024-02-29',
        '2024-01-31T08:00:00.999Z',
        '2024-01-31T08:00:00+02:00',
        '2026-11-20T12:00:00Z',
      ].map((text) => start.parse(text).toISOString()),
      [
        '2024-02-29T00:00:00.000Z',
        '2024-01-31T08:00:00.000Z',
        '2024-01-31T06:00:00.000Z',
        '2026-11-20T12:00:00.000Z',
      ],
    );
    assert.deepEqual(
      accepts(start, ['2024-02-30', '2024-01-31T08:00:00', '31.01.2024', '2024', '1706688000']),
      [],
    );
    assert.equal(
      start.safeParse('2026-11-20T12:00:01Z').error?.issues[0]?.message,
      'Use a time that is not in the future (it is 2026-11-20T12:00:00.000Z), or remove the setting to begin at the oldest record',
    );
  });

  it('may be budgets from 1 to 100000', () => {
    assert.deepEqual(
      accepts(values.requestsPerMinute, ['1', '100000', '0', '100001', '-1', '1.5', '1e3', '50 ']),
      ['1', '100000'],
    );
  });

  it('may be a share that leaves others a fifth', () => {
    assert.deepEqual(
      accepts(values.share, [
        '0.5',
        '.01',
        '0.8',
        '0.81',
        '0',
        '1',
        '0.001',
        '-0.5',
        '50%',
        '5e-1',
      ]),
      ['0.5', '.01', '0.8'],
    );
  });

  it('may be a port, or 0 for none', () => {
    assert.deepEqual(
      ['0', '1', '8080', '65535'].map((text) => values.httpPort.parse(text)),
      [undefined, 1, 8080, 65_535],
    );
    assert.deepEqual(
      accepts(values.httpPort, ['65536', '-1', '8080 ', '80.5', '0x50', '', 'none']),
      [],
    );
  });

  it('may be an address to listen on, without port, scheme and brackets', () => {
    const good = ['127.0.0.1', '0.0.0.0', '::', '::1', 'fe80::1%eth0', 'localhost', 'pod-1.local'];
    assert.deepEqual(accepts(values.httpHost, good), good);
    assert.deepEqual(
      accepts(values.httpHost, ['[::1]', 'http://localhost', 'a b', '*', '127.0.0.1/8']),
      [],
    );
  });

  it('may be the address of a heartbeat service or a collector, without credentials before the host', () => {
    const good = [
      'https://hc-ping.com/uuid',
      'http://127.0.0.1:8000',
      'https://otlp.example/otlp/',
    ];
    const bad = [
      'hc-ping.com',
      'ftp://hc-ping.com',
      'https://me:pw@hc.example/uuid',
      'collector:4318',
    ];
    for (const schema of [heartbeatUrl, collectorEndpoint]) {
      assert.deepEqual(accepts(schema, good), good);
      assert.deepEqual(accepts(schema, bad), []);
    }
    const query = ['https://hc.example/ping?key=uuid'];
    assert.deepEqual(accepts(heartbeatUrl, query), query);
    assert.deepEqual(accepts(collectorEndpoint, query), []);
  });

  it('may be database urls in both spellings', () => {
    assert.deepEqual(
      accepts(values.databaseUrl, [
        'postgres://me:pw@db:5432/logs',
        'postgresql:///logs?host=/run/postgresql',
        'http://db/logs',
        'db/logs',
        'postgres://me:p#w@db/logs',
        'postgres://db:99999/logs',
      ]),
      [
        'postgres://me:pw@db:5432/logs',
        'postgresql:///logs?host=/run/postgresql',
        'postgres://me:p#w@db/logs',
      ],
    );
  });

  it('may be a scope: names with single spaces between them', () => {
    assert.deepEqual(
      accepts(values.scope, ['read', 'auditlogs:read users:read', 'a,b', 'a  b', ' a', '["read"]']),
      ['read', 'auditlogs:read users:read'],
    );
  });
});

describe('an age of a rescan', () => {
  it('must be longer than the settle time, also when other settings are wrong', () => {
    assert.throws(
      () => parseLocal({ RESCAN_AFTER: '5m,1h', LOG_FORMAT: 'xml' }),
      refuseInput([
        'LOG_FORMAT is "xml". Use auto, json or pretty.',
        'RESCAN_AFTER is "5m,1h". Use ages longer than SETTLE (5m), or none.',
      ]),
    );
    assert.deepEqual(parseLocal({ RESCAN_AFTER: '301s' }).rescanAfterMs, [301_000]);
  });
});

describe('the table of settings', () => {
  it('names exactly these settings, in this order', () => {
    assert.deepEqual(
      settings.map((setting) => setting.name),
      [
        'DATABASE_URL',
        'DATA_DIR',
        'EMBEDDED_PORT',
        'SCHEMA',
        'SYNC_SCHEMA',
        'ACCOUNTS_FILE',
        'ZENDESK_SUBDOMAIN',
        'ZENDESK_BASE_URL',
        'ZENDESK_CLIENT_ID',
        'ZENDESK_CLIENT_SECRET',
        'ZENDESK_OAUTH_SCOPE',
        'ZENDESK_OAUTH_GRANT',
        'ZENDESK_REFRESH_TOKEN',
        'ZENDESK_OAUTH_TOKEN',
        'ZENDESK_USER_EMAIL',
        'ZENDESK_API_TOKEN',
        'AUDIT_LOGS_SCHEDULE',
        'ACCESS_LOGS_SCHEDULE',
        'USERS_SCHEDULE',
        'STREAMS',
        'AUDIT_LOGS_START',
        'ACCESS_LOGS_REQUESTS_PER_MINUTE',
        'SUPPORT_SHARE',
        'SUPPORT_REQUESTS_PER_MINUTE',
        'AUDIT_LOGS_PAGE_SIZE',
        'ACCESS_LOGS_PAGE_SIZE',
        'SETTLE',
        'RESCAN_AFTER',
        'RECONCILE_SCHEDULE',
        'RETENTION',
        'ON_SOURCE_ERASURE',
        'ACCESS_RULES_FILE',
        'REPORTS_FILE',
        'HTTP_PORT',
        'HTTP_HOST',
        'HTTP_PAGE',
        'HTTP_TOKEN',
        'HTTP_TRUSTED_PROXY',
        'HTTP_USER_HEADER',
        'HTTP_GROUPS_HEADER',
        'HTTP_INVESTIGATOR_GROUPS',
        'SIGNING_KEY',
        'LOG_ORIGIN',
        'EVIDENCE_DIR',
        'EVIDENCE_URL',
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
        'AWS_SESSION_TOKEN',
        'AWS_REGION',
        'AWS_ENDPOINT_URL',
        'WITNESS_URL',
        'WITNESS_KEY',
        'TSA_URL',
        'TSA_CA_FILE',
        'ANCHOR_FILE',
        'ANCHOR_EVERY',
        'VERIFY_SCHEDULE',
        'VERIFY_DEEP_SCHEDULE',
        'ARCHIVE_URL',
        'ARCHIVE_AFTER',
        'ARCHIVE_SCHEDULE',
        'HEARTBEAT_URL',
        'ALERT_WEBHOOK_URL',
        'ALERT_EMAIL_TO',
        'ALERT_EMAIL_FROM',
        'SMTP_URL',
        'ALERT_SEVERITY',
        'ALERT_DIGEST_SCHEDULE',
        'HTTPS_PROXY',
        'HTTP_PROXY',
        'NO_PROXY',
        'OTEL_EXPORTER_OTLP_ENDPOINT',
        'LOG_LEVEL',
        'LOG_FORMAT',
      ],
    );
  });

  it('is printed as prettier prints Markdown, so that docs/settings.md can contain it unchanged', async () => {
    const table = renderSettingsTable();
    assert.equal(await format(table, { parser: 'markdown' }), table);
    const lines = table.split('\n').map((line) => line.replaceAll(/ +\|/g, ' |'));
    assert.equal(lines[0], '| name | default | meaning |');
    assert.equal(lines.length, settings.length + 3);
    assert.ok(
      lines.includes(
        '| `SETTLE` | `5m` | how long after its own time stamp a record may still appear; a time range counts as covered only when it was read this long after its end (`s`, `m`, `h`, `d`) |',
      ),
    );
    assert.ok(
      lines.includes(
        '| `DATABASE_URL`, `DATABASE_URL_FILE` | embedded | URL of a Postgres server, version 15 to 18; without it, the embedded one is used |',
      ),
    );
  });
});
