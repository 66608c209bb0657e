/** Reads the records of an answer: those that become rows, and those that cannot. Pure. */
import { isUtf8 } from 'node:buffer';
import type { Classify } from '../classification/classification.ts';
import { explainRefusal } from '../database/connection-errors.ts';
import type { DerivedRow, LogStream } from '../streams/stream.ts';
import type { Page } from '../zendesk/request.ts';
import { quarantineRecord, refuseIfMost, type QuarantinedRecord } from './quarantine.ts';
import type { PageRow } from './rows/copy.ts';

/** What is needed from a log's description to read its records. */
type Reader = Pick<LogStream, 'name' | 'read' | 'table'>;

/** The parsed records of a page. */
export type ReadPage = {
  readonly rows: readonly PageRow[];
  readonly quarantined: readonly QuarantinedRecord[];
  /** The record behind a row that Postgres refuses, for the quarantine. */
  readonly quarantine: (row: PageRow, error: unknown) => QuarantinedRecord;
};

const none: readonly DerivedRow[] = [];

/**
 * Reads the records of an answer.
 *
 * @param refuse is called with a record without a usable id or time, and its index; by default the error is thrown
 * @throws {KnownError} `record_unreadable`
 */
export function readRecords(
  { read, table: { derived } }: Reader,
  classify: Classify,
  records: readonly unknown[],
  refuse: (error: unknown, record: unknown, index: number) => void = (error) => {
    throw error;
  },
): readonly PageRow[] {
  const rows: PageRow[] = [];
  for (const [index, record] of records.entries()) {
    try {
      const { id, timeMs, row } = read(record);
      rows.push({
        id,
        timeMs,
        row,
        derived: derived === undefined ? none : derived.derive(row, classify),
      });
    } catch (error) {
      refuse(error, record, index);
    }
  }
  return rows;
}

/** Reads a page. @throws {KnownError} `records_unusable` when most of its records cannot be read */
export function readPage(
  stream: Reader,
  classify: Classify,
  page: Pick<Page, 'records' | 'originals' | 'lossy'>,
): ReadPage {
  const quarantined: QuarantinedRecord[] = [];
  const unread = new Set<number>();
  const { records } = page;
  const { id, time } = stream.table;
  const describe = (error: unknown, record: unknown, index: number): QuarantinedRecord => {
    const fields = (record ?? {}) as Readonly<Record<string, unknown>>;
    const hints = { id: fields[id.name], time: fields[time] };
    return quarantineRecord(error, index + 1, originalOf(page, index), hints);
  };
  const read = readRecords(stream, classify, records, (error, record, index) => {
    unread.add(index);
    quarantined.push(describe(error, record, index));
  });
  const readable = records.map((_, place) => place).filter((place) => !unread.has(place));
  const rows =
    page.lossy.size === 0
      ? read
      : read.map((row, place) => {
          const index = readable[place] ?? 0;
          return page.lossy.has(index) ? keepOriginal(row, originalOf(page, index)) : row;
        });
  refuseIfMost(stream.name, quarantined, records.length);
  return {
    rows,
    quarantined,
    quarantine(row, error) {
      const index = readable[rows.indexOf(row)] ?? 0;
      return describe(explainRefusal(error), records[index], index);
    },
  };
}

/** How many of the rows no rule matches; undefined for a log that is not classified. */
export function countUnclassified(
  { table: { derived } }: Pick<LogStream, 'table'>,
  rows: readonly PageRow[],
): number | undefined {
  if (derived === undefined) return undefined;
  return rows.filter((row) => row.derived.some(derived.isUnclassified)).length;
}

/** A record of a page, unchanged. */
export function originalOf(
  { records, originals }: Pick<Page, 'records' | 'originals'>,
  index: number,
): Buffer {
  return originals()[index] ?? Buffer.from(JSON.stringify(records[index]) ?? '');
}

/** A row with its original record in `extra`: as text, or as base64 if its bytes are not text. */
export function keepOriginal(row: PageRow, content: Buffer): PageRow {
  const original = isUtf8(content)
    ? { text: content.toString() }
    : { base64: content.toString('base64') };
  const extra = { ...(row.row['extra'] as object | null), $original: original };
  return { ...row, row: { ...row.row, extra } };
}
