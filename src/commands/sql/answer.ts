/** An answer as a table on the screen, and as a report for the forms of files. */
import type { Answer, Statement } from '../../database/statements.ts';
import type { Report, ReportColumn, ReportRow, Write } from '../../reports/shared/report.ts';
import { blankControls, createBatch } from '../../reports/shared/text.ts';
import { createMomentFormat } from '../../reports/shared/time-zone.ts';
import { formatRow, gap, layOut } from '../terminal/table.ts';
import { formatNumber } from '../terminal/words.ts';

/** How many rows decide the widths of the columns. */
const measuredRows = 200;
/** If a column would be narrower than this, each row is shown as a list of its columns. */
const leastWidth = 10;

const showMoment = createMomentFormat(undefined);

type Cell = ReportRow[string];

/** Two columns may have the same name, but rows are read by name. */
function nameColumns({ columns }: Answer): readonly ReportColumn[] {
  const used = new Map<string, number>();
  return columns.map(({ name, type }) => {
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    const key = times === 1 ? name : `${name}_${times}`;
    return {
      key,
      title: key,
      ...(type === 'integer' || type === 'number' ? ({ align: 'right' } as const) : {}),
      ...(type === 'integer' || type === 'boolean' ? { type } : {}),
      ...(type === 'moment' ? { isTime: true as const } : { isWrapped: true as const }),
    };
  });
}

async function* readRecords(
  { columns, rows }: Answer,
  keys: readonly ReportColumn[],
): AsyncGenerator<ReportRow, void, undefined> {
  for await (const row of rows) {
    const record: Record<string, Cell> = {};
    for (const [place, { key }] of keys.entries()) {
      const value = row[place] ?? null;
      // A value whose column is not numeric, such as an id, stays text.
      record[key] =
        typeof value === 'number' && columns[place]?.type === undefined ? String(value) : value;
    }
    yield record;
  }
}

/** The answer as a report; `coverage` says how complete the data is. */
export function describeAnswer(
  answer: Answer,
  { text }: Statement,
  facts: Pick<Report, 'account' | 'generatedAt'> & { readonly coverage: readonly string[] },
): Report {
  const columns = nameColumns(answer);
  const { account, generatedAt, coverage } = facts;
  return {
    title: text.replaceAll(/\s+/g, ' '),
    columns,
    rows: readRecords(answer, columns),
    statement: { coverage, gaps: [], limits: [] },
    account,
    generatedAt,
    timeZone: undefined,
  };
}

/**
 * Writes an answer as a table, or row by row if its columns do not fit side by side. `room`: the width of the terminal;
 * undefined: nothing is wrapped. @returns how many rows there were
 */
export async function writeAnswer(
  answer: Answer,
  write: Write,
  room: number | undefined,
): Promise<number> {
  const columns = nameColumns(answer);
  const batch = createBatch(write);
  const isList =
    room !== undefined && columns.length * (leastWidth + gap.length) > room + gap.length;
  let layout: ReturnType<typeof layOut<ReportColumn>> | undefined;
  const first: string[][] = [];
  let rows = 0;
  const print = async (cells: readonly string[]): Promise<void> => {
    if (layout === undefined) return;
    for (const line of formatRow(cells, layout)) await batch.add(`${line}\n`);
  };
  const begin = async (): Promise<void> => {
    layout = layOut(columns, first, room);
    await print(columns.map(({ title }) => blankControls(title)));
    for (const cells of first) await print(cells);
  };
  const longest = Math.max(0, ...columns.map(({ title }) => title.length));
  for await (const record of readRecords(answer, columns)) {
    rows += 1;
    const cells = columns.map(({ key }) => formatCell(record[key] ?? null));
    if (isList) {
      const lines = cells.map(
        (cell, place) => `${columns[place]?.title.padEnd(longest)}${gap}${cell}`,
      );
      await batch.add(`${rows === 1 ? '' : '\n'}${lines.join('\n')}\n`);
    } else if (layout !== undefined) await print(cells);
    else if (first.push(cells) === measuredRows) await begin();
  }
  if (!isList && layout === undefined && columns.length > 0) await begin();
  await batch.flush();
  return rows;
}

/** How many rows there were, or what a statement without rows did. */
export function describeEnd(answer: Answer, rows: number): string {
  if (answer.columns.length === 0) return answer.tag() || 'Done.';
  return rows === 0 ? 'No rows.' : rows === 1 ? '1 row.' : `${formatNumber(rows)} rows.`;
}

function formatCell(value: Cell): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return showMoment(value);
  return blankControls(String(value), '').replaceAll(/\s+/g, ' ');
}
