/** A workbook for Excel and similar programs: the rows on the first sheet, coverage, gaps and limits on the last. */
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type {
  Report,
  ReportColumn,
  ReportRow,
  ReportValue,
  ReportWriter,
} from '../shared/report.ts';
import { blankControls } from '../shared/text.ts';
import { createMomentFormat } from '../shared/time-zone.ts';
import {
  endSheet,
  formatSheetRow,
  mostCellCharacters,
  rootPart,
  startSheet,
  styles,
  stylesPart,
  typesPart,
  workbookPart,
  workbookRelationshipsPart,
  type SheetCell,
} from './workbook-parts.ts';

/** The number of rows in an Excel sheet, including the header. */
const mostSheetRows = 1_048_576;
/** How many rows decide the widths of the columns. */
const measuredRows = 100;
const widest = 60;
const aboutName = 'What this rests on';

/** What is found while the rows are written. */
type Tally = {
  readonly noteRow: () => void;
  readonly noteCut: () => void;
  readonly rows: () => number;
  readonly cut: () => number;
};

function createTally(): Tally {
  let rows = 0;
  let cut = 0;
  return {
    noteRow: () => (rows += 1),
    noteCut: () => (cut += 1),
    rows: () => rows,
    cut: () => cut,
  };
}

/** Writes a workbook row by row, so that a large one needs no more memory than a small one. */
export const writeWorkbook: ReportWriter = async (report, write) => {
  const zip = new ZipFile();
  const bytes = zip.outputStream as Readable;
  zip.on('error', (error: Error) => bytes.destroy(error));
  const tally = createTally();
  const source = report.rows[Symbol.asyncIterator]();
  const adding = addParts(zip, report, source, tally).catch((error: unknown) => {
    bytes.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    for await (const chunk of bytes) await write(chunk as Uint8Array);
  } catch (error) {
    await source.return?.();
    throw error;
  }
  await adding;
  return tally.rows();
};

async function addParts(
  zip: ZipFile,
  report: Report,
  source: AsyncIterator<ReportRow>,
  tally: Tally,
): Promise<void> {
  const names: string[] = [];
  const addSheet = async (name: string, lines: AsyncIterable<string>): Promise<void> => {
    names.push(name);
    const stream = Readable.from(inBlocks(lines));
    zip.addReadStream(stream, `xl/worksheets/sheet${names.length}.xml`);
    await finished(stream);
  };
  const first: ReportRow[] = [];
  let next = await source.next();
  for (; next.done !== true && first.length < measuredRows; next = await source.next())
    first.push(next.value);
  async function* read(): AsyncGenerator<ReportRow, void, undefined> {
    yield* first;
    for (; next.done !== true; next = await source.next()) yield next.value;
  }
  const rows = read();
  const columns = listSheetColumns(report);
  const widths = columns.map((column) => measureColumn(column, first));
  let isFull = true;
  for (let number = 1; isFull; number += 1) {
    const name = number === 1 ? 'Rows' : `Rows ${number}`;
    isFull = false;
    await addSheet(
      name,
      formatRows(columns, widths, rows, tally, () => (isFull = true)),
    );
  }
  await addSheet(aboutName, formatAbout(report, tally));
  const add = (path: string, text: string): void => zip.addBuffer(Buffer.from(text), path);
  add('xl/workbook.xml', workbookPart(names));
  add('xl/_rels/workbook.xml.rels', workbookRelationshipsPart(names.length));
  add('xl/styles.xml', stylesPart);
  add('_rels/.rels', rootPart);
  add('[Content_Types].xml', typesPart(names.length));
  zip.end();
}

type SheetColumn = Pick<ReportColumn, 'title'> & {
  readonly read: (row: ReportRow) => ReportValue;
};

/** The columns for people; times are in the zone, and beside them in UTC, where no hour is repeated. */
function listSheetColumns({ columns, timeZone }: Report): SheetColumn[] {
  const toLocal = createLocalizer(timeZone);
  return columns.flatMap(({ key, title, isTime }) => {
    const read = (row: ReportRow): ReportValue => row[key] ?? null;
    if (isTime !== true) return [{ title, read }];
    const utc = { title: `${title} (UTC)`, read };
    return timeZone === undefined
      ? [utc]
      : [{ title: `${title} (${timeZone})`, read: (row: ReportRow) => toLocal(read(row)) }, utc];
  });
}

/** Moments as the clocks of a time zone show them, because a cell can hold nothing else; anything else unchanged. */
function createLocalizer(timeZone: string | undefined): (value: ReportValue) => ReportValue {
  const show = createMomentFormat(timeZone);
  return (value) =>
    value instanceof Date ? new Date(`${show(value).slice(0, 19).replace(' ', 'T')}Z`) : value;
}

function measureColumn({ title, read }: SheetColumn, rows: readonly ReportRow[]): number {
  const lengths = rows.map((row) => {
    const value = read(row);
    return value instanceof Date ? 19 : String(value ?? '').length;
  });
  return Math.min(widest, Math.max(title.length, ...lengths) + 3);
}

async function* formatRows(
  columns: readonly SheetColumn[],
  widths: readonly number[],
  rows: AsyncGenerator<ReportRow, void, undefined>,
  tally: Tally,
  noteFull: () => void,
): AsyncGenerator<string, void, undefined> {
  yield startSheet(widths, true);
  let number = 1;
  yield formatSheetRow(
    number,
    columns.map(({ title }) => ({ value: title, style: styles.head })),
  );
  // No `for await`: it would end the rows with the sheet.
  for (let next = await rows.next(); next.done !== true; next = await rows.next()) {
    number += 1;
    tally.noteRow();
    const row = next.value;
    yield formatSheetRow(
      number,
      columns.map(({ read }) => toSheetCell(read(row), styles.text, tally)),
    );
    if (number === mostSheetRows) {
      noteFull();
      break;
    }
  }
  yield endSheet(columns.length, number, true);
}

type AboutLine = readonly [name: string, value: ReportValue];

function listSentences(name: string, sentences: readonly string[]): AboutLine[] {
  return sentences.map((sentence) => [name, sentence]);
}

/** Title, details and statement, one line each: the name on the left, the sentence on the right. */
async function* formatAbout(report: Report, tally: Tally): AsyncGenerator<string, void, undefined> {
  const { title, account, generatedAt, timeZone, details = [], statement } = report;
  const toLocal = createLocalizer(timeZone);
  const lines: AboutLine[] = [
    ['Report', title],
    ['Account', account],
    ['Generated', toLocal(generatedAt)],
    ['Time zone', timeZone ?? 'UTC'],
    ['Rows', tally.rows()],
    ...details
      .filter(({ value }) => value !== null)
      .map(({ title: name, value }): AboutLine => [name, toLocal(value)]),
    ...listSentences('Coverage', statement.coverage),
    ...listSentences('Gap', statement.gaps.length === 0 ? ['none'] : statement.gaps),
    ...listSentences('Limit', statement.limits),
    ...listSentences('Note', [...(statement.notes ?? []), ...explainCut(tally)]),
  ];
  yield startSheet([26, 110], false);
  for (const [place, [name, value]] of lines.entries())
    yield formatSheetRow(place + 1, [
      { value: name, style: styles.head },
      toSheetCell(value, styles.wrapped, tally),
    ]);
  yield endSheet(2, lines.length, false);
}

function explainCut(tally: Tally): string[] {
  const cut = tally.cut();
  if (cut === 0) return [];
  return [
    `${cut === 1 ? 'A text is' : `${cut} texts are`} cut off: a cell holds ${mostCellCharacters} characters. The formats csv, json, ndjson and parquet have the full text.`,
  ];
}

function toSheetCell(value: ReportValue, textStyle: number, tally: Tally): SheetCell {
  if (value instanceof Date) return { value, style: styles.time };
  if (typeof value !== 'string') return { value, style: styles.plain };
  const text = blankControls(value.replaceAll(/\r\n?/g, '\n'), '\t\n').toWellFormed();
  if (text.length <= mostCellCharacters) return { value: text, style: textStyle };
  tally.noteCut();
  return { value: `${text.slice(0, mostCellCharacters - 1)}…`.toWellFormed(), style: textStyle };
}

/** Small pieces cost more than rows. */
async function* inBlocks(lines: AsyncIterable<string>): AsyncGenerator<Buffer, void, undefined> {
  let block = '';
  for await (const line of lines) {
    block += line;
    if (block.length < 64 * 1024) continue;
    yield Buffer.from(block);
    block = '';
  }
  if (block !== '') yield Buffer.from(block);
}
