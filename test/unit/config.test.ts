import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessRules } from '../../src/classification/rules.ts';
import { parseConfig, type Config } from '../../src/config/config.ts';
import { hasCode, refuseInput } from '../../src/errors.ts';
import {
  formatVerifierKey,
  keyTypes,
  nameVerifierKey,
  parseVerifierKey,
} from '../../src/evidence/forms/keys.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { streams } from '../../src/streams/registry.ts';
import { users } from '../../src/streams/users.ts';

const now = new Date('2026-11-20T12:00:00Z');
const account = {
  ZENDESK_SUBDOMAIN: 'acme',
  ZENDESK_CLIENT_ID: 'log-puller',
  ZENDESK_CLIENT_SECRET: 's3cret-s3cret',
};

/** The verifier key of a witness. */
function witness(name: string, type: number = keyTypes.cosignature): string {
  return formatVerifierKey(nameVerifierKey(name, type, Buffer.alloc(32, name)));
}

function readNothing(path: string): string {
  throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
}

const outside = {
  streams,
  readFile: readNothing,
  isSchedule: (text: string) => text.split(' ').length === 5,
  now,
};

function parse(environment: Record<string, string | undefined>, files = new Map<string, string>()) {
  return parseConfig(environment, {
    ...outside,
    readFile: (path) => files.get(path) ?? readNothing(path),
    needs: { zendesk: true },
  });
}

function problemsOf(
  environment: Record<string, string | undefined>,
  files = new Map<string, string>(),
): readonly string[] {
  try {
    parse(environment, files);
  } catch (error) {
    assert.ok(hasCode(error, 'bad_input'));
    return error.problems;
  }
  return [];
}

/** The problems of one setting in an otherwise valid account. */
function problemsWith(name: string, text: string): readonly string[] {
  return problemsOf({ ...account, [name]: text });
}

/** What to do about a problem with the subdomain. */
function adviceOn(subdomain: string): string | undefined {
  return problemsWith('ZENDESK_SUBDOMAIN', subdomain)[0]?.split('): ').at(-1);
}

function originOf(baseUrl: string): string {
  return parse({ ...account, ZENDESK_BASE_URL: baseUrl }).zendesk.origin;
}

