/** What the database contains of this program, and what its user may do there. */
import type { MissingObject } from '../database/missing-objects.ts';
import { ownSchemas, writeHere } from '../database/schema-names.ts';
import { analystRoles, quoteName } from './diagnosis.ts';
import type { Privileges, ServerFacts } from './diagnosis.ts';
import { ok, problem, warning, type Check } from './check.ts';
import { countOf } from './figures.ts';

/** Whether the user may create and change what this program needs. */
export function checkPrivileges(
  privileges: Privileges,
  { database, user_name: userName }: Pick<ServerFacts, 'database' | 'user_name'>,
): Check {
  const name = 'privileges';
  const user = quoteName(userName);
  const { foreign_objects: foreign, owners, schemas } = privileges;
  const [example] = foreign;
  const { is_writer: isWriter = false, removable = [] } = privileges;
  if (example !== undefined && isWriter && removable.length === 0)
    return ok(
      name,
      `${userName} is a writer: it stores rows, and cannot delete, empty, drop or change the history and its tables; migrations and retention need the login of ${owners.join(' or ')}`,
    );
  if (example !== undefined && isWriter)
    return warning(
      name,
      `${userName} is a writer, and may remove rows from ${removable.join(', ')} all the same`,
      `Run as the owner of the tables:\nrevoke delete, truncate on ${removable.join(', ')} from ${user};`,
    );
  if (example !== undefined) {
    const others =
      foreign.length === 1 ? '' : ` and ${countOf(foreign.length - 1, 'other object')}`;
    const grants = owners.map((owner) => `grant ${quoteName(owner)} to ${user};`);
    return problem(
      name,
      `${userName} is not allowed to change ${example}${others}`,
      `Connect as ${owners.join(' or ')}, or let the user act for it:\n${grants.join('\n')}`,
    );
  }
  const isMissing = ownSchemas().some((schema) => !schemas.includes(schema));
  // The migrations create missing schemas.
  if (isMissing && !privileges.may_create_schema)
    return problem(
      name,
      `${userName} is not allowed to create schemas in the database ${database}`,
      `Ask an administrator to run:\ngrant create on database ${quoteName(database)} to ${user};`,
    );
  return ok(
    name,
    isMissing
      ? `${userName} can create schemas and tables`
      : `${userName} owns the tables and can create more`,
  );
}

const largeObjects =
  '; they may also create large objects, which a superuser forbids for this database by: revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public;';

/** Whether the roles for readers exist and have their grants in this database, and whether the page may take its own. */
export function checkRoles(
  privileges: Privileges,
  pending: readonly string[],
  { user_name: userName }: Pick<ServerFacts, 'user_name'>,
): Check {
  const name = 'roles';
  const { roles, granted_roles: granted, may_create_role: mayCreate } = privileges;
  const missing = analystRoles.filter((role) => !roles.includes(role));
  if (analystRoles.every((role) => granted.includes(role)))
    return pending.length === 0 && (privileges.page_role ?? 'ready') !== 'ready'
      ? explainPageRole(privileges, userName)
      : ok(
          name,
          `${analystRoles.join(' and ')} can read${privileges.may_create_large_objects ? largeObjects : ''}`,
        );
  const isObstructed = missing.length > 0 && !mayCreate;
  if (pending.length > 0 && !isObstructed)
    return ok(name, `${analystRoles.join(' and ')} get their permissions with the migrations`);
  const found =
    missing.length === 0
      ? `${analystRoles.join(' and ')} exist, but cannot read anything in this database`
      : `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing: the roles of dashboards and analysts`;
  return warning(
    name,
    found,
    [
      ...(isObstructed
        ? ['Ask an administrator to run:', ...missing.map((role) => `create role ${role} nologin;`)]
        : []),
      ...(pending.length > 0
        ? ['Then run "migrate".']
        : [
            `${isObstructed ? 'Then run' : 'Run'} as the owner of the tables:`,
            writeHere('select zendesk_sync.grant_roles();'),
          ]),
    ].join('\n'),
  );
}

function explainPageRole(
  { page_role: state, may_create_role: mayCreate }: Privileges,
  userName: string,
): Check {
  const byOwner = [
    'run as the owner of the tables:',
    writeHere('select zendesk_sync.grant_roles();'),
  ];
  const grant = `grant zendesk_page to ${quoteName(userName)};`;
  const wayOut =
    state === 'ungranted' || (state === 'missing' && mayCreate)
      ? byOwner
      : [
          'Ask an administrator to run:',
          ...(state === 'missing' ? ['create role zendesk_page nologin;'] : []),
          grant,
          ...(state === 'missing' ? [`Then ${byOwner[0]}`, ...byOwner.slice(1)] : []),
        ];
  const why = {
    ungranted: 'which cannot read anything in this database',
    untaken: `which ${userName} may not take`,
    missing: 'which is missing',
    ready: '',
  }[state ?? 'ready'];
  return warning(
    'roles',
    `the page reads with all rights of ${userName} instead of those of zendesk_page, ${why}`,
    wayOut.join('\n').replace(/^run/, 'Run'),
  );
}

/**
 * Whether the schema is that of this program. `isNew`: none of our schemas exists yet. `missing`: what the migrations
 * created and no longer exists.
 */
export function checkMigrations(
  pending: readonly string[],
  isNew: boolean,
  missing: readonly MissingObject[],
): Check {
  const name = 'migrations';
  if (isNew) return ok(name, 'there are no tables yet; the first sync creates them');
  if (pending.length === 0 && missing.length > 0) return explainMissing(name, missing);
  if (pending.length === 0) return ok(name, 'up to date');
  return warning(
    name,
    `${countOf(pending.length, 'migration')} to be applied: ${pending.join(', ')}`,
    'The next "serve" or "sync" applies them, or run "migrate" now.',
  );
}

function explainMissing(name: string, missing: readonly MissingObject[]): Check {
  const remedies = missing.flatMap(({ remedy }) => remedy ?? []);
  const isContentGone = missing.some(({ remedy }) => remedy === undefined);
  return problem(
    name,
    `all were applied, but somebody has dropped or renamed ${missing.map(({ what }) => what).join(', ')}`,
    [
      ...(isContentGone
        ? ['Give tables and columns their names back, or restore them from a backup.']
        : []),
      ...(remedies.length > 0 ? ['Run as the owner of the tables:', ...remedies] : []),
    ].join('\n'),
  );
}

/** Whether there are partitions for new rows. The program creates them when needed, so none is missing while it runs. */
export function checkPartitions(wanted: readonly string[], missing: readonly string[]): Check {
  const name = 'partitions';
  if (missing.length === 0)
    return ok(
      name,
      wanted.length === 0 ? 'none are needed' : 'the current and the next ones exist',
    );
  if (missing.length === wanted.length)
    return ok(name, 'the current and the next ones do not exist yet; the next sync creates them');
  return warning(
    name,
    `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
    'Run "sync", or start "serve": they are created in advance, so probably nothing has run for a while.',
  );
}
