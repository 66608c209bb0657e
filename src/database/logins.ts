/** How other programs connect: the parts of an address, and logins with the rights of a role. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { foreignCodeOf, hasCode, KnownError } from '../errors.ts';
import type { Database } from './client.ts';
import { createClient } from './session-settings.ts';
import { describeConnection } from './ways.ts';

/** What drivers and BI tools need. The password is secret, and so is the url. */
export type Address = {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
};

/** The parts of an address as the driver understands it; another user may replace its own. */
export function describeAddress(url: string, login?: Pick<Address, 'user' | 'password'>): Address {
  const { route, config } = describeConnection(url);
  const driver = createClient({ ...config, ...route.ways[0].config }, () => true);
  const { host, port } = driver;
  const database = driver.database ?? '';
  const { user, password } = login ?? { user: driver.user ?? '', password: passwordOf(driver) };
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  const query = URL.canParse(url) ? new URL(url).search : '';
  const place = host.startsWith('/') ? `/${encodeURIComponent(database)}?host=${host}` : '';
  const address = `postgresql://${encodeURIComponent(user)}${secret}@`;
  return {
    url:
      place === ''
        ? `${address}${host}:${port}/${encodeURIComponent(database)}${query}`
        : `${address}${place}`,
    host,
    port,
    database,
    user,
    password,
  };
}

function passwordOf({ password }: { readonly password?: unknown }): string | undefined {
  return typeof password === 'string' && password !== '' ? password : undefined;
}

/** The roles that others may have. */
type SharedRole = `zendesk_${'reader' | 'investigator' | 'auditor' | 'writer'}`;

/** A login with the rights of its role. */
export type Login = {
  readonly user: string;
  /** Undefined for an existing login: Postgres stores no readable password. */
  readonly password: string | undefined;
};

/**
 * Creates a login for a role, or finds the existing one; `isRenewed` gives it a new password. The password is sent to
 * Postgres in its stored form, so that no log of the server contains it.
 *
 * @throws {KnownError} `privilege_missing` if the user may not create logins, with the statement for somebody who may
 */
export async function provideLogin(
  db: Database,
  role: SharedRole,
  isRenewed: boolean,
): Promise<Login> {
  const user = `${role}_login`;
  const [found] = await db.query<{ role: boolean; login: boolean }>(
    'select to_regrole($1) is not null as role, to_regrole($2) is not null as login',
    [role, user],
  );
  if (found?.role !== true)
    throw new KnownError('privilege_missing', {
      found: `The role ${role} does not exist, because the database user is not allowed to create it`,
      wayOut: 'run "doctor", which prints the statements for an administrator',
    });
  if (found.login && !isRenewed) {
    await limitLogin(db, user, role).catch((error: unknown) => {
      // Somebody else created it; doctor prints the statements.
      if (!hasCode(error, 'privilege_missing')) throw error;
    });
    return { user, password: undefined };
  }
  const password = randomBytes(24).toString('hex');
  const verifier = escapeLiteral(makeVerifier(password, randomBytes(16)));
  const name = escapeIdentifier(user);
  const statement = found.login
    ? `alter role ${name} with login password ${verifier}`
    : // The user of a migration may end a blocking transaction of the login.
      `create role ${name} with login password ${verifier} in role ${escapeIdentifier(role)} role current_user`;
  try {
    await db.query(statement);
    await limitLogin(db, user, role);
  } catch (error) {
    // Another process has created it at this moment.
    if (!found.login && foreignCodeOf(error) === '42710') return { user, password: undefined };
    if (!hasCode(error, 'privilege_missing')) throw error;
    throw new KnownError('privilege_missing', {
      found: 'The database user is not allowed to create logins',
      wayOut: `ask an administrator to run: create role ${user} login password '…' in role ${role}; alter role ${user} set jit = off; alter role ${user} set statement_timeout = '60s'`,
    });
  }
  return { user, password };
}

/** A forgotten query ends, and JIT compilation, which takes ten times as long as it saves with these views, is off. */
const loginSettings: Readonly<Record<string, string>> = { jit: 'off', statement_timeout: '60s' };

/** Gives a login the settings that nobody has set for it: whoever has set another limit keeps it. */
async function limitLogin(db: Database, user: string, role: SharedRole): Promise<void> {
  // The service has limits of its own, which fit what it does.
  if (role === 'zendesk_writer') return;
  const present = await db.query<{ name: string }>(
    `select split_part(setting, '=', 1) as name
     from pg_db_role_setting s cross join unnest(s.setconfig) as setting
     where s.setrole = to_regrole($1)`,
    [user],
  );
  const names = new Set(present.map(({ name }) => name));
  for (const [name, value] of Object.entries(loginSettings))
    if (!names.has(name))
      await db.query(`alter role ${escapeIdentifier(user)} set ${name} = ${escapeLiteral(value)}`);
}

const iterations = 4096;

/** The stored form of a password in Postgres (SCRAM-SHA-256, RFC 5803). */
function makeVerifier(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const sign = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(sign('Client Key')).digest('base64');
  const server = sign('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`;
}
