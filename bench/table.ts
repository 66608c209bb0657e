import type { Line } from './figure.ts';

/** The lines as a Markdown table: median, spread and whether the target is reached. */
export function renderLines(lines: readonly Line[]): string {
  const rows = lines.map(({ figure, target, summary, unit, reached }) => [
    figure,
    target,
    `${formatValue(summary.median)} ${unit}`,
    summary.rounds > 1 ? `${formatValue(summary.low)} – ${formatValue(summary.high)}` : '',
    reached === undefined ? '' : reached ? 'yes' : 'no',
  ]);
  const table = [['figure', 'target', 'median', 'spread', 'reached'], ...rows];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const write = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = table;
  return [
    write(head),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...body.map(write),
  ].join('\n');
}

function formatValue(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 2);
}