describe('parseConfig', () => {
  it('needs only the account: everything else has the default of the table', () => {
    const expected: Config = {
      database: { kind: 'embedded', dataDirectory: './data', port: undefined },
      schemas: { schema: 'zendesk', syncSchema: 'zendesk_sync' },
      streams: [auditLogs, accessLogs, users],
      horizons: {},
      schedules: { audit_logs: '*/5 * * * *', access_logs: '* * * * *', users: '0 * * * *' },
      budgets: { access_logs: 50, support: 100 },
      shares: { support: 0.5 },
      pageSizes: { audit_logs: 100, access_logs: 2500 },
      retention: [],
      followsErasures: false,
      reconcileSchedule: '30 3 * * 0',
      settleMs: 300_000,
      rescanAfterMs: [1, 24, 7 * 24, 30 * 24].map((hours) => hours * 3_600_000),
      accessRules,
      reportsFile: undefined,
      http: { host: '127.0.0.1', port: 8080, page: { kind: 'local' } },
      heartbeatUrl: undefined,
      alerts: {
        webhookUrl: undefined,
        mail: undefined,
        severities: ['high'],
        digestSchedule: '0 7 * * 1',
      },
      proxies: { https: undefined, http: undefined, exceptions: '' },
      collectorEndpoint: undefined,
      evidence: {
        origin: undefined,
        signingKey: undefined,
        dataDirectory: './data',
        directory: undefined,
        bucket: undefined,
        witnesses: [],
        timeStamps: undefined,
        anchorFile: undefined,
        anchorEveryMs: 3_600_000,
      },
      verifySchedules: { quick: '17 2 * * *', deep: '41 3 * * 0' },
      archive: { place: undefined, after: { months: 13, days: 0 }, schedule: '23 4 * * *' },
      log: { level: 'info', format: 'auto' },
      zendesk: {
        account: 'acme',
        origin: 'https://acme.zendesk.com',
        credentials: {
          kind: 'oauth-client',
          clientId: 'log-puller',
          clientSecret: 's3cret-s3cret',
        },
        scope: 'read',
        proxy: undefined,
        warnings: [],
      },
    };
    assert.deepEqual(parse(account), expected);
  });

  it('reads every setting', () => {
    const settings = {
      ...account,
      DATABASE_URL: 'postgresql://me:pw@db/logs',
      SCHEMA: 'helpdesk',
      SYNC_SCHEMA: 'helpdesk_ledger',
      ZENDESK_BASE_URL: 'http://127.0.0.1:8080/',
      ZENDESK_OAUTH_SCOPE: 'auditlogs:read users:read',
      AUDIT_LOGS_SCHEDULE: '1 * * * *',
      ACCESS_LOGS_SCHEDULE: '2 * * * *',
      USERS_SCHEDULE: '3 * * * *',
      STREAMS: 'users, audit_logs',
      AUDIT_LOGS_START: '2024-01-31',
      ACCESS_LOGS_REQUESTS_PER_MINUTE: '10',
      SUPPORT_REQUESTS_PER_MINUTE: '20',
      SUPPORT_SHARE: '0.25',
      SETTLE: '90s',
      RESCAN_AFTER: '2d, 2h,2m,2h',
      RECONCILE_SCHEDULE: 'off',
      RETENTION: 'access_logs=13M',
      ON_SOURCE_ERASURE: 'follow',
      ACCESS_RULES_FILE: 'rules.json',
      REPORTS_FILE: 'reports.yaml',
      HTTP_PORT: '0',
      HTTP_HOST: '::',
      HEARTBEAT_URL: 'https://hc.example/uuid',
      ALERT_WEBHOOK_URL: 'https://hooks.example/T0/B0/x',
      ALERT_EMAIL_TO: 'a@acme.example, b@acme.example',
      ALERT_EMAIL_FROM: 'log@acme.example',
      SMTP_URL: 'smtps://me%40acme:p%2Fw@smtp.example',
      ALERT_SEVERITY: 'medium',
      ALERT_DIGEST_SCHEDULE: 'off',
      HTTPS_PROXY: 'proxy:3128',
      http_proxy: 'http://me:pw@proxy/',
      HTTP_PROXY: 'http://another/',
      no_proxy: 'localhost',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      DATA_DIR: '/var/lib/logs',
      SIGNING_KEY: 'a key',
      LOG_ORIGIN: 'acme.example/logs',
      EVIDENCE_DIR: '/srv/evidence',
      EVIDENCE_URL: 's3://acme-evidence/zendesk/',
      AWS_ACCESS_KEY_ID: 'AKIA1',
      AWS_SECRET_ACCESS_KEY: 'aws-secret',
      AWS_SESSION_TOKEN: 'aws-token',
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: 'https://s3.acme.example',
      WITNESS_URL: 'https://one.example, https://two.example/w',
      WITNESS_KEY: `${witness('one')},${witness('two')}`,
      TSA_URL: 'http://tsa.example',
      ANCHOR_FILE: '/srv/anchors',
      ANCHOR_EVERY: '10m',
      VERIFY_SCHEDULE: 'off',
      VERIFY_DEEP_SCHEDULE: '5 4 1 * *',
      ARCHIVE_URL: '/srv/archive',
      ARCHIVE_AFTER: '2y',
      ARCHIVE_SCHEDULE: 'off',
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'json',
    };
    const rule = { operation: 'moonById', resource: 'moon' };
    const config = parse(settings, new Map([['rules.json', JSON.stringify([rule])]]));
    assert.deepEqual(config, {
      database: { kind: 'server', url: 'postgresql://me:pw@db/logs' },
      schemas: { schema: 'helpdesk', syncSchema: 'helpdesk_ledger' },
      streams: [users, auditLogs],
      horizons: { audit_logs: new Date('2024-01-31T00:00:00Z') },
      schedules: { audit_logs: '1 * * * *', access_logs: '2 * * * *', users: '3 * * * *' },
      budgets: { access_logs: 10, support: 20 },
      shares: {},
      pageSizes: { audit_logs: 100, access_logs: 2500 },
      retention: [{ of: 'access_logs', months: 13, days: 0, text: '13 months' }],
      followsErasures: true,
      reconcileSchedule: undefined,
      settleMs: 90_000,
      rescanAfterMs: [120_000, 7_200_000, 172_800_000],
      accessRules: [rule, ...accessRules],
      reportsFile: 'reports.yaml',
      http: undefined,
      heartbeatUrl: 'https://hc.example/uuid',
      alerts: {
        webhookUrl: 'https://hooks.example/T0/B0/x',
        mail: {
          server: {
            host: 'smtp.example',
            port: 465,
            isSecure: true,
            login: { user: 'me@acme', password: 'p/w' },
          },
          from: 'log@acme.example',
          to: ['a@acme.example', 'b@acme.example'],
        },
        severities: ['high', 'medium'],
        digestSchedule: undefined,
      },
      proxies: {
        https: 'http://proxy:3128/',
        http: 'http://me:pw@proxy/',
        exceptions: 'localhost',
      },
      collectorEndpoint: 'http://collector:4318',
      evidence: {
        origin: 'acme.example/logs',
        signingKey: 'a key',
        dataDirectory: '/var/lib/logs',
        directory: '/srv/evidence',
        bucket: {
          bucket: 'acme-evidence',
          prefix: 'zendesk',
          endpoint: 'https://s3.acme.example',
          credentials: {
            accessKeyId: 'AKIA1',
            secretAccessKey: 'aws-secret',
            sessionToken: 'aws-token',
            region: 'eu-central-1',
          },
        },
        witnesses: [
          { url: 'https://one.example', key: parseVerifierKey(witness('one')) },
          { url: 'https://two.example/w', key: parseVerifierKey(witness('two')) },
        ],
        timeStamps: { url: 'http://tsa.example', authorities: [] },
        anchorFile: '/srv/anchors',
        anchorEveryMs: 600_000,
      },
      verifySchedules: { quick: undefined, deep: '5 4 1 * *' },
      archive: {
        place: { kind: 'directory', path: '/srv/archive' },
        after: { months: 24, days: 0 },
        schedule: undefined,
      },
      log: { level: 'debug', format: 'json' },
      zendesk: {
        account: 'acme',
        origin: 'http://127.0.0.1:8080',
        credentials: {
          kind: 'oauth-client',
          clientId: 'log-puller',
          clientSecret: 's3cret-s3cret',
        },
        scope: 'auditlogs:read users:read',
        proxy: undefined,
        warnings: [],
      },
    });
  });

  it('reads who may see the page, and shows nothing of a token that is written wrongly', () => {
    const tokens = [
      '# the team',
      'investigator jane 0123456789abcdef',
      'reader 0123456789ABCDEF',
      '',
    ].join('\n');
    const pageOf = (settings: Record<string, string>) =>
      parse({ ...account, ...settings }, new Map([['tokens', tokens]])).http?.page;
    const login = pageOf({
      HTTP_HOST: '0.0.0.0',
      HTTP_TOKEN_FILE: 'tokens',
      HTTP_TRUSTED_PROXY: '10.0.0.5, 10.1.0.0/16 fd00::/8',
      HTTP_USER_HEADER: 'X-Email',
      HTTP_INVESTIGATOR_GROUPS: 'security, audit',
    });
    assert.ok(login?.kind === 'login');
    assert.deepEqual(login.tokens, [
      { role: 'investigator', name: 'jane', token: '0123456789abcdef' },
      { role: 'reader', name: 'reader', token: '0123456789ABCDEF' },
    ]);
    const { has, ...proxy } = login.proxy ?? assert.fail('no proxy');
    assert.deepEqual(proxy, {
      userHeader: 'x-email',
      groupsHeader: 'x-forwarded-groups',
      investigatorGroups: ['security', 'audit'],
    });
    const asked = ['10.0.0.5', '::ffff:10.1.2.3', 'fd12::1', '10.0.0.6', '::1', ''];
    assert.deepEqual(asked.map(has), [true, true, true, false, false, false]);
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      assert.deepEqual(pageOf({ HTTP_HOST: host }), { kind: 'local' });
    assert.deepEqual(pageOf({ HTTP_HOST: '::' }), { kind: 'undecided' });
    assert.equal(pageOf({ HTTP_HOST: '::', HTTP_PAGE: 'off' }), undefined);
    const form =
      'Write one line for each person: a role (reader or investigator), a name, and a token of at least 16 characters, separated by spaces';
    for (const [text, place] of [
      ['reader short', 'line 1 is different'],
      ['# nobody yet', 'there is no such line'],
      ['# nobody\nadmin jane 0123456789abcdef', 'line 2 is different'],
      ['reader a 0123456789abcdef\nreader b 0123456789abcdef', 'the same token is in two lines'],
    ] as const)
      assert.deepEqual(problemsWith('HTTP_TOKEN', text), [
        `HTTP_TOKEN is set to ${text.length} characters that are not shown here. ${form}; ${place}.`,
      ]);
    for (const text of ['proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', ','])
      assert.deepEqual(problemsWith('HTTP_TRUSTED_PROXY', text), [
        `HTTP_TRUSTED_PROXY is "${text}". Use the addresses of the proxy such as 10.0.0.5, or ranges such as 10.0.0.0/24, separated by commas.`,
      ]);
  });

  it('reports every problem of the rules file together with those of other settings', () => {
    const content = '[{"path": "/api/v2/moons", "kind": "look"}, {"operation": "moon by id"}]';
    assert.deepEqual(
      problemsOf(
        { ...account, LOG_LEVEL: 'loud', ACCESS_RULES_FILE: '/etc/rules.json' },
        new Map([['/etc/rules.json', content]]),
      ),
      [
        'LOG_LEVEL is "loud". Use trace, debug, info, warn, error, fatal or silent.',
        '/etc/rules.json, rule 1: kind is "look". Use one of view, list, search, export, write, secret, log, noise.',
        '/etc/rules.json, rule 2: operation is "moon by id". Use the name of a GraphQL operation: letters, digits and underscores.',
      ],
    );
    assert.deepEqual(problemsWith('ACCESS_RULES_FILE', '/nowhere/rules.json'), [
      'ACCESS_RULES_FILE is "/nowhere/rules.json", which cannot be read (ENOENT). Check that it is a JSON file of rules, and its path and permissions.',
    ]);
  });

  it('treats an empty text as unset', () => {
    const emptied = {
      ...account,
      SETTLE: '',
      DATABASE_URL: '',
      ACCESS_RULES_FILE: '',
      ZENDESK_API_TOKEN: '',
      ZENDESK_API_TOKEN_FILE: '',
    };
    assert.deepEqual(parse(emptied), parse(account));
  });

  it('says what is wrong with the places for checkpoints', () => {
    assert.deepEqual(problemsWith('EVIDENCE_URL', 'https://s3.example/bucket'), [
      'EVIDENCE_URL is "https://s3.example/bucket". Use a bucket and a prefix such as s3://acme-evidence/zendesk, without credentials.',
    ]);
    assert.deepEqual(problemsWith('ARCHIVE_URL', 'https://s3.example/bucket'), [
      'ARCHIVE_URL is "https://s3.example/bucket". Use a directory, or a bucket and a prefix such as s3://acme-archive/zendesk, without credentials.',
    ]);
    assert.deepEqual(problemsWith('ARCHIVE_URL', 's3://acme-archive'), [
      'ARCHIVE_URL is set without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Set both to a key that may put and get objects there.',
    ]);
    assert.deepEqual(problemsWith('ARCHIVE_AFTER', '13 months'), [
      'ARCHIVE_AFTER is "13 months". Use an age such as 13M (months), 2y or 400d.',
    ]);
    assert.deepEqual(problemsWith('EVIDENCE_URL', 's3://acme-evidence'), [
      'EVIDENCE_URL is set without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Set both to a key that may put and get objects there.',
    ]);
    assert.deepEqual(problemsWith('TSA_URL', 'tsa.example'), [
      'TSA_URL is "tsa.example". Use an address such as https://tsa.acme.example, without a user name, password or query.',
    ]);
    assert.deepEqual(problemsWith('WITNESS_URL', 'https://one.example'), [
      'WITNESS_URL has 1 addresses, and WITNESS_KEY has 0 keys. Give the verifier key of each witness, in the same order.',
    ]);
    const one = { ...account, WITNESS_URL: 'https://one.example' };
    assert.deepEqual(problemsOf({ ...one, WITNESS_KEY: 'one+1' }), [
      'WITNESS_KEY cannot be read: A verifier key is not of the form name+id+base64. Ask the operator of the witness for its verifier key.',
    ]);
    assert.deepEqual(problemsOf({ ...one, WITNESS_KEY: witness('one', keyTypes.note) }), [
      'WITNESS_KEY has the key of one, which is not a key of cosignatures. Ask the operator of the witness for its verifier key.',
    ]);
    const stamped = { ...account, TSA_URL: 'http://tsa.example', TSA_CA_FILE: '/ca.pem' };
    assert.deepEqual(problemsOf(stamped, new Map([['/ca.pem', 'no certificate']])), [
      'TSA_CA_FILE is "/ca.pem", which has no certificates that can be read. Use a file of certificates in PEM.',
    ]);
  });

  it('sends mail only with a server and recipients, from an address that can receive answers', () => {
    const mailOf = (settings: Record<string, string>): unknown =>
      parse({ ...account, ...settings }).alerts.mail;
    const to = { ALERT_EMAIL_TO: 'security@acme.example' };
    assert.deepEqual(mailOf({ ...to, SMTP_URL: 'smtp://[::1]' }), {
      server: { host: '::1', port: 587, isSecure: false, login: undefined },
      from: 'zendesk-log-sync@acme.example',
      to: ['security@acme.example'],
    });
    assert.deepEqual(mailOf({ ...to, SMTP_URL: 'smtp://log%40acme.example:pw@smtp.example:25/' }), {
      server: {
        host: 'smtp.example',
        port: 25,
        isSecure: false,
        login: { user: 'log@acme.example', password: 'pw' },
      },
      from: 'log@acme.example',
      to: ['security@acme.example'],
    });
    assert.deepEqual(problemsOf({ ...account, ...to }), [
      'ALERT_EMAIL_TO is set without SMTP_URL. Set it to the server that sends mail, such as smtps://user:password@smtp.acme.example:465.',
    ]);
    assert.deepEqual(problemsWith('SMTP_URL', 'smtp://smtp.example'), [
      'SMTP_URL is set without ALERT_EMAIL_TO. Set it to the addresses that receive alerts.',
    ]);
    assert.deepEqual(problemsWith('ALERT_EMAIL_FROM', 'log@acme.example'), [
      'ALERT_EMAIL_FROM is set without ALERT_EMAIL_TO. Set it to the addresses that receive alerts, or leave both out.',
    ]);
    for (const text of [
      'smtp://',
      'smtp.example:25',
      'smtp://smtp.example/x',
      'smtp://a%zz@smtp.example',
      'smtp://smtp.example?tls=no',
    ])
      assert.equal(problemsOf({ ...account, ...to, SMTP_URL: text }).length, 1, text);
  });

  it('reports all problems of all settings at once', () => {
    const problems = problemsOf({
      DATABASE_URL: 'mysql://root:hunter2@db/logs',
      ZENDESK_SUBDOMAIN: 'acme.zendesk.com',
      ZENDESK_BASE_URL: 'http://acme.example',
      ZENDESK_CLIENT_SECRET: 'two words',
      AUDIT_LOGS_SCHEDULE: 'often',
      STREAMS: 'audit_logs,tickets',
      AUDIT_LOGS_START: 'yesterday',
      ACCESS_LOGS_REQUESTS_PER_MINUTE: 'fifty',
      SETTLE: '5 minutes',
      RESCAN_AFTER: 'daily',
      HTTP_PORT: '65536',
      HTTP_HOST: '127.0.0.1:8080/',
      HEARTBEAT_URL: 'hc-ping.com/uuid',
      ALERT_WEBHOOK_URL: 'hooks.example',
      ALERT_EMAIL_TO: 'a@acme.example\r\nBcc: b@acme.example',
      ALERT_EMAIL_FROM: 'Jane <jane@acme.example>',
      SMTP_URL: 'https://smtp.example',
      ALERT_SEVERITY: 'urgent',
      ALERT_DIGEST_SCHEDULE: 'weekly',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://me:hunter2@collector',
      LOG_LEVEL: 'loud',
      LOG_FORMAT: 'xml',
    });
    assert.deepEqual(problems, [
      'DATABASE_URL is set to 28 characters that are not shown here. Use postgres://user:password@host:5432/database, and check the scheme, the host and the port.',
      'AUDIT_LOGS_SCHEDULE is "often". Use a cron expression with five fields such as */5 * * * * (minute, hour, day of month, month, day of week; UTC).',
      'STREAMS is "audit_logs,tickets". Use names from this list, separated by commas and each at most once: audit_logs, access_logs, users.',
      'AUDIT_LOGS_START is "yesterday". Use a date such as 2024-01-31, or a time with its zone such as 2024-01-31T08:00:00Z.',
      'ACCESS_LOGS_REQUESTS_PER_MINUTE is "fifty". Use a whole number from 1 to 100000, digits only.',
      'SETTLE is "5 minutes". Use a duration from 1s to 1d such as 90s or 5m: a whole number and one unit (s, m, h or d), without a space.',
      'RESCAN_AFTER is "daily". Use durations separated by commas such as 1h,24h, or none. A duration is a whole number and one unit (s, m, h or d), without a space.',
      'HTTP_PORT is "65536". Use a port from 1 to 65535, or 0 to switch HTTP off.',
      'HTTP_HOST is "127.0.0.1:8080/". Use an address of this machine such as 127.0.0.1, 0.0.0.0 or ::, without port and brackets.',
      'HEARTBEAT_URL is set to 16 characters that are not shown here. Use an address such as https://hc-ping.com/your-uuid, without a user name or password.',
      'ALERT_WEBHOOK_URL is set to 13 characters that are not shown here. Use an address such as https://hooks.slack.com/services/…, without a user name or password.',
      'ALERT_EMAIL_TO is "a@acme.example\\r\\nBcc: b@acme.example". Use up to 50 addresses such as security@acme.example, separated by commas, without names.',
      'ALERT_EMAIL_FROM is "Jane <jane@acme.example>". Use an address such as zendesk-log-sync@acme.example, without a name.',
      'SMTP_URL is set to 20 characters that are not shown here. Use an address such as smtps://user:password@smtp.acme.example:465, or smtp:// for STARTTLS, without a path or a query, and percent-encode special characters in the password (%40 for @, %2F for /, %23 for #, %25 for %).',
      'ALERT_SEVERITY is "urgent". Use high, medium, low, info or none.',
      'ALERT_DIGEST_SCHEDULE is "weekly". Use a cron expression with five fields such as 17 2 * * * (minute, hour, day of month, month, day of week; UTC), or off.',
      'OTEL_EXPORTER_OTLP_ENDPOINT is set to 28 characters that are not shown here. Use an address such as http://localhost:4318, without a user name, password or query. Put credentials into OTEL_EXPORTER_OTLP_HEADERS.',
      'LOG_LEVEL is "loud". Use trace, debug, info, warn, error, fatal or silent.',
      'LOG_FORMAT is "xml". Use auto, json or pretty.',
      'ZENDESK_SUBDOMAIN is "acme.zendesk.com". Use only the part before .zendesk.com (at most 63 lower-case letters, digits and hyphens): write acme.',
      'ZENDESK_BASE_URL is "http://acme.example". Use https, because http sends the credentials in clear text (http is accepted for localhost, 127.0.0.0/8 and [::1] only).',
      'ZENDESK_CLIENT_SECRET is set to 9 characters that are not shown here. Copy it again, without spaces, line breaks or surrounding quotation marks.',
      'ZENDESK_CLIENT_SECRET is set but ZENDESK_CLIENT_ID is not. Set ZENDESK_CLIENT_ID as well.',
    ]);
    assert.equal(refuseInput(problems).message, problems.join('\n'));
  });

  it('ignores Zendesk settings if Zendesk is not needed', () => {
    const config = parseConfig(
      { ZENDESK_SUBDOMAIN: 'not a subdomain', ZENDESK_API_TOKEN_FILE: '/absent' },
      { ...outside, needs: { zendesk: false } },
    );
    assert.deepEqual(Object.keys(config), [
      'database',
      'schemas',
      'streams',
      'retention',
      'followsErasures',
      'horizons',
      'schedules',
      'budgets',
      'shares',
      'reconcileSchedule',
      'pageSizes',
      'settleMs',
      'rescanAfterMs',
      'accessRules',
      'reportsFile',
      'http',
      'heartbeatUrl',
      'alerts',
      'proxies',
      'collectorEndpoint',
      'evidence',
      'verifySchedules',
      'archive',
      'log',
    ]);
  });

  it('reports the other settings also if Zendesk is not needed', () => {
    assert.throws(
      () => parseConfig({ SETTLE: '0s' }, { ...outside, needs: { zendesk: false } }),
      refuseInput([
        'SETTLE is "0s". Use a duration from 1s to 1d such as 90s or 5m: a whole number and one unit (s, m, h or d), without a space.',
      ]),
    );
  });
});

