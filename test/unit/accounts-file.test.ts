import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { parseConfigs } from '../../src/config/every-account.ts';
import { streams as allStreams } from '../../src/streams/registry.ts';
import { hasCode } from '../../src/errors.ts';

const path = '/etc/accounts.yaml';

function parse(text: string, environment: Record<string, string> = {}): readonly Config[] {
  const files = new Map([
    [path, text],
    ['/run/secrets/acme', 's3cret-acme\n'],
  ]);
  return parseConfigs(
    { ACCOUNTS_FILE: path, ...environment },
    {
      streams: allStreams,
      readFile: (name) => {
        const content = files.get(name);
        if (content === undefined)
          throw Object.assign(new Error(`no such file: ${name}`), { code: 'ENOENT' });
        return content;
      },
      isSchedule: (schedule) => schedule.split(' ').length === 5,
      now: new Date('2026-11-20T12:00:00Z'),
    },
  );
}

function problemsOf(text: string, environment: Record<string, string> = {}): readonly string[] {
  try {
    parse(text, environment);
  } catch (error) {
    assert.ok(hasCode(error, 'bad_input'));
    return error.problems;
  }
  return [];
}

const expectedKeys =
  'subdomain, base_url, client_id, client_secret_file, client_secret_env, oauth_scope, oauth_grant, refresh_token_file, refresh_token_env, oauth_token_file, oauth_token_env, user_email, api_token_file, api_token_env, audit_logs_schedule, access_logs_schedule, users_schedule, streams, audit_logs_start, access_logs_requests_per_minute, support_share, support_requests_per_minute, audit_logs_page_size, access_logs_page_size, settle, rescan_after, reconcile_schedule, signing_key_file, signing_key_env, log_origin, evidence_dir, evidence_url, witness_url, witness_key, tsa_url, tsa_ca_file, anchor_file, anchor_every, verify_schedule, verify_deep_schedule';

const acme = `
  - subdomain: acme
    client_id: log-puller
    client_secret_file: /run/secrets/acme`;

