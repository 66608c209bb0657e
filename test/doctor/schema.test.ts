import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ok, problem, warning, type Check } from '../../src/doctor/check.ts';
import {
  checkMigrations,
  checkPartitions,
  checkPrivileges,
  checkRoles,
} from '../../src/doctor/schema.ts';
import type { Privileges } from '../../src/doctor/diagnosis.ts';

const owner: Privileges = {
  may_create_schema: true,
  may_create_role: true,
  schemas: [
    'drizzle',
    'zendesk',
    'zendesk_evidence',
    'zendesk_fivetran',
    'zendesk_partitions',
    'zendesk_sync',
  ],
  foreign_objects: [],
  owners: [],
  roles: ['zendesk_investigator', 'zendesk_reader'],
  granted_roles: ['zendesk_investigator', 'zendesk_reader'],
  may_create_large_objects: false,
};
const server = { database: 'logs', user_name: 'Puller' };
const roles = 'zendesk_reader and zendesk_investigator';

describe('the check of the privileges', () => {
  const table: [string, Partial<Privileges>, Check][] = [
    [
      'is content with the owner',
      {},
      ok('privileges', 'Puller owns the tables and can create more'),
    ],
    [
      'is content with who may make the schemas',
      { schemas: [] },
      ok('privileges', 'Puller can create schemas and tables'),
    ],
    [
      'asks for the right to make them',
      { schemas: [], may_create_schema: false },
      problem(
        'privileges',
        'Puller is not allowed to create schemas in the database logs',
        'Ask an administrator to run:\ngrant create on database logs to "Puller";',
      ),
    ],
    [
      'asks for the owner of what belongs to somebody else',
      { foreign_objects: ['drizzle (schema)', 'zendesk.users', 'zendesk.x'], owners: ['zls'] },
      problem(
        'privileges',
        'Puller is not allowed to change drizzle (schema) and 2 other objects',
        'Connect as zls, or let the user act for it:\ngrant zls to "Puller";',
      ),
    ],
  ];
  for (const [title, change, check] of table)
    it(title, () => assert.deepEqual(checkPrivileges({ ...owner, ...change }, server), check));
});

describe('the check of the roles', () => {
  const none = { roles: [], granted_roles: [] };
  const grant = 'select zendesk_sync.grant_roles();';
  const grantPage = 'grant zendesk_page to "Puller";';
  const pageWarning = (why: string, wayOut: string): Check =>
    warning(
      'roles',
      `the page reads with all rights of Puller instead of those of zendesk_page, ${why}`,
      wayOut,
    );
  const table: [string, Partial<Privileges>, readonly string[], Check][] = [
    ['is content with roles that may read', {}, [], ok('roles', `${roles} can read`)],
    [
      'says how large objects are forbidden',
      { may_create_large_objects: true },
      [],
      ok(
        'roles',
        `${roles} can read; they may also create large objects, which a superuser forbids for this database by: revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public;`,
      ),
    ],
    [
      'leaves the roles to migrations that may create them',
      none,
      ['0006_roles'],
      ok('roles', `${roles} get their permissions with the migrations`),
    ],
    [
      'prints the statement for roles that came later',
      { granted_roles: [] },
      [],
      warning(
        'roles',
        `${roles} exist, but cannot read anything in this database`,
        `Run as the owner of the tables:\n${grant}`,
      ),
    ],
    [
      'prints the statement for a user who may create them now',
      none,
      [],
      warning(
        'roles',
        `${roles} are missing: the roles of dashboards and analysts`,
        `Run as the owner of the tables:\n${grant}`,
      ),
    ],
    [
      'prints the statements for somebody else who may create them',
      { ...none, may_create_role: false },
      [],
      warning(
        'roles',
        `${roles} are missing: the roles of dashboards and analysts`,
        [
          'Ask an administrator to run:',
          'create role zendesk_reader nologin;',
          'create role zendesk_investigator nologin;',
          'Then run as the owner of the tables:',
          grant,
        ].join('\n'),
      ),
    ],
    [
      'leaves the grants to migrations that come afterwards',
      { roles: ['zendesk_reader'], granted_roles: [], may_create_role: false },
      ['0006_roles'],
      warning(
        'roles',
        'zendesk_investigator is missing: the roles of dashboards and analysts',
        'Ask an administrator to run:\ncreate role zendesk_investigator nologin;\nThen run "migrate".',
      ),
    ],
    [
      'says that the page may not take its role, and who may let it',
      { page_role: 'untaken' },
      [],
      pageWarning('which Puller may not take', `Ask an administrator to run:\n${grantPage}`),
    ],
    [
      'says how the role of the page is made, by the user or by somebody else',
      { page_role: 'missing' },
      [],
      pageWarning('which is missing', `Run as the owner of the tables:\n${grant}`),
    ],
    [
      'prints the statements for somebody else who may make the role of the page',
      { page_role: 'missing', may_create_role: false },
      [],
      pageWarning(
        'which is missing',
        `Ask an administrator to run:\ncreate role zendesk_page nologin;\n${grantPage}\nThen run as the owner of the tables:\n${grant}`,
      ),
    ],
    [
      'prints the statement for a role of the page without grants',
      { page_role: 'ungranted' },
      [],
      pageWarning(
        'which cannot read anything in this database',
        `Run as the owner of the tables:\n${grant}`,
      ),
    ],
    [
      'leaves the role of the page to migrations',
      { page_role: 'missing' },
      ['0006_roles'],
      ok('roles', `${roles} can read`),
    ],
  ];
  for (const [title, change, pending, check] of table)
    it(title, () => assert.deepEqual(checkRoles({ ...owner, ...change }, pending, server), check));
});

describe('the checks of the schema', () => {
  it('say whether there are migrations to apply', () => {
    assert.deepEqual(checkMigrations([], false, []), ok('migrations', 'up to date'));
    assert.deepEqual(
      checkMigrations(['0000_a', '0001_b'], true, []),
      ok('migrations', 'there are no tables yet; the first sync creates them'),
    );
    assert.deepEqual(
      checkMigrations(['0006_roles'], false, []),
      warning(
        'migrations',
        '1 migration to be applied: 0006_roles',
        'The next "serve" or "sync" applies them, or run "migrate" now.',
      ),
    );
  });

  it('report missing partitions, but not before the first sync', () => {
    assert.deepEqual(checkPartitions([], []), ok('partitions', 'none are needed'));
    assert.deepEqual(
      checkPartitions(['a', 'b'], []),
      ok('partitions', 'the current and the next ones exist'),
    );
    assert.deepEqual(
      checkPartitions(['a', 'b'], ['a', 'b']),
      ok(
        'partitions',
        'the current and the next ones do not exist yet; the next sync creates them',
      ),
    );
    assert.deepEqual(
      checkPartitions(['a', 'b'], ['b']),
      warning(
        'partitions',
        'b is missing',
        'Run "sync", or start "serve": they are created in advance, so probably nothing has run for a while.',
      ),
    );
  });
});
