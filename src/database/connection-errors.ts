import { KnownError, type ErrorCode, type ErrorFacts } from '../errors.ts';
import { sqlstates } from './sqlstates.ts';

/** An error of the driver, or of the connection below it. */
export type DriverError = Error & {
  readonly code?: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
};

/** SQLSTATE classes whose messages name objects, roles and limits, but never the content of a row. */
const speakingClasses = new Set(['28', '3D', '42', '53', '57', '58']);

/** Codes of Node and of Postgres. */
const lostConnectionCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  sqlstates.tooManyConnections,
  sqlstates.adminShutdown,
  sqlstates.crashShutdown,
  sqlstates.cannotConnectNow,
  sqlstates.idleSessionTimeout,
  // Idle in a transaction for too long: this process was frozen.
  sqlstates.idleInTransactionSessionTimeout,
]);
/** The class for failed connections. */
const connectionException = '08';

/** SQLSTATEs after which the same transaction may succeed. */
const repeatableStates: ReadonlySet<string> = new Set([
  sqlstates.serializationFailure,
  sqlstates.deadlockDetected,
]);

/** Errors that an operator handles in a special way, by SQLSTATE. */
const codesByState: Readonly<Record<string, ErrorCode>> = {
  [sqlstates.readOnlySqlTransaction]: 'database_read_only',
  [sqlstates.invalidAuthorizationSpecification]: 'user_refused',
  [sqlstates.invalidPassword]: 'password_refused',
  [sqlstates.invalidCatalogName]: 'database_missing',
  [sqlstates.invalidSchemaName]: 'tables_missing',
  [sqlstates.insufficientPrivilege]: 'privilege_missing',
  [sqlstates.undefinedColumn]: 'tables_missing',
  [sqlstates.undefinedFunction]: 'tables_missing',
  [sqlstates.undefinedTable]: 'tables_missing',
  [sqlstates.invalidColumnReference]: 'key_missing',
  [sqlstates.diskFull]: 'database_full',
  [sqlstates.tooManyConnections]: 'connections_used_up',
};

/** A server that an operator has chosen, and the one that this program runs. */
const servers = {
  chosen: {
    name: 'Postgres',
    wayOut: 'Check that it is running and that DATABASE_URL points to it',
  },
  embedded: {
    name: 'The embedded Postgres',
    wayOut:
      'The program starts it again; if that fails, the reason is in postgres.log in DATA_DIR (./data unless you set it)',
  },
};
let server = servers.chosen;

/** Says which server the connections of this process lead to, for the sentences about those that are lost. */
export function speakOf(kind: keyof typeof servers): void {
  server = servers[kind];
}

/**
 * Turns an error of the driver into one that may be logged: `pg` puts row contents into messages, details and parameters.
 * The cause keeps the driver's name and code, and its message if that contains no row. An error that is not from the driver
 * stays unchanged.
 */
export function translateError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof KnownError) return error;
  const { code } = error as DriverError;
  const { message } = error;
  if (isLostConnection(error)) {
    if (code === sqlstates.tooManyConnections)
      return new KnownError('connections_used_up', {
        found: `Postgres has no free connection: ${message} (SQLSTATE ${code})`,
        wayOut:
          'raise max_connections of the server, or the connection limit of the role or the database, or close unused connections',
        ...describeCause(error),
      });
    return new KnownError('database_unreachable', {
      found: `${server.name} cannot be reached (${code ?? describeLoss(message)})`,
      wayOut: server.wayOut,
      ...describeCause(error),
    });
  }
  if (code === undefined) return translateHandshake(error);
  if (!/^[0-9A-Z]{5}$/.test(code))
    return new KnownError('database_unreachable', {
      found: `The connection to Postgres was lost (${code})`,
      ...(server === servers.embedded && { wayOut: server.wayOut }),
      ...describeCause(error),
    });
  if (code === sqlstates.accountMoved)
    return new KnownError('account_moved', {
      found: message,
      wayOut:
        'Set its database in ACCOUNTS_FILE to the one where it is, and start the processes again',
      ...describeCause(error),
    });
  const known = codesByState[code];
  const usual = usualFacts[known ?? ''];
  if (known !== undefined && usual !== undefined)
    return new KnownError(known, { ...usual, ...describeCause(error) });
  return new KnownError(known ?? 'database_refused', {
    found: speakingClasses.has(code.slice(0, 2))
      ? `Postgres refused: ${message} (SQLSTATE ${code})`
      : `Postgres refused a statement (SQLSTATE ${code}${describePlace(error)})`,
    ...describeCause(error),
  });
}

/** The driver's words for a connection that was not made, or not answered on, in time. */
const lateWords = /timeout/i;

