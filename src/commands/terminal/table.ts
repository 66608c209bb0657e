/** Tables: columns two spaces apart without lines, readable on any terminal and easy to split with other tools. */
import type { ReportColumn } from '../../reports/shared/report.ts';
import { measureText, wrapText } from './text.ts';

/** The layout of a column. */
type TableColumn = Omit<ReportColumn, 'key'>;

/** The columns of a table that fit, and their widths. */
type Layout<Column extends TableColumn> = {
  readonly columns: readonly Column[];
  readonly widths: readonly number[];
  /** The width of the terminal; undefined if there is none: then nothing is wrapped. */
  readonly room: number | undefined;
  /** The columns are too narrow side by side to read their texts: one below the other is better. */
  readonly isCrowded: boolean;
};

/** The space between two columns. */
export const gap = '  ';
/**
 * A word of this length or less is never broken; a column of longer words may be as narrow as this, and they continue in the
 * next line.
 */
const longestWord = 24;
/** If a window is too narrow even for words, a column keeps at least this width. */
const narrowest = 8;
/** Texts may be very long: at most this width counts when deciding which columns fit. */
const fairWidth = 24;
/** With at most this many columns, a table is readable although some are narrower than that. */
const mostNarrowColumns = 8;

/**
 * A whole table; the columns at these positions are aligned to the right. Without a line break at the end.
 *
 * @param paint colours a text of a column after it was measured @param room the width of the terminal, default: unlimited;
 *   if the table is wider, each row is a list of its values, without colours
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: readonly number[] = [],
  paint?: Paint,
  room = Infinity,
): string {
  const columns = head.map((title, place): TableColumn =>
    rightAligned.includes(place) ? { title, align: 'right' } : { title },
  );
  const layout = layOut(columns, rows, undefined);
  if (sum(layout.widths) + gap.length * (head.length - 1) > room)
    return rows.map((cells) => formatTall(columns, cells, room).join('\n')).join('\n\n');
  return [
    ...formatRow(head, layout),
    ...rows.flatMap((cells) => formatRow(cells, layout, paint)),
  ].join('\n');
}

/** Colours a text of the column at this position. */
type Paint = (text: string, column: number) => string;

/** Computes the layout of a table from its first rows, each with a cell for each column. */
export function layOut<Column extends TableColumn>(
  all: readonly Column[],
  rows: readonly (readonly string[])[],
  room: number | undefined,
): Layout<Column> {
  let kept = all.map((column, place): Measured<Column> => {
    const cells = rows.map((row) => row[place] ?? '');
    const natural = Math.max(measureText(column.title), ...cells.map(measureText));
    const least = isFixed(column) ? natural : measureWords([column.title, ...cells]);
    return { column, natural, least };
  });
  if (room !== undefined) {
    while (needRoom(kept) > room) {
      const last = kept.findLast(({ column }) => column.isOptional === true);
      if (last === undefined) break;
      kept = kept.filter((each) => each !== last);
    }
  }
  return {
    isCrowded: room !== undefined && needRoom(kept) > room && isHardToRead(kept, room),
    columns: kept.map(({ column }) => column),
    widths: room === undefined ? kept.map(({ natural }) => natural) : fitWidths(kept, room),
    room,
  };
}

/** Words would be broken, or there are too many columns and each is very narrow. */
function isHardToRead(columns: readonly Measured<TableColumn>[], room: number): boolean {
  const least = sum(columns.map((each) => each.least)) + gap.length * (columns.length - 1);
  return least > room || columns.length > mostNarrowColumns;
}

/** A column, its full width, and the smallest width that breaks no word. */
type Measured<Column extends TableColumn> = {
  readonly column: Column;
  readonly natural: number;
  readonly least: number;
};

/** Times, numbers and ids are useless in two lines. */
function isFixed(column: TableColumn): boolean {
  return staysWhole(column) || column.isWhole === true;
}

/** Ids continue in the next line if necessary, times and numbers never. */
function staysWhole({ isTime, align }: TableColumn): boolean {
  return isTime === true || align === 'right';
}

function measureWords(texts: readonly string[]): number {
  let longest = 0;
  for (const text of texts)
    for (const word of text.split(' ')) longest = Math.max(longest, measureText(word));
  return Math.min(longest, longestWord);
}

/** The width that a table needs so that its texts are easy to read. */
function needRoom(columns: readonly Measured<TableColumn>[]): number {
  const widths = columns.map(({ column, natural, least }) =>
    isFixed(column) ? natural : Math.max(least, Math.min(natural, fairWidth)),
  );
  return sum(widths) + gap.length * (columns.length - 1);
}

/** The lines of a row, with a cell for each column of the layout: more than one if a cell continues in the next line. */
export function formatRow(
  cells: readonly string[],
  { columns, widths, room }: Layout<TableColumn>,
  paint: Paint = (text) => text,
): string[] {
  const parts = cells.map((cell, place) => {
    const column = columns[place];
    const isWhole = column !== undefined && staysWhole(column);
    return room === undefined || isWhole ? [cell] : wrapText(cell, widths[place] ?? 0);
  });
  const height = Math.max(...parts.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    parts
      .map((part, place) => {
        const text = part[line] ?? '';
        const padding = ' '.repeat(Math.max(0, (widths[place] ?? 0) - measureText(text)));
        const shown = text === '' ? '' : paint(text, place);
        return columns[place]?.align === 'right' ? padding + shown : shown + padding;
      })
      .join(gap)
      .trimEnd(),
  );
}

/** A row as lines with a title and a value, for columns that do not fit side by side. */
export function formatTall(
  columns: readonly Pick<TableColumn, 'title'>[],
  cells: readonly string[],
  room = Infinity,
): string[] {
  const longest = Math.max(0, ...columns.map(({ title }) => measureText(title)));
  const width = Math.max(narrowest, room - longest - gap.length);
  return cells.flatMap((cell, place) => {
    const title = columns[place]?.title ?? '';
    return wrapText(cell, width).map((line, index) =>
      `${(index === 0 ? title : '').padEnd(longest)}${gap}${line}`.trimEnd(),
    );
  });
}

/**
 * Makes the widest text columns equally narrow, so that all fit: down to the width of their words, and narrower only if
 * necessary.
 */
function fitWidths(columns: readonly Measured<TableColumn>[], room: number): number[] {
  const spaced = room - gap.length * (columns.length - 1);
  const narrow = (least: (each: Measured<TableColumn>) => number): number[] => {
    for (let limit = spaced; limit > 0; limit -= 1) {
      const widths = columns.map((each) =>
        Math.max(Math.min(each.natural, limit), Math.min(each.natural, least(each))),
      );
      if (sum(widths) <= spaced) return widths;
    }
    return columns.map(least);
  };
  const whole = narrow(({ least }) => least);
  if (sum(whole) <= spaced) return whole;
  const broken = narrow(({ column, natural }) => (isFixed(column) ? natural : narrowest));
  if (sum(broken) <= spaced) return broken;
  return narrow(({ column, natural }) => (staysWhole(column) ? natural : narrowest));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
