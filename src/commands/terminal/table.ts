/** Tables: columns two spaces apart and no rules, readable on any terminal and easy to cut with other tools. */
import type { ReportColumn } from '../../reports/shared/report.ts';
import { cutText, measureText, wrapText } from './text.ts';

/** How a column is laid out. */
type TableColumn = Omit<ReportColumn, 'key'>;

/** The columns of a table that have room, and how wide they are. */
type Layout<Column extends TableColumn> = {
  readonly columns: readonly Column[];
  readonly widths: readonly number[];
  /** The width of the terminal; undefined where there is none: nothing is cut then. */
  readonly room: number | undefined;
};

/** What stands between two columns. */
export const gap = '  ';
/** A column that is cut keeps at least this much. */
const narrowest = 8;
/** Texts may be long as books: a column is judged by no more than this when it is decided which ones have room. */
const fairWidth = 32;

/** A whole table; the columns with these places are aligned to the right. Without line break at the end. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: readonly number[] = [],
): string {
  const columns = head.map((title, place): TableColumn =>
    rightAligned.includes(place) ? { title, align: 'right' } : { title },
  );
  const layout = layOut(columns, rows, undefined);
  return [head, ...rows].flatMap((cells) => formatRow(cells, layout)).join('\n');
}

/** Lays a table out by its first rows, each with a cell for each column. */
export function layOut<Column extends TableColumn>(
  all: readonly Column[],
  rows: readonly (readonly string[])[],
  room: number | undefined,
): Layout<Column> {
  const natural = all.map(({ title }, place) =>
    Math.max(measureText(title), ...rows.map((cells) => measureText(cells[place] ?? ''))),
  );
  if (room === undefined) return { columns: all, widths: natural, room };
  let kept = all.map((column, place) => ({ column, width: natural[place] ?? 0 }));
  const isTooWide = (): boolean =>
    sum(kept.map(({ width }) => Math.min(width, fairWidth))) + gap.length * (kept.length - 1) >
    room;
  while (isTooWide()) {
    const last = kept.findLast(({ column }) => column.isOptional === true);
    if (last === undefined) break;
    kept = kept.filter((each) => each !== last);
  }
  const columns = kept.map(({ column }) => column);
  const widths = kept.map(({ width }) => width);
  return { columns, widths: fitWidths(columns, widths, room), room };
}

/** The lines of a row, with a cell for each column of the layout: more than one where a cell goes on in the next. */
export function formatRow(
  cells: readonly string[],
  { columns, widths, room }: Layout<TableColumn>,
): string[] {
  const parts = cells.map((cell, place) => {
    const width = widths[place] ?? 0;
    if (room === undefined) return [cell];
    return columns[place]?.isWrapped === true ? wrapText(cell, width) : [cutText(cell, width)];
  });
  const height = Math.max(...parts.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    parts
      .map((part, place) => {
        const text = part[line] ?? '';
        const padding = ' '.repeat(Math.max(0, (widths[place] ?? 0) - measureText(text)));
        return columns[place]?.align === 'right' ? padding + text : text + padding;
      })
      .join(gap)
      .trimEnd(),
  );
}

/** Cuts the widest columns to one width, so that all fit. Times and numbers are worth nothing when cut; ids only if they must. */
function fitWidths(
  columns: readonly TableColumn[],
  widths: readonly number[],
  room: number,
): readonly number[] {
  const spaced = room - gap.length * (columns.length - 1);
  const never = columns.map(({ isTime, align }) => isTime === true || align === 'right');
  const rather = columns.map(({ isWhole }, index) => isWhole === true || never[index] === true);
  const fitted = cutWidest(widths, rather, spaced);
  return sum(fitted) <= spaced ? fitted : cutWidest(widths, never, spaced);
}

function cutWidest(
  widths: readonly number[],
  isFixed: readonly boolean[],
  room: number,
): readonly number[] {
  const texts = widths.filter((_, index) => isFixed[index] === false).toSorted((a, b) => a - b);
  let rest = room - sum(widths.filter((_, index) => isFixed[index]));
  let limit = Infinity;
  for (const [index, own] of texts.entries()) {
    const share = Math.floor(rest / (texts.length - index));
    if (own > share) {
      limit = Math.max(share, narrowest);
      break;
    }
    rest -= own;
  }
  return widths.map((own, index) => (isFixed[index] === true ? own : Math.min(own, limit)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
