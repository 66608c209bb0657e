import { pino, type DestinationStream, type Logger } from 'pino';
import { writeSync } from 'node:fs';
import { isColorSupported, prettyFactory, default as pretty } from 'pino-pretty';
import { KnownError } from './errors.ts';

/** The logger that is passed down; only this file imports pino. */
export type Log = Logger;

/** Where and how to log. */
type LogOptions = {
  readonly level: string;
  /** `auto`: for people on a terminal, otherwise JSON. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** 1 for stdout (the service), 2 for stderr (commands whose stdout is their result). */
  readonly fileDescriptor: 1 | 2;
  readonly isTerminal: boolean;
  /** Writes whole lines to the terminal. Default: to the descriptor. */
  readonly writeTerminal?: (text: string) => void;
};

/** Keys that never reach a log, in any object: a second protection besides the translated errors. */
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
export function createLogger({
  level,
  format,
  fileDescriptor,
  isTerminal,
  writeTerminal = (text) => void writeSync(fileDescriptor, text),
}: LogOptions): Log {
  const forPeople = format === 'pretty' || (format === 'auto' && isTerminal);
  const look = {
    colorize: isTerminal && isColorSupported,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  };
  const destination: DestinationStream = !forPeople
    ? pino.destination({ fd: fileDescriptor, sync: true })
    : isTerminal
      ? createTerminalDestination(writeTerminal, prettyFactory(look))
      : pretty({ ...look, destination: fileDescriptor, sync: true });
  return pino(
    {
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => describeError(error) },
      redact: {
        paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
        censor: '[redacted]',
      },
    },
    destination,
  );
}

/** An error that is repeated within this time is shown only once on a terminal. */
const repeatMs = 600_000;

/** Lines for a terminal. A repeated failure, of one stream or of several, is shown once: the person has read it. */
function createTerminalDestination(
  write: (text: string) => void,
  format: (line: string) => string,
): DestinationStream {
  const shownMs = new Map<string, number>();
  return {
    write(line) {
      const trouble = describeTrouble(JSON.parse(line) as LogLine);
      const nowMs = performance.now();
      if (trouble !== undefined) {
        if (nowMs - (shownMs.get(trouble) ?? -Infinity) < repeatMs) return;
        shownMs.set(trouble, nowMs);
      }
      write(format(line));
    },
  };
}

type LogLine = {
  readonly level: string;
  readonly msg?: string;
  readonly account?: string;
  readonly reason?: string;
  readonly err?: { readonly message?: string };
};

/** What is the same in all lines about one problem; undefined for a line without a problem. */
function describeTrouble({ level, msg, account, reason, err }: LogLine): string | undefined {
  if (!['warn', 'error'].includes(level)) return undefined;
  return [account, msg, reason, err?.message]
    .join(' ')
    .replaceAll(/\/api\/v2\/[\w/]+/g, '')
    .replaceAll(/\d+/g, '');
}

/**
 * An error in a form for the log: names, messages, codes and the chain of causes, but no other property, because libraries
 * add requests and rows to their errors. Stacks only for errors that are not ours: those are bugs.
 */
function describeError(error: unknown, isCause = false): unknown {
  if (!(error instanceof Error)) return { message: 'not an error object' };
  const { code, status, requestId, sqlState, systemCode } = error as Error &
    Record<string, unknown>;
  const isExpected = error instanceof KnownError || error.name === 'AbortError';
  return {
    type: error.name,
    message: error.message,
    ...pickScalars({ code, status, requestId, sqlState, systemCode }),
    ...(isExpected || isCause ? {} : { stack: error.stack }),
    ...(error.cause instanceof Error ? { cause: describeError(error.cause, isExpected) } : {}),
  };
}

function pickScalars(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) => typeof value === 'string' || typeof value === 'number',
    ),
  );
}