describe('secrets from files', () => {
  const files = new Map([
    ['/run/secrets/db', 'postgres://me:pw@db/logs\n'],
    ['/run/secrets/zendesk', 'from-a-file\r\n'],
    ['/run/secrets/two-lines', 'from-a-file\n\n'],
    ['/run/secrets/empty', '\n'],
  ]);
  const { ZENDESK_CLIENT_SECRET: _, ...unpaired } = account;

  it('are trimmed of one line break', () => {
    const config = parse(
      {
        ...unpaired,
        DATABASE_URL_FILE: '/run/secrets/db',
        ZENDESK_CLIENT_SECRET_FILE: '/run/secrets/zendesk',
      },
      files,
    );
    assert.deepEqual(config.database, { kind: 'server', url: 'postgres://me:pw@db/logs' });
    assert.deepEqual(config.zendesk.credentials, {
      kind: 'oauth-client',
      clientId: 'log-puller',
      clientSecret: 'from-a-file',
    });
    assert.deepEqual(
      problemsOf({ ...unpaired, ZENDESK_CLIENT_SECRET_FILE: '/run/secrets/two-lines' }, files),
      [
        'ZENDESK_CLIENT_SECRET is set to 12 characters that are not shown here. Copy it again, without spaces, line breaks or surrounding quotation marks.',
      ],
    );
  });

  for (const [text, from] of [
    ['"from-a-file"', 'in quotation marks'],
    ["'from-a-file'\r\n", 'in quotation marks, with the line end of Windows'],
    ['\uFEFFfrom-a-file\r\n', 'with a byte order mark'],
    ['from-a-file\r', 'with a carriage return'],
  ] as const)
    it(`are taken ${from}, like the values of the environment`, () => {
      const path = '/run/secrets/wrapped';
      const wanted = { kind: 'oauth-client', clientId: 'log-puller', clientSecret: 'from-a-file' };
      const inFile = { ...unpaired, ZENDESK_CLIENT_SECRET_FILE: `"${path}"` };
      const ofFile = parse(inFile, new Map([[path, text]]));
      assert.deepEqual(ofFile.zendesk.credentials, wanted);
      const direct = parse({ ...unpaired, ZENDESK_CLIENT_SECRET: text, SETTLE: '"90s"\r' });
      assert.deepEqual(direct.zendesk.credentials, wanted);
      assert.equal(direct.settleMs, 90_000);
    });

  it('are refused with a single quotation mark, and in UTF-16', () => {
    assert.deepEqual(problemsOf({ ...unpaired, ZENDESK_CLIENT_SECRET: '"from-a-file' }), [
      'ZENDESK_CLIENT_SECRET is set to 12 characters that are not shown here. Copy it again, without spaces, line breaks or surrounding quotation marks.',
    ]);
    const wide = new Map([['/wide', '\uFFFD\uFFFDa\0b\0']]);
    assert.deepEqual(problemsOf({ ...unpaired, ZENDESK_CLIENT_SECRET_FILE: '/wide' }, wide), [
      'ZENDESK_CLIENT_SECRET_FILE is "/wide", which is not UTF-8 text. Save it as UTF-8, which PowerShell\'s ">" does not do.',
    ]);
  });

  it('are refused together with the same setting, unreadable, or empty, without a second message about the pair', () => {
    assert.deepEqual(
      problemsOf({ ...account, ZENDESK_CLIENT_SECRET_FILE: '/run/secrets/zendesk' }, files),
      ['ZENDESK_CLIENT_SECRET and ZENDESK_CLIENT_SECRET_FILE are both set. Remove one of them.'],
    );
    assert.deepEqual(problemsOf({ ...unpaired, ZENDESK_CLIENT_SECRET_FILE: '/absent' }, files), [
      'ZENDESK_CLIENT_SECRET_FILE is "/absent", which cannot be read (ENOENT). Check that it is a text file, and its path and permissions.',
    ]);
    assert.deepEqual(
      problemsOf({ ...unpaired, ZENDESK_CLIENT_SECRET_FILE: '/run/secrets/empty' }, files),
      [
        'ZENDESK_CLIENT_SECRET_FILE is "/run/secrets/empty", which is empty. Write the value into that file.',
      ],
    );
  });

  it('are the only settings that may come from files', () => {
    assert.deepEqual(parse({ ...account, SETTLE_FILE: '/absent' }), parse(account));
  });

  it('never appear in a problem', () => {
    const secret = 'hunter2 hunter2';
    const problems = problemsOf({
      DATABASE_URL: `mysql://me:${secret}@db/logs`,
      ZENDESK_BASE_URL: `https://me:${secret}@acme.zendesk.com/?token=${secret}`,
      ZENDESK_CLIENT_SECRET: secret,
      ZENDESK_OAUTH_TOKEN: secret,
      ZENDESK_API_TOKEN: secret,
    });
    assert.equal(problems.length, 7);
    assert.doesNotMatch(problems.join('\n'), /hunter2/);
  });
});

