/** Why a connection fails on a known way: above all because of TLS. */
import { KnownError, type ErrorFacts } from '../errors.ts';
import { describeCause, type DriverError } from './connection-errors.ts';
import { sqlstates } from './sqlstates.ts';
import type { Way } from './ways.ts';

const docs = 'see docs/postgres.md';

/** True when the server has no TLS. */
export function speaksNoTls(error: unknown): boolean {
  return error instanceof Error && /does not support SSL/.test(error.message);
}

/** True if the same server may accept a connection that differs only in TLS. */
export function fitsWithoutTls(error: unknown, { sslMode }: Way): boolean {
  if (!(error instanceof Error) || (sslMode !== 'prefer' && sslMode !== 'allow')) return false;
  const { code } = error as DriverError;
  return (
    speaksNoTls(error) ||
    code === sqlstates.invalidAuthorizationSpecification ||
    code === 'EPROTO' ||
    code?.startsWith('ERR_SSL_') === true
  );
}

/** The known error for a failed connection; others stay unchanged. */
export function explainConnecting(error: unknown, way: Way): unknown {
  if (!(error instanceof Error) || error instanceof KnownError) return error;
  return (
    explainTls(error, way) ??
    explainAdmission(error, way) ??
    explainSocket(error, way) ??
    explainState(error) ??
    error
  );
}

function explainTls(error: DriverError, { sslMode, config }: Way): KnownError | undefined {
  const { code, message } = error;
  const make = (
    known: 'database_without_tls' | 'database_untrusted' | 'database_unreachable',
    facts: ErrorFacts,
  ): KnownError => new KnownError(known, { ...facts, ...describeCause(error) });
  if (speaksNoTls(error))
    return make('database_without_tls', {
      found: `The server does not support TLS, but sslmode=${sslMode} (DATABASE_URL or PGSSLMODE) requires it`,
      wayOut: 'switch TLS on at the server, or set sslmode=prefer in DATABASE_URL',
    });
  if (/error establishing an SSL connection/.test(message))
    return make('database_unreachable', {
      found: 'The server at the address in DATABASE_URL is not a Postgres server',
      wayOut: 'check host and port',
    });
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return make('database_untrusted', {
      found: `The certificate of the Postgres server is for a different name than the one in DATABASE_URL (${code})`,
      wayOut: `use the name in the certificate, or sslmode=verify-ca with the issuer in sslrootcert; ${docs}`,
    });
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return make('database_untrusted', {
      found: `The certificate of the Postgres server, or of its issuer, has expired or is not valid yet (${code})`,
      wayOut: 'renew it, or check the clock of this machine',
    });
  if (code !== undefined && /CERT|^UNABLE_TO_/.test(code) && !code.startsWith('ERR_SSL_'))
    return make('database_untrusted', {
      found: `The certificate of the Postgres server is not trusted (${code})`,
      wayOut:
        config.ssl !== false && config.ssl.ca === undefined
          ? `put the certificate of its issuer into DATABASE_URL: sslrootcert=/path/to/ca.pem, or trust it with NODE_EXTRA_CA_CERTS; ${docs}`
          : `sslrootcert names a different issuer: use the one that signed the certificate; ${docs}`,
    });
  if (code === 'EPROTO' || code?.startsWith('ERR_SSL_') === true)
    return make('database_untrusted', {
      found: `The TLS handshake with the Postgres server failed (${code})`,
      wayOut: `check sslcert and sslkey, which the server may require, and the TLS versions on both sides; ${docs}`,
    });
  return undefined;
}

/** Messages of pg_hba.conf, or of a managed service, about who may connect and how. */
function explainAdmission(error: DriverError, { config }: Way): KnownError | undefined {
  const { code, message } = error;
  if (code !== sqlstates.invalidAuthorizationSpecification) return undefined;
  const found = `Postgres refused: ${message} (SQLSTATE ${code})`;
  const cause = describeCause(error);
  if (/valid client certificate/.test(message))
    return new KnownError('user_refused', {
      found,
      wayOut: 'add one to DATABASE_URL with sslcert and sslkey',
      ...cause,
    });
  if (!/pg_hba\.conf/.test(message)) return undefined;
  if (config.ssl === false && config.host?.startsWith('/') !== true)
    return new KnownError('database_requires_tls', {
      found: `Postgres does not accept connections from this machine without TLS: ${message} (SQLSTATE ${code})`,
      wayOut: 'set sslmode=require, or better verify-full, in DATABASE_URL',
      ...cause,
    });
  return new KnownError('user_refused', {
    found,
    wayOut:
      'check user and database, and allow the address of this machine in pg_hba.conf or in the firewall of the managed database',
    ...cause,
  });
}

function explainSocket(error: DriverError, { config }: Way): KnownError | undefined {
  const { code } = error;
  if (config.host?.startsWith('/') !== true || (code !== 'ENOENT' && code !== 'EACCES'))
    return undefined;
  const path = `${config.host}/.s.PGSQL.${config.port ?? 5432}`;
  return new KnownError('database_unreachable', {
    found:
      code === 'ENOENT'
        ? `There is no socket ${path} (ENOENT)`
        : `This user is not allowed to use the socket ${path} (EACCES)`,
    wayOut:
      code === 'ENOENT'
        ? 'Check host and port in DATABASE_URL, and that the server, or the proxy that creates the socket, is running'
        : 'give the user of this process permission to use its directory',
    ...describeCause(error),
  });
}

/** Before the login, no message of Postgres contains a row. */
function explainState(error: DriverError): KnownError | undefined {
  const { code, message } = error;
  return code?.startsWith('XX') === true || code === sqlstates.protocolViolation
    ? new KnownError('database_refused', {
        found: `Postgres refused the connection: ${message} (SQLSTATE ${code})`,
        ...describeCause(error),
      })
    : undefined;
}