describe('a file of accounts', () => {
  it('keeps numbers as they are written: a subdomain may begin with a zero', () => {
    const [config] = parse(`accounts:${acme.replace(': acme', ': 00123')}`);
    assert.equal(config?.zendesk.account, '00123');
  });

  it('gives each account its own settings, and those of the environment if it has none', () => {
    const configs = parse(
      `accounts:${acme}
  - subdomain: globex
    oauth_token_env: GLOBEX_TOKEN
    streams: [audit_logs, users]
    audit_logs_schedule: '0 * * * *'
    support_requests_per_minute: 20
    settle: 10m
    rescan_after: none`,
      { GLOBEX_TOKEN: 't0ken-globex', SETTLE: '2m', LOG_LEVEL: 'warn' },
    );
    assert.deepEqual(
      configs.map(({ zendesk, streams, schedules, budgets, settleMs, rescanAfterMs, log }) => ({
        account: zendesk.account,
        credentials: zendesk.credentials,
        streams: streams.map(({ name }) => name),
        schedule: schedules['audit_logs'],
        budgets,
        settleMs,
        rescanAfterMs,
        level: log.level,
      })),
      [
        {
          account: 'acme',
          credentials: {
            kind: 'oauth-client',
            clientId: 'log-puller',
            clientSecret: 's3cret-acme',
          },
          streams: ['audit_logs', 'access_logs', 'users'],
          schedule: '*/5 * * * *',
          budgets: { access_logs: 50, support: 100 },
          settleMs: 120_000,
          rescanAfterMs: [1, 24, 7 * 24, 30 * 24].map((hours) => hours * 3_600_000),
          level: 'warn',
        },
        {
          account: 'globex',
          credentials: { kind: 'oauth-token', token: 't0ken-globex' },
          streams: ['audit_logs', 'users'],
          schedule: '0 * * * *',
          budgets: { access_logs: 50, support: 20 },
          settleMs: 600_000,
          rescanAfterMs: [],
          level: 'warn',
        },
      ],
    );
  });

  it('may be written as JSON', () => {
    const text = JSON.stringify({
      accounts: [{ subdomain: 'acme', client_id: 'x', client_secret_file: '/run/secrets/acme' }],
    });
    assert.deepEqual(
      parse(text).map(({ zendesk }) => zendesk.account),
      ['acme'],
    );
  });

  it('reports all problems of all accounts at once, each with its place and the names from the file', () => {
    assert.deepEqual(
      problemsOf(
        `accounts:${acme}
    client_secret: s3cret-in-the-open
    shcedule: '* * * * *'
  - subdomain: Globex Inc
    oauth_token_env: NO_SUCH_VARIABLE
    settle: soon
  - subdomain: acme
    client_id: log-puller
    client_secret_file: /run/secrets/none`,
        { LOG_LEVEL: 'loud' },
      ),
      [
        'LOG_LEVEL is "loud". Use trace, debug, info, warn, error, fatal or silent.',
        `${path}, account acme: client_secret is in the file itself. Keep secrets out of this file: write client_secret_file with a path, or client_secret_env with the name of an environment variable.`,
        `${path}, account acme: "shcedule" is not a setting. Use ${expectedKeys}.`,
        `${path}, account 2: oauth_token_env is "NO_SUCH_VARIABLE", but no environment variable of that name is set. Set one that holds the value.`,
        `${path}: more than one account has the subdomain "acme". Remove all but one.`,
        `${path}, account 2: settle is "soon". Use a duration from 1s to 1d such as 90s or 5m: a whole number and one unit (s, m, h or d), without a space.`,
        `${path}, account 2: subdomain is "Globex Inc". Use only the part before .zendesk.com (at most 63 lower-case letters, digits and hyphens): for acme.zendesk.com, it is acme.`,
        `${path}, account acme: client_secret_file is "/run/secrets/none", which cannot be read (ENOENT). Check that it is a text file, and its path and permissions.`,
      ],
    );
  });

  it('never shows a secret in a message', () => {
    const problems = problemsOf(`accounts:${acme}\n    oauth_token: t0ken-in-the-open`);
    assert.equal(problems.length, 2);
    assert.doesNotMatch(problems.join(), /in-the-open|s3cret/);
  });

  it('does not repeat a text in the place of a name, because it may be a secret', () => {
    assert.deepEqual(
      problemsOf(
        'accounts: [{subdomain: acme, client_id: x, client_secret_env: t0ken-in-the-open, oauth_scope:t0ken-in-the-open}]',
      ),
      [
        `${path}, account acme: client_secret_env is a text of 17 characters that are not shown here, but no environment variable of that name is set. Set one that holds the value.`,
        `${path}, account acme: a key of 29 characters that are not shown here is not a setting. Use ${expectedKeys}.`,
      ],
    );
  });

  for (const [what, text, problem] of [
    ['is no YAML', 'accounts: [', `${path} cannot be read at line 1 (BAD_INDENT)`],
    [
      'has an alias without its anchor',
      'accounts: [*acme]',
      `${path} has an alias that does not exist, or too many aliases. Use YAML or JSON`,
    ],
    ['is empty', '', `${path} is not a list of accounts`],
    ['lists nobody', 'accounts: []', `${path} is not a list of accounts`],
    ['has other keys', 'acounts: []', `${path} is not a list of accounts`],
  ] as const) {
    it(`is refused with one sentence when it ${what}`, () => {
      const problems = problemsOf(text);
      assert.equal(problems.length, 1);
      assert.ok(problems[0]?.startsWith(problem), problems[0]);
    });
  }

  it('is refused with one sentence when it cannot be read', () => {
    assert.deepEqual(problemsOf('', { ACCOUNTS_FILE: '/nowhere.yaml' }), [
      'ACCOUNTS_FILE is "/nowhere.yaml", which cannot be read (ENOENT). Check that it is a YAML or JSON file of accounts, and its path and permissions.',
    ]);
  });

  it('cannot be combined with an account in the environment', () => {
    assert.deepEqual(problemsOf(`accounts:${acme}`, { ZENDESK_SUBDOMAIN: 'globex' }), [
      'ACCOUNTS_FILE and ZENDESK_SUBDOMAIN are both set. Move the account into the file, or remove ACCOUNTS_FILE.',
    ]);
  });
});
