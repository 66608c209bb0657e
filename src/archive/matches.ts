/** The rows of a group that a question asks for: columns are read as they are needed, and values as bytes before they are read as texts. */
import type { ColumnTexts } from '../parquet/column-texts.ts';
import type { LogTable } from '../streams/stream.ts';
import { bookkeeping } from './columns.ts';
import { listNaming } from './object-group.ts';
import { createRowReader } from './object-reader.ts';
import type { ArchiveRow } from './rows.ts';
import type { ArchiveQuestion } from './question.ts';

/** The rows of a group that fit. */
export async function readMatches(
  readColumn: (column: string) => Promise<ColumnTexts>,
  table: LogTable,
  { from, until, words, ids, moments }: ArchiveQuestion,
): Promise<readonly ArchiveRow[]> {
  const times = await readColumn(table.time);
  const named = words && (await findNamed(readColumn, listNaming(table), words));
  const keys = ids && (await readColumn(table.id.name));
  const rows: number[] = [];
  for (let row = 0; row < times.places.length; row += 1) {
    if (named !== undefined && !named.has(row)) continue;
    const micros = Number(times.textOf(times.places[row] ?? 0));
    if (micros < from || micros >= until || moments?.includes(micros) === false) continue;
    if (keys !== undefined && ids?.has(keys.textOf(keys.places[row] ?? 0)) === false) continue;
    rows.push(row);
  }
  if (rows.length === 0) return [];
  const columns = new Map<string, ColumnTexts>();
  for (const name of [table.time, table.id.name, ...table.columns, ...bookkeeping])
    columns.set(name, await readColumn(name));
  const makeRow = createRowReader(table);
  return rows.map((row) =>
    makeRow((name) => {
      const texts = columns.get(name);
      const place = texts?.places[row] ?? -1;
      return texts === undefined || place < 0 ? null : texts.textOf(place);
    }),
  );
}

/** The rows that have one of the words in one of the columns. */
async function findNamed(
  readColumn: (column: string) => Promise<ColumnTexts>,
  columns: readonly string[],
  words: readonly string[],
): Promise<ReadonlySet<number>> {
  const { fits, mayFit } = createMatcher(words);
  const named = new Set<number>();
  for (const column of columns) {
    const { places, size, textOf, bytes } = await readColumn(column);
    if (bytes !== undefined && !mayFit(bytes)) continue;
    const fitting = new Uint8Array(size);
    for (let place = 0; place < size; place += 1) fitting[place] = Number(fits(textOf(place)));
    for (const [row, place] of places.entries()) if (fitting[place] === 1) named.add(row);
  }
  return named;
}

/** Finds words that stand alone, as they are written or with escapes of an address. */
type Matcher = {
  readonly fits: (text: string) => boolean;
  /** Whether a text among many may fit. */
  readonly mayFit: (texts: Buffer) => boolean;
};

function createMatcher(words: readonly string[]): Matcher {
  const escaped = words.map(escapePattern);
  const alone = new RegExp(`(?<![0-9a-z])(?:${escaped.join('|')})(?![0-9a-z])`, 'i');
  // Bytes as text: much faster than texts.
  const bytes = words.map((word) => escapePattern(Buffer.from(word).toString('latin1')));
  const anywhere = new RegExp(bytes.join('|'), 'i');
  return {
    fits: (text) => matches(alone, text),
    mayFit: (texts) => matches(anywhere, texts.toString('latin1')),
  };
}

function escapePattern(word: string): string {
  return word.replaceAll(/[^0-9a-z]/gi, String.raw`\$&`);
}

function matches(pattern: RegExp, text: string): boolean {
  return pattern.test(text) || (text.includes('%') && pattern.test(unescape(text)));
}

function unescape(text: string): string {
  return text.replaceAll(/%[0-9a-f]{2}/gi, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(1), 16)),
  );
}
