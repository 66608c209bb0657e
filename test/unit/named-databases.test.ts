import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfigs, parseLocalPlaces, type LocalPlace } from '../../src/config/every-account.ts';
import { hasCode } from '../../src/errors.ts';
import { streams } from '../../src/streams/registry.ts';

const path = '/etc/accounts.yaml';

function optionsOf(text: string): Parameters<typeof parseConfigs>[1] {
  const files = new Map([
    [path, text],
    ['/run/secrets/west', 'postgres://us3r:s3cret@west.example/zendesk\n'],
  ]);
  return {
    streams,
    readFile: (name) => {
      const content = files.get(name);
      if (content === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' });
      return content;
    },
    isSchedule: (schedule) => schedule.split(' ').length === 5,
    now: new Date('2026-11-20T12:00:00Z'),
  };
}

const accounts = `
accounts:
  - subdomain: acme
    database: east
    oauth_token_env: TOKEN
  - subdomain: globex
    database: west
    oauth_token_env: TOKEN
`;
const databases = `
databases:
  east: {url: 'postgres://us3r:s3cret@east.example/zendesk'}
  west: {url_file: /run/secrets/west}
`;

function problemsOf(text: string, environment: Record<string, string> = {}): readonly string[] {
  const given = { ACCOUNTS_FILE: path, TOKEN: 't0ken', ...environment };
  try {
    parseConfigs(given, optionsOf(text));
  } catch (error) {
    assert.ok(hasCode(error, 'bad_input'));
    assert.doesNotMatch(error.problems.join(), /s3cret|t0ken/);
    return error.problems;
  }
  return [];
}

describe('several databases in the file of accounts', () => {
  it('are each given to the accounts that name them', () => {
    const configs = parseConfigs(
      { ACCOUNTS_FILE: path, TOKEN: 't0ken' },
      optionsOf(databases + accounts),
    );
    assert.deepEqual(
      configs.map(({ zendesk, database }) => [zendesk.account, database]),
      [
        [
          'acme',
          { kind: 'server', url: 'postgres://us3r:s3cret@east.example/zendesk', name: 'east' },
        ],
        [
          'globex',
          { kind: 'server', url: 'postgres://us3r:s3cret@west.example/zendesk', name: 'west' },
        ],
      ],
    );
  });

  it('are known to what reads stored rows, where no credentials are', () => {
    const places = parseLocalPlaces({ ACCOUNTS_FILE: path }, optionsOf(databases + accounts));
    assert.deepEqual(
      places.map((place: LocalPlace) => [
        place.config.database.kind === 'server' && place.config.database.name,
        place.accounts,
      ]),
      [
        ['east', ['acme']],
        ['west', ['globex']],
      ],
    );
  });

  it('change nothing for a file without them', () => {
    const text = 'accounts:\n  - subdomain: acme\n    oauth_token_env: TOKEN\n';
    const url = 'postgres://one.example/zendesk';
    const given = { ACCOUNTS_FILE: path, TOKEN: 't0ken', DATABASE_URL: url };
    assert.deepEqual(parseConfigs(given, optionsOf(text))[0].database, { kind: 'server', url });
    const [place, ...others] = parseLocalPlaces(given, optionsOf(text));
    assert.deepEqual(
      [place.config.database, place.accounts, others],
      [{ kind: 'server', url }, undefined, []],
    );
  });

  for (const [what, text, problem] of [
    [
      'an account names none',
      databases + accounts.replace('    database: east\n', ''),
      `${path}, account acme: database is missing. Use one of databases: east, west.`,
    ],
    [
      'an account names an unknown one',
      databases + accounts.replace('database: east', 'database: north'),
      `${path}, account acme: database is "north", which databases does not have. Use east, west.`,
    ],
    [
      'an account names one and the file has none',
      accounts.replace('    database: west\n', ''),
      `${path}, account acme: database is set, and the file has no databases. Add them, or remove database.`,
    ],
    [
      'two names are for the same',
      databases.replace(
        'url_file: /run/secrets/west',
        "url: 'postgresql://other@EAST.example:5432/zendesk?sslmode=require'",
      ) + accounts,
      `${path}: east and west are two names for the same database. Remove one of them.`,
    ],
    [
      'two names are for the same on this machine',
      databases
        .replace('us3r:s3cret@east.example', '127.0.0.1')
        .replace('url_file: /run/secrets/west', "url: 'postgres://localhost:5432/zendesk'") +
        accounts,
      `${path}: east and west are two names for the same database. Remove one of them.`,
    ],
    [
      'one has no url',
      databases.replace('url_file: /run/secrets/west', '') + accounts,
      `${path}, database west: it has no url. Write one of url, url_file and url_env.`,
    ],
    [
      'one has two',
      databases.replace('url_file:', "url: 'postgres://x/y', url_file:") + accounts,
      `${path}, database west: url and url_file are both set. Write one of url, url_file and url_env.`,
    ],
    [
      'a file is not there',
      databases.replace('secrets/west', 'secrets/none') + accounts,
      `${path}, database west: url_file is "/run/secrets/none", which cannot be read (ENOENT). Check that it is a text file, and its path and permissions.`,
    ],
    [
      'a url is none',
      databases.replace("'postgres://us3r:s3cret@east.example/zendesk'", 's3cret') + accounts,
      `${path}, database east: url is set to 6 characters that are not shown here. Use postgres://user:password@host:5432/database, and check the scheme, the host and the port.`,
    ],
    [
      'a key is not known',
      databases.replace('url_file:', 'uri:') + accounts,
      `${path}, database west: "uri" is not known. Use url, url_file or url_env.`,
    ],
    [
      'a key has the name of something that every object has',
      databases.replace('url_file:', 'constructor:') + accounts,
      `${path}, database west: "constructor" is not known. Use url, url_file or url_env.`,
    ],
    [
      'a variable is not set',
      databases.replace('url_file: /run/secrets/west', 'url_env: WEST_URL') + accounts,
      `${path}, database west: url_env names no environment variable that is set. Set one that holds the url.`,
    ],
    [
      'they are a list',
      `databases: [east, west]\n${accounts}`,
      `${path}: databases is no list of databases by their names. Write databases: {east: {url_file: /run/secrets/east}}.`,
    ],
    [
      'a name is none',
      databases.replace('west:', 'West End:') +
        accounts.replace('database: west', 'database: West End'),
      `${path}: a database is named "West End". Use small letters, digits, "-" and "_", at most 63.`,
    ],
  ] as const) {
    it(`are refused with one sentence when ${what}`, () => {
      const [first, ...others] = problemsOf(text);
      assert.equal(first, problem);
      assert.ok(others.length === 0 || what === 'they are a list', others.join('\n'));
    });
  }

  it('are checked where stored rows are read, and an account in another database is reported', () => {
    const asked = (text: string, environment: Record<string, string> = {}): unknown =>
      parseLocalPlaces({ ACCOUNTS_FILE: path, ...environment }, optionsOf(text));
    const refusal = (...problems: string[]): object => ({ code: 'bad_input', problems });
    assert.throws(
      () => asked(databases + accounts.replace('database: east', 'database: north')),
      refusal(
        `${path}, account acme: database is "north", which databases does not have. Use east, west.`,
      ),
    );
    // Not the embedded database instead of those that cannot be read.
    const twice = `${databases}${databases}${accounts}`;
    const advice =
      'Use YAML or JSON such as {"accounts": [{"subdomain": "acme", …}]}; see docs/settings.md.';
    assert.throws(
      () => asked(twice),
      refusal(`${path} cannot be read at line 6 (DUPLICATE_KEY). ${advice}`),
    );
    assert.throws(
      () => asked('accounts: []'),
      refusal(`${path} is not a list of accounts. ${advice}`),
    );
    assert.ok(asked(twice, { DATABASE_URL: 'postgres://one.example/zendesk' }));
  });

  it('cannot be combined with DATABASE_URL', () => {
    assert.deepEqual(problemsOf(databases + accounts, { DATABASE_URL: 'postgres://x/y' }), [
      `DATABASE_URL is set, and ${path} has databases. Move the url into the file, or remove databases from it.`,
    ]);
  });
});
