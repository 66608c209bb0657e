/** Reads every row of the verified logs, part by part, and stores the progress. */
import type { Database } from '../../database/client.ts';
import type { Span } from '../../span.ts';
import type { PersonKeys } from '../salts.ts';
import type { ArchivedRows } from './archived-rows.ts';
import {
  addRead,
  findPosition,
  progressOf,
  type DeepProgress,
  type LogProgress,
} from './deep-progress.ts';
import type { HoleWindow } from './holes.ts';
import { microsOfIso } from './open-manifests.ts';
import { planLateComers, planParts, stretchOf, type RowPart } from './row-parts.ts';
import { verifyRows } from './rows.ts';
import { loadLater } from './sealed-entries.ts';
import type { Unchecked } from './unchecked.ts';
import type { LogToRead, VerificationTask } from './task.ts';

/** What the reading needs from its verification. */
type Reading = Pick<VerificationTask, 'account' | 'keep' | 'report' | 'signal' | 'partRows'> & {
  readonly progress: DeepProgress;
  readonly keys: PersonKeys;
  readonly archive: ArchivedRows | undefined;
  readonly span: Span;
  readonly windows: readonly HoleWindow[];
  readonly size: number;
  /** When this verification began or was resumed. */
  readonly startedAt: string;
};

/** The ledger keeps no more than these, but counts all. */
const mostKept = 1000;

/** Reads the logs one after the other. If stopped, it returns what it has read so far. */
export async function readDeeply(
  db: Database,
  reading: Reading,
  logs: readonly LogToRead[],
): Promise<{ readonly progress: DeepProgress; readonly unchecked: readonly Unchecked[] }> {
  let { progress } = reading;
  const unchecked: Unchecked[] = [];
  const note = async (stream: string, read: LogProgress, found: DeepProgress['findings']) => {
    progress = {
      logs: { ...progress.logs, [stream]: read },
      findings: [...progress.findings, ...found],
    };
    await reading.keep?.({ ...progress, findings: progress.findings.slice(0, mostKept) });
  };
  try {
    for (const log of logs) {
      const rows = await readLogRows(db, reading, log, progressOf(progress, log.stream.name), note);
      if (rows > 0) unchecked.push(describeUncheckedRows(log.stream.name, rows));
    }
  } catch (error) {
    if (!reading.signal.aborted) throw error;
  }
  for (const { stream } of logs) unchecked.push(...listUnread(stream.name, progress, reading.span));
  return { progress, unchecked };
}

/** @returns how many rows may belong to missing manifests */
async function readLogRows(
  db: Database,
  reading: Reading,
  { stream, entries }: LogToRead,
  begun: LogProgress,
  note: (stream: string, read: LogProgress, found: DeepProgress['findings']) => Promise<void>,
): Promise<number> {
  const { account, span, size, startedAt } = reading;
  const stretch = { from: span.from * 1e6, until: span.to * 1e6 };
  const position = findPosition(begun, stretch);
  const parts = [
    ...planLate(entries, begun, position ?? stretch.until),
    ...(position === undefined || position >= stretch.until
      ? []
      : planParts(
          skipRead(entries, begun, position),
          { from: position, until: stretch.until },
          reading.partRows,
        )),
  ];
  const expected = begun.rows + sumRows(parts);
  const known = new Map(
    entries
      .filter(({ kind, rows }) => kind !== 'adopted' && (rows?.count ?? 0) > 0)
      .map((entry) => [microsOfIso(entry.storedAt), entry]),
  );
  let done = begun;
  let uncheckedRows = 0;
  for (const part of parts) {
    const before = done.rows;
    const read = await verifyRows(db, {
      ...reading,
      stream,
      part,
      entries,
      known,
      loadLater: async () =>
        (await loadLater(db, account, size)).filter((entry) => entry.stream === stream.name),
      report: (rows) => reading.report(stream.name, before + rows, expected),
    });
    uncheckedRows += read.uncheckedRows;
    done = {
      rows: done.rows + read.rows,
      unsealedRows: done.unsealedRows + read.unsealedRows,
      read: part.from === part.until ? done.read : addRead(done, part, startedAt),
    };
    await note(stream.name, done, read.findings);
  }
  return uncheckedRows;
}

function sumRows(parts: readonly RowPart[]): number {
  return parts
    .flatMap(({ manifests }) => manifests)
    .reduce((sum, { rows }) => sum + (rows?.count ?? 0), 0);
}

/** What was stored since the stop in the range that was read before it. */
function planLate(
  entries: LogToRead['entries'],
  { read }: LogProgress,
  position: number,
): readonly RowPart[] {
  const [first] = read;
  if (first === undefined) return [];
  const since = Date.parse(first.at);
  const late = entries.filter((entry) => {
    const own = stretchOf(entry);
    return own !== undefined && own.from < position && Date.parse(entry.storedAt) >= since;
  });
  return late.length === 0 ? [] : [planLateComers(late, position)];
}

/** Without the manifests that were compared before the stop because they begin in the range read then. */
function skipRead(
  entries: LogToRead['entries'],
  { read }: LogProgress,
  position: number,
): LogToRead['entries'] {
  return read.length === 0
    ? entries
    : entries.filter((entry) => (stretchOf(entry)?.from ?? position) >= position);
}

function describeUncheckedRows(stream: string, rows: number): Unchecked {
  return {
    reason: 'manifest_missing',
    stream,
    sentence: `${rows} rows of ${stream} cannot be checked: they were stored when the manifests were written that are missing.`,
  };
}

/** What a verification that was stopped has not read. */
function listUnread(
  stream: string,
  progress: DeepProgress,
  { from, to }: Span,
): readonly Unchecked[] {
  const stretch = { from: from * 1e6, until: to * 1e6 };
  const position = findPosition(progressOf(progress, stream), stretch);
  if (position === undefined || position >= stretch.until) return [];
  const [start, end] = [spell(position), spell(stretch.until)];
  const since = start === undefined ? '' : ` from ${start} on`;
  return [
    {
      reason: 'stopped',
      stream,
      ...(start !== undefined && { from: start }),
      ...(end !== undefined && { until: end }),
      sentence: `The rows of ${stream}${since} were not read: the verification was stopped.`,
    },
  ];
}

function spell(micros: number): string | undefined {
  return Number.isFinite(micros) ? new Date(micros / 1000).toISOString() : undefined;
}