describe('the account of the settings', () => {
  it('must be named by its subdomain', () => {
    const { ZENDESK_SUBDOMAIN: _, ...unnamed } = account;
    assert.deepEqual(problemsOf(unnamed), [
      'ZENDESK_SUBDOMAIN is not set. Use only the part before .zendesk.com (at most 63 lower-case letters, digits and hyphens): for acme.zendesk.com, it is acme.',
    ]);
  });

  it('is refused with the right spelling as a hint', () => {
    assert.equal(adviceOn('https://Acme-EU.zendesk.com/'), 'write acme-eu.');
    assert.equal(adviceOn('ACME'), 'write acme.');
    assert.equal(adviceOn('acme/evil.example'), 'for acme.zendesk.com, it is acme.');
    assert.equal(adviceOn('-acme'), 'for acme.zendesk.com, it is acme.');
    assert.equal(adviceOn('a'.repeat(64)), 'for acme.zendesk.com, it is acme.');
    assert.equal(adviceOn('a'.repeat(63)), undefined);
  });

  it('may be at an https origin, or at http on this machine', () => {
    assert.equal(originOf('https://other.example:8443'), 'https://other.example:8443');
    assert.equal(originOf('https://OTHER.example/'), 'https://other.example');
    assert.equal(originOf('http://localhost:3000'), 'http://localhost:3000');
    assert.equal(originOf('http://127.8.9.10:3000'), 'http://127.8.9.10:3000');
    assert.equal(originOf('http://[::1]:3000'), 'http://[::1]:3000');
  });

  it('is refused at any other kind of address', () => {
    const clear =
      'Use https, because http sends the credentials in clear text (http is accepted for localhost, 127.0.0.0/8 and [::1] only).';
    const hidden = 'is set to 34 characters that are not shown here';
    const expected = 'Use an origin such as https://acme.zendesk.com';
    for (const [text, problem] of [
      ['http://127.evil.example', `is "http://127.evil.example". ${clear}`],
      ['http://localhost.example', `is "http://localhost.example". ${clear}`],
      ['http://10.0.0.1', `is "http://10.0.0.1". ${clear}`],
      ['acme.zendesk.com', `is "acme.zendesk.com". ${expected}, with scheme and host.`],
      ['ftp://acme.example', `is "ftp://acme.example". ${expected}, with https.`],
      [
        'https://acme.example/api/v2',
        `is "https://acme.example/api/v2". ${expected}, without a path or a query: https://acme.example.`,
      ],
      [
        'https://acme.example/?query=private',
        `is set to 35 characters that are not shown here. ${expected}, without a path or a query: https://acme.example.`,
      ],
      [
        'https://me:password@acme.example/a',
        `${hidden}. ${expected}, without a user name or password. Credentials have their own settings.`,
      ],
    ] as const)
      assert.deepEqual(problemsWith('ZENDESK_BASE_URL', text), [`ZENDESK_BASE_URL ${problem}`]);
  });
});

