/** How other programs connect: the parts of an address, and logins that may do what a role may. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { foreignCodeOf, hasCode, KnownError } from '../errors.ts';
import type { Database } from './client.ts';
import { createClient } from './session-settings.ts';
import { describeConnection } from './ways.ts';

/** What drivers and BI tools ask for. The password is secret, and so is the url. */
export type Address = {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
};

/** The parts of an address as the driver understands it; another user may take the place of its own. */
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
type SharedRole = 'zendesk_reader' | 'zendesk_investigator';

/** A login that may do what its role may. */
export type Login = {
  readonly user: string;
  /** Undefined for one that was there already: Postgres keeps no password that could be read. */
  readonly password: string | undefined;
};

/**
 * Makes a login for a role, or finds the one that was made before; `isRenewed` gives that a new password. The password
 * goes to Postgres in the form in which it is kept, so that no log of the server holds it.
 *
 * @throws {KnownError} `privilege_missing` where the user may not make logins, with the statement for somebody who may
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
  if (found.login && !isRenewed) return { user, password: undefined };
  const password = randomBytes(24).toString('hex');
  const verifier = escapeLiteral(makeVerifier(password, randomBytes(16)));
  const name = escapeIdentifier(user);
  const statement = found.login
    ? `alter role ${name} with login password ${verifier}`
    : // Whoever migrates may end a transaction of the login that is in the way.
      `create role ${name} with login password ${verifier} in role ${escapeIdentifier(role)} role current_user`;
  try {
    await db.query(statement);
  } catch (error) {
    // Another process has made it at this moment.
    if (!found.login && foreignCodeOf(error) === '42710') return { user, password: undefined };
    if (!hasCode(error, 'privilege_missing')) throw error;
    throw new KnownError('privilege_missing', {
      found: 'The database user is not allowed to create logins',
      wayOut: `ask an administrator to run: create role ${user} login password '…' in role ${role}`,
    });
  }
  return { user, password };
}

const iterations = 4096;

/** What Postgres keeps of a password (SCRAM-SHA-256, RFC 5803). */
function makeVerifier(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const sign = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(sign('Client Key')).digest('base64');
  const server = sign('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`;
}
