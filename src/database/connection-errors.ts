import { DatabaseError } from '../errors.ts';

type DriverError = Error & { code?: string; constraint?: string; table?: string; column?: string };

/** SQLSTATE classes whose messages name objects, roles and limits, but never the content of a row. */
const speakingClasses = new Set(['28', '3D', '42', '53', '57', '58']);

const lostConnectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** SQLSTATEs after which the same transaction may succeed: serialization failure, deadlock. */
const repeatableStates = new Set(['40001', '40P01']);

/**
 * Turns an error of the driver into one that may be logged: `pg` puts row contents into messages, details and
 * parameters. The cause that stays has the driver's name and code only.
 */
export function translateError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseError) return error;
  const { code, constraint, table, column } = error as DriverError;
  if (code === undefined && !isLostConnection(error)) return error;
  const cause = new Error(`${error.name}${code === undefined ? '' : ` ${code}`}`);
  if (isLostConnection(error)) {
    return new DatabaseError(
      `Postgres cannot be reached (${code ?? 'connection ended'}). Check that it runs and that DATABASE_URL points to it.`,
      code,
      cause,
    );
  }
  if (code !== undefined && !/^[0-9A-Z]{5}$/.test(code))
    return new DatabaseError(`There is no connection to Postgres (${code}).`, code, cause);
  if (code !== undefined && speakingClasses.has(code.slice(0, 2))) {
    return new DatabaseError(`Postgres refused: ${error.message} (SQLSTATE ${code}).`, code, cause);
  }
  const place = [
    table === undefined ? '' : ` table ${table}`,
    column === undefined ? '' : ` column ${column}`,
    constraint === undefined ? '' : ` constraint ${constraint}`,
  ].join('');
  return new DatabaseError(`Postgres refused a statement (SQLSTATE ${code}${place}).`, code, cause);
}

/** True when the connection broke or could not be made: the same work may succeed on another connection. */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as DriverError;
  if (code === undefined)
    return /connection (terminated|ended)|is not queryable|timeout exceeded when trying to connect|^timeout expired$|^query read timeout$/i.test(
      error.message,
    );
  return (
    lostConnectionCodes.has(code) ||
    code.startsWith('08') ||
    /^57P0[1-3]$/.test(code) ||
    // Idle in a transaction for too long: this process stood still.
    code === '25P03' ||
    code === '53300'
  );
}

/** True when the same transaction may be tried again as it is. */
export function isRepeatable(error: unknown): boolean {
  return (
    isLostConnection(error) ||
    (error instanceof Error && repeatableStates.has((error as DriverError).code ?? ''))
  );
}
