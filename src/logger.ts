import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { KnownError } from './errors.ts';

/** The logger that is passed down; only this file imports pino. */
export type Log = Logger;

/** Where and how to log. */
type LogOptions = {
  readonly level: string;
  /** `auto`: for people on a terminal, else JSON. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** 1 for stdout (the service), 2 for stderr (commands whose stdout is their result). */
  readonly fileDescriptor: 1 | 2;
  readonly isTerminal: boolean;
};

/** Keys that never reach a log, whatever object they come in: a second belt behind the translated errors. */
const secretKeys = [
  'authorization',
  'password',
  'token',
  'secret',
  'client_secret',
  'access_token',
  'connectionString',
];

/** Creates the logger. Lines carry the level as a word and the time as ISO 8601. */
export function createLogger({ level, format, fileDescriptor, isTerminal }: LogOptions): Log {
  const forPeople = format === 'pretty' || (format === 'auto' && isTerminal);
  const destination: DestinationStream = forPeople
    ? pretty({
        destination: fileDescriptor,
        sync: true,
        colorize: isTerminal,
        ignore: 'pid,hostname',
        translateTime: 'SYS:HH:MM:ss',
        singleLine: true,
      })
    : pino.destination({ fd: fileDescriptor, sync: true });
  return pino(
    {
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      redact: {
        paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
        censor: '[redacted]',
      },
    },
    destination,
  );
}

/**
 * An error as a log may show it: names, messages, codes and the chain of causes, but no other property, because
 * libraries hang requests and rows on their errors. Stacks only for errors that are not ours: those are bugs.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: 'not an error object' };
  const { code, status, requestId, sqlState, systemCode } = error as Error &
    Record<string, unknown>;
  const isExpected = error instanceof KnownError || error.name === 'AbortError';
  return {
    type: error.name,
    message: error.message,
    ...pickScalars({ code, status, requestId, sqlState, systemCode }),
    ...(isExpected ? {} : { stack: error.stack }),
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  };
}

function pickScalars(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) => typeof value === 'string' || typeof value === 'number',
    ),
  );
}
