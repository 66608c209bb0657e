import { pino } from 'pino';
import type { Log } from '../../src/logger.ts';

/** A log that keeps its lines. */
export type CollectedLog = Log & {
  /** The lines so far, without time and process. */
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
  readonly text: () => string;
};

/** Creates one that keeps lines of every level. */
export function collectLog(): CollectedLog {
  const written: string[] = [];
  const log = pino(
    {
      level: 'trace',
      base: null,
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void written.push(line) },
  );
  return Object.assign(log, {
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    text: () => written.join(''),
  });
}