function describeLoss(message: string): string {
  return lateWords.test(message) ? 'no answer in time' : 'connection ended';
}

const usualFacts: Readonly<Record<string, Pick<ErrorFacts, 'found' | 'wayOut'>>> = {
  tables_missing: {
    found: 'The database does not have the tables of this version of zendesk-log-sync',
    wayOut: 'run "migrate" or "sync" first',
  },
  key_missing: {
    found: 'A table has lost its primary key, without which no rows can be stored',
    wayOut: 'run "doctor": it says which, and how to make it again',
  },
  database_read_only: {
    found:
      'Postgres takes no writes from this user: the server is a standby, or default_transaction_read_only is on',
    wayOut: 'run "doctor": it says which',
  },
};

/** The driver's handshake errors have no code; their messages contain neither user nor password. */
function translateHandshake(error: Error): unknown {
  if (/password must be a string/.test(error.message))
    return new KnownError('password_missing', {
      found: 'The server asks for a password, and DATABASE_URL has none',
      wayOut: 'add it',
      ...describeCause(error),
    });
  return error;
}

/** The translated cause: the name and the code, and the message if it contains no row. */
export function describeCause(
  error: DriverError,
): Pick<ErrorFacts, 'cause' | 'sqlState' | 'constraint' | 'systemCode'> {
  const { code, constraint, message, name } = error;
  const isState = code !== undefined && /^[0-9A-Z]{5}$/.test(code);
  const words = isState && speakingClasses.has(code.slice(0, 2)) ? `: ${message}` : '';
  return {
    cause: new Error(`${name}${code === undefined ? '' : ` ${code}`}${words}`),
    sqlState: isState ? code : undefined,
    constraint,
    systemCode: isState ? undefined : code,
  };
}

function describePlace({ table, column, constraint }: DriverError): string {
  return [
    table === undefined ? '' : ` table ${table}`,
    column === undefined ? '' : ` column ${column}`,
    constraint === undefined ? '' : ` constraint ${constraint}`,
  ].join('');
}

/** True if the connection broke or was not possible: the same work may succeed on another connection. */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = readCode(error);
  if (code === undefined)
    return /connection (terminated|ended)|is not queryable|timeout exceeded when trying to connect|^timeout expired$|^query read timeout$/i.test(
      error.message,
    );
  return lostConnectionCodes.has(code) || code.startsWith(connectionException);
}

/** True if a pooler refuses the settings of a new connection. */
export function isStartupRefused(error: unknown): boolean {
  return (
    error instanceof Error &&
    readCode(error) === sqlstates.protocolViolation &&
    /startup/i.test(error.message)
  );
}

/** True if the same transaction may be tried again unchanged. */
export function isRepeatable(error: unknown): boolean {
  return (
    isLostConnection(error) ||
    (error instanceof Error && repeatableStates.has(readCode(error) ?? ''))
  );
}

/** The driver's code, also of a translated error. */
function readCode(error: Error): string | undefined {
  return error instanceof KnownError
    ? (error.sqlState ?? error.systemCode)
    : (error as DriverError).code;
}

/** SQLSTATE classes about a value: data exceptions, and limits of Postgres that a row exceeds. */
const rowClasses: ReadonlySet<string> = new Set(['22', '54']);

/** True if Postgres refused a row because of its content: without that row it accepts the others. */
export function refusesRow(error: unknown): boolean {
  const state = error instanceof Error ? (readCode(error) ?? '') : '';
  return (
    /^[0-9A-Z]{5}$/.test(state) &&
    (rowClasses.has(state.slice(0, 2)) || state === sqlstates.checkViolation)
  );
}

/** Why Postgres refused a row, as an error without the row's content. */
export function explainRefusal(error: unknown): KnownError {
  const state = error instanceof Error ? (readCode(error) ?? '') : '';
  const { constraint } = error as DriverError;
  const isNamed = state === sqlstates.checkViolation && constraint !== undefined;
  const words = isNamed ? `it violates ${constraint}` : refusals[state];
  return new KnownError('record_refused', {
    found: `Postgres rejects the row${words === undefined ? '' : `: ${words}`} (SQLSTATE ${state})`,
    sqlState: state,
  });
}

const refusals: Readonly<Record<string, string>> = {
  [sqlstates.checkViolation]: 'there is no partition for its time',
  [sqlstates.numericValueOutOfRange]: 'a number in it is too large',
  [sqlstates.datetimeFieldOverflow]: 'a time in it does not exist',
  [sqlstates.untranslatableCharacter]: 'a text in it has a character that Postgres does not allow',
  [sqlstates.programLimitExceeded]: 'it is too large for an index or a table',
  [sqlstates.statementTooComplex]: 'it is nested too deeply',
};