describe('the credentials of the settings', () => {
  const bare = { ZENDESK_SUBDOMAIN: 'acme' };
  const email = 'jane@acme.example';

  it('can be a ready token, or an e-mail address with an API token', () => {
    assert.deepEqual(parse({ ...bare, ZENDESK_OAUTH_TOKEN: 'abc' }).zendesk.credentials, {
      kind: 'oauth-token',
      token: 'abc',
    });
    assert.deepEqual(
      parse({ ...bare, ZENDESK_USER_EMAIL: email, ZENDESK_API_TOKEN: 'abc' }).zendesk.credentials,
      { kind: 'api-token', email, token: 'abc' },
    );
  });

  it('must be given, complete, and of one kind', () => {
    assert.deepEqual(problemsOf(bare), [
      'No Zendesk credentials are set. Set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET of a confidential OAuth client, or ZENDESK_OAUTH_TOKEN, or ZENDESK_USER_EMAIL with ZENDESK_API_TOKEN.',
    ]);
    assert.deepEqual(problemsOf({ ...bare, ZENDESK_CLIENT_ID: 'log-puller' }), [
      'ZENDESK_CLIENT_ID is set but ZENDESK_CLIENT_SECRET is not. Set ZENDESK_CLIENT_SECRET as well.',
    ]);
    assert.deepEqual(problemsOf({ ...bare, ZENDESK_API_TOKEN: 'abc' }), [
      'ZENDESK_API_TOKEN is set but ZENDESK_USER_EMAIL is not. Set ZENDESK_USER_EMAIL as well.',
    ]);
    assert.deepEqual(
      problemsOf({ ...account, ZENDESK_OAUTH_TOKEN: 'abc', ZENDESK_USER_EMAIL: email }),
      [
        'ZENDESK_CLIENT_ID, ZENDESK_CLIENT_SECRET, ZENDESK_OAUTH_TOKEN and ZENDESK_USER_EMAIL are set together. Keep only one kind of credentials, preferably ZENDESK_CLIENT_ID with ZENDESK_CLIENT_SECRET, and remove the rest.',
      ],
    );
  });

  it('can be an OAuth client for which a person logs in, or has logged in', () => {
    const client = { clientId: 'log-puller', clientSecret: 'abc' };
    const set = { ...bare, ZENDESK_CLIENT_ID: 'log-puller', ZENDESK_CLIENT_SECRET: 'abc' };
    const choose = (more: Record<string, string>): unknown =>
      parse({ ...set, ...more }).zendesk.credentials;
    assert.deepEqual(choose({ ZENDESK_OAUTH_GRANT: 'client_credentials' }), {
      kind: 'oauth-client',
      ...client,
    });
    assert.deepEqual(choose({ ZENDESK_OAUTH_GRANT: 'refresh_token' }), {
      kind: 'oauth-refresh',
      ...client,
      firstToken: undefined,
    });
    assert.deepEqual(choose({ ZENDESK_REFRESH_TOKEN: 'def' }), {
      kind: 'oauth-refresh',
      ...client,
      firstToken: 'def',
    });
  });

  it('have a refresh token only with an OAuth client that uses it', () => {
    assert.deepEqual(problemsOf({ ...bare, ZENDESK_REFRESH_TOKEN: 'def' }), [
      'ZENDESK_REFRESH_TOKEN is set but no OAuth client is. Set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET as well.',
    ]);
    assert.deepEqual(
      problemsOf({
        ...account,
        ZENDESK_OAUTH_GRANT: 'client_credentials',
        ZENDESK_REFRESH_TOKEN: 'def',
      }),
      [
        'ZENDESK_OAUTH_GRANT is client_credentials, but ZENDESK_REFRESH_TOKEN is set. Remove one of them.',
      ],
    );
    assert.deepEqual(problemsOf({ ...account, ZENDESK_OAUTH_GRANT: 'password' }), [
      'ZENDESK_OAUTH_GRANT is "password". Use client_credentials or refresh_token.',
    ]);
    assert.deepEqual(
      problemsOf({ ...bare, ZENDESK_OAUTH_TOKEN: 'abc', ZENDESK_REFRESH_TOKEN: 'def' }),
      [
        'ZENDESK_OAUTH_TOKEN and ZENDESK_REFRESH_TOKEN are set together. Keep only one kind of credentials, preferably ZENDESK_CLIENT_ID with ZENDESK_CLIENT_SECRET, and remove the rest.',
      ],
    );
  });

  it('must name a person without the ending "/token"', () => {
    assert.deepEqual(
      problemsOf({ ...bare, ZENDESK_USER_EMAIL: `${email}/token`, ZENDESK_API_TOKEN: 'abc' }),
      [
        'ZENDESK_USER_EMAIL is "jane@acme.example/token". Use an e-mail address such as jane@acme.example, without /token at the end.',
      ],
    );
  });

  it('cause a warning about the end of API tokens, before and after it', () => {
    const legacy = { ...bare, ZENDESK_USER_EMAIL: email, ZENDESK_API_TOKEN: 'abc' };
    assert.deepEqual(parse(legacy).zendesk.warnings, [
      'ZENDESK_API_TOKEN stops working on 2027-04-30, when Zendesk ends all API tokens; before that day set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET of a confidential OAuth client instead.',
    ]);
    const later = parseConfig(legacy, {
      ...outside,
      now: new Date('2027-04-30T00:00:00Z'),
      needs: { zendesk: true },
    });
    assert.deepEqual(later.zendesk.warnings, [
      'ZENDESK_API_TOKEN no longer works, because Zendesk ended all API tokens on 2027-04-30; set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET of a confidential OAuth client instead.',
    ]);
  });

  it('cause a warning about a scope or a budget that does not fit the access log, if it is pulled', () => {
    const unfit = {
      ...account,
      ZENDESK_OAUTH_SCOPE: 'auditlogs:read users:read',
      ACCESS_LOGS_REQUESTS_PER_MINUTE: '51',
    };
    assert.deepEqual(parse(unfit).zendesk.warnings, [
      'ZENDESK_OAUTH_SCOPE does not contain read, which the access log most likely needs. Set it to read if Zendesk refuses that stream.',
      'ACCESS_LOGS_REQUESTS_PER_MINUTE is 51, but Zendesk allows 50 a minute for an account. Expect pauses after 429 responses.',
    ]);
    assert.deepEqual(parse({ ...unfit, STREAMS: 'audit_logs,users' }).zendesk.warnings, []);
  });
});
