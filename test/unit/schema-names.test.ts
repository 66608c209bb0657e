import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { loadOwnMigrations } from '../../src/database/migrations.ts';
import { loadOwnDefinitions } from '../../src/database/definitions.ts';
import { chooseSchemas, nameHere, ownSchemas, writeHere } from '../../src/database/schema-names.ts';
import { readText, root } from '../support/project-files.ts';

const usual = { schema: 'zendesk', syncSchema: 'zendesk_sync' };

/** What `work` returns with other names than the usual ones. */
function withNames<T>(work: () => T): T {
  chooseSchemas({ schema: 'desk', syncSchema: 'ledger' });
  try {
    return work();
  } finally {
    chooseSchemas(usual);
  }
}

describe('the names of the schemas', () => {
  it('stay as they are by default', () => {
    const text = 'select 1 from zendesk.users, zendesk_sync.status';
    assert.equal(writeHere(text), text);
    assert.deepEqual(
      ownSchemas().toSorted(),
      'drizzle zendesk zendesk_evidence zendesk_fivetran zendesk_partitions zendesk_sync'.split(
        ' ',
      ),
    );
  });

  it('replace the usual ones wherever a statement names a schema', () => {
    for (const [text, expected] of [
      ['select u.id from zendesk.users u', 'select u.id from desk.users u'],
      ['create table "zendesk"."users" ("id" bigint)', 'create table "desk"."users" ("id" bigint)'],
      [`'zendesk.users'::regclass`, `'desk.users'::regclass`],
      [`relnamespace = 'zendesk'::regnamespace`, `relnamespace = 'desk'::regnamespace`],
      [
        'revoke all on all tables in schema zendesk, zendesk_fivetran, zendesk_sync from %I',
        'revoke all on all tables in schema desk, desk_fivetran, ledger from %I',
      ],
      ['CREATE SCHEMA "zendesk";', 'CREATE SCHEMA "desk";'],
      [`'zendesk_partitions.' || name`, `'desk_partitions.' || name`],
      [
        'insert into drizzle.__drizzle_migrations',
        'insert into desk_migrations.__drizzle_migrations',
      ],
      [
        `select from pg_namespace where nspname = 'drizzle'`,
        `select from pg_namespace where nspname = 'desk_migrations'`,
      ],
      [
        `set_config('zendesk_sync.counts_itself', 'on', true)`,
        `set_config('ledger.counts_itself', 'on', true)`,
      ],
      [`format('select %s from zendesk.%I', a, b)`, `format('select %s from desk.%I', a, b)`],
    ] as const)
      assert.equal(
        withNames(() => writeHere(text)),
        expected,
      );
    assert.equal(
      withNames(() => nameHere('zendesk.access_logs')),
      'desk.access_logs',
    );
  });

  it('replace nothing else', () => {
    for (const text of [
      `client like 'zendesk-log-sync/%'`,
      `url ~ 'https://acme.zendesk.com/agent'`,
      `'zendesk.com'`,
      `e.source_type like 'zendesk/business\\_hours/%'`,
      'grant usage to zendesk_reader, zendesk_investigator',
      `'^(zendesk api: active api tokens|api token)'`,
      `'using zendesk password'`,
      'my_zendesk.users',
    ])
      assert.equal(
        withNames(() => writeHere(text)),
        text,
      );
  });

  it('are given by nameHere wherever a value is a name', () => {
    const bound =
      /log_table = (?:any \()?\$\d|\$\d(?:::text)?::regclass|to_regclass\(\$|nspname\S* (?:= \$|= any)/;
    const files = globSync('src/**/*.ts', { cwd: root }).filter((file) =>
      bound.test(readText(file)),
    );
    assert.ok(files.length > 8, files.join());
    // Names that come from the database are those that schemas have here.
    const exempt = ['src/commands/sql/describe.ts'];
    assert.deepEqual(
      files.filter((file) => !exempt.includes(file) && !/nameHere|ownSchemas/.test(readText(file))),
      [],
    );
  });

  it('leave no usual name in any migration or definition', () => {
    const texts = [
      ...loadOwnMigrations().map(({ name, statements }) => [name, statements.join('\n')] as const),
      ...loadOwnDefinitions().map(({ name, sql }) => [name, sql] as const),
    ];
    const left =
      /(?<![\w.])"?(?:zendesk|drizzle)"?\.(?!com\b)|zendesk_(?:sync|evidence|fivetran|partitions)\b|schema "?zendesk\b|'(?:zendesk|drizzle)'/;
    withNames(() => {
      for (const [name, text] of texts) {
        const lines = writeHere(text).split('\n');
        assert.deepEqual(
          lines.filter((line) => left.test(line)),
          [],
          name,
        );
      }
    });
  });
});
