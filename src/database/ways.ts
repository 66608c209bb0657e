/** The ways to a database that its url allows, in the order in which libpq would try them: servers, with TLS and without. */
import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates, type ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { readDatabaseUrl, type DatabaseHost, type SslMode, type Target } from '../database-url.ts';
import { foreignCodeOf, KnownError } from '../errors.ts';

type Negotiation = 'postgres' | 'direct';

/** One way: the parameters of a connection besides the login. */
export type Way = {
  /** Which of the servers it leads to. */
  readonly place: number;
  readonly sslMode: SslMode;
  readonly config: Pick<ClientConfig, 'host' | 'port'> & {
    readonly ssl: ConnectionOptions | false;
    readonly sslnegotiation: Negotiation;
  };
};

/** How long to wait for a server that does not answer. */
export const connectTimeoutMs = 7_500;
/** After so long a silence the system sends keep-alive probes on a connection. */
const keepAliveMs = 10_000;

/** How a database is reached. */
export type Route = {
  readonly ways: readonly [Way, ...Way[]];
  readonly target: Target;
  /** The same for all ways. For missing values, the driver uses PGUSER, PGPASSWORD and a password file. */
  readonly login: ClientConfig & { readonly options?: string };
};

/** How connections of this program are opened. */
export type ConnectionPlan = {
  readonly route: Route;
  readonly config: ClientConfig;
  /** Settings of the session beside the usual ones, by their names in Postgres. */
  readonly settings?: Readonly<Record<string, string>>;
};

/**
 * The parameters of every connection of this program. `purpose` comes after its name in `pg_stat_activity`. @throws
 * {KnownError} `database_url_unusable` when a file that the url names cannot be used
 */
export function describeConnection(
  url: string,
  purpose = '',
  connectionTimeoutMillis = connectTimeoutMs,
): ConnectionPlan {
  const route = planRoute(url);
  return {
    route,
    config: {
      application_name: `zendesk-log-sync ${purpose}`.trim(),
      ...route.login,
      connectionTimeoutMillis,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
    },
  };
}

function planRoute(url: string): Route {
  const address = readDatabaseUrl(url);
  if (typeof address === 'string')
    throw new KnownError('database_url_unusable', {
      found: 'DATABASE_URL cannot be used',
      wayOut: address,
    });
  const { hosts, user, password, database, parameters } = address;
  const mode = chooseMode(parameters);
  const tls = mode === 'disable' ? {} : readTls(mode, parameters);
  const ways = hosts.flatMap((host, place) => listWays(host, place, mode, tls, parameters));
  const [first, ...others] = ways;
  if (first === undefined) throw new Error('a url has at least one host');
  const options = parameters.get('options');
  const name = parameters.get('application_name');
  return {
    ways: [first, ...others],
    target: (parameters.get('target_session_attrs') ?? 'any') as Target,
    login: {
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password }),
      ...(database === undefined ? {} : { database }),
      ...(options === undefined ? {} : { options }),
      ...(name === undefined ? {} : { application_name: name }),
      enableChannelBinding: /^(?:prefer|require)$/.test(parameters.get('channel_binding') ?? ''),
    },
  };
}

function chooseMode(parameters: ReadonlyMap<string, string>): SslMode {
  const mode = parameters.get('sslmode');
  if (mode !== undefined) return mode as SslMode;
  if (parameters.get('sslrootcert') === 'system') return 'verify-full';
  return /^(?:true|1)$/.test(parameters.get('ssl') ?? '') ? 'require' : 'prefer';
}

function listWays(
  { host, port }: DatabaseHost,
  place: number,
  sslMode: SslMode,
  tls: ConnectionOptions,
  parameters: ReadonlyMap<string, string>,
): readonly Way[] {
  const open = (ssl: ConnectionOptions | false): Way => ({
    place,
    sslMode,
    config: {
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      ssl,
      sslnegotiation:
        ssl !== false && parameters.get('sslnegotiation') === 'direct' ? 'direct' : 'postgres',
    },
  });
  // Data through a socket never leaves the machine: no server uses TLS there.
  if (sslMode === 'disable' || host?.startsWith('/') === true) return [open(false)];
  if (sslMode === 'prefer') return [open(tls), open(false)];
  return sslMode === 'allow' ? [open(false), open(tls)] : [open(tls)];
}

function readTls(mode: SslMode, parameters: ReadonlyMap<string, string>): ConnectionOptions {
  const root = parameters.get('sslrootcert');
  const options: ConnectionOptions = {
    ...readIfNamed('ca', 'sslrootcert', root === 'system' ? undefined : root),
    ...(root === 'system' ? { ca: listSystemIssuers() } : {}),
    ...readIfNamed('cert', 'sslcert', parameters.get('sslcert')),
    ...readIfNamed('key', 'sslkey', parameters.get('sslkey')),
    ...readIfNamed('crl', 'sslcrl', parameters.get('sslcrl')),
    ...nameIfGiven('passphrase', parameters.get('sslpassword')),
    ...nameIfGiven('minVersion', parameters.get('ssl_min_protocol_version')),
    ...nameIfGiven('maxVersion', parameters.get('ssl_max_protocol_version')),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new KnownError('database_url_unusable', {
      found: `The TLS files and versions in DATABASE_URL do not work together (${foreignCodeOf(error) ?? 'unknown format'})`,
      wayOut:
        'check that sslrootcert and sslcert are PEM certificates, that sslkey is the key of sslcert, and that sslpassword is its password',
    });
  }
  return { ...options, ...chooseCheck(mode, root !== undefined) };
}

/** What libpq verifies: with a root certificate, `require` also checks the issuer. */
function chooseCheck(mode: SslMode, hasRoot: boolean): ConnectionOptions {
  if (mode === 'verify-full') return { rejectUnauthorized: true };
  if (mode === 'verify-ca' || (mode === 'require' && hasRoot))
    return { rejectUnauthorized: true, checkServerIdentity: () => undefined };
  return { rejectUnauthorized: false };
}

/** The certificates that the system trusts; small containers have none. */
function listSystemIssuers(): string[] {
  const system = getCACertificates('system');
  return [
    ...(system.length > 0 ? system : getCACertificates('bundled')),
    ...getCACertificates('extra'),
  ];
}

function nameIfGiven(name: string, value: string | undefined): ConnectionOptions {
  return value === undefined ? {} : { [name]: value };
}

function readIfNamed(name: string, parameter: string, path: string | undefined): ConnectionOptions {
  if (path === undefined) return {};
  try {
    return { [name]: readFileSync(path) };
  } catch (error) {
    throw new KnownError('database_url_unusable', {
      found: `${parameter} in DATABASE_URL is ${JSON.stringify(path)}, which cannot be read (${foreignCodeOf(error) ?? 'unknown'})`,
      wayOut: 'check the path and its permissions',
    });
  }
}
