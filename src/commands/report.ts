import Table from 'cli-table3';
import prettyMilliseconds from 'pretty-ms';
import type { StreamStatus } from '../ingest/status.ts';
import type { StreamPass } from '../ingest/service.ts';
import type { Stream } from '../streams/stream.ts';

/** Columns two spaces apart and no rules: readable on any terminal, easy to cut with other tools. */
const plain = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
};

/** A table for people; numbers to the right. Without line break at the end. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: readonly number[] = [],
): string {
  const colAligns = head.map<'right' | 'left'>((_, column) =>
    rightAligned.includes(column) ? 'right' : 'left',
  );
  const table = new Table({ ...plain, head: [...head], colAligns });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** How the streams stand, one row each, with what is wrong in words beneath. The table fits in 80 columns. */
export function renderStatus(
  rows: readonly StreamStatus[],
  streams: readonly Stream[],
  now: Date,
): string {
  const listings = streams.filter(({ kind }) => kind === 'listing').map(({ name }) => name);
  const head = ['Stream', 'State', 'Covered from', 'Covered until', 'Gaps', 'Lag', 'Rows'];
  const accounts = [...new Set(rows.map(({ account }) => account))];
  return accounts
    .map((account) => {
      const own = rows.filter((row) => row.account === account);
      const table = renderTable(
        head,
        own.map((row) => [
          row.stream,
          row.state,
          formatMoment(row.covered_from).slice(0, 10),
          formatMoment(row.covered_until),
          listings.includes(row.stream) ? '' : row.gaps === 0 ? 'none' : formatNumber(row.gaps),
          row.lag_seconds === null ? '' : formatSeconds(row.lag_seconds, 1),
          formatNumber(row.rows),
        ]),
        [6],
      );
      return [
        `Account ${account}, times in UTC`,
        table,
        ...own.flatMap((row) => remarks(row, now)),
      ].join('\n');
    })
    .join('\n\n');
}

function remarks(row: StreamStatus, now: Date): string[] {
  const lines: string[] = [];
  if (row.state === 'failed' || row.state === 'unavailable')
    lines.push(`${row.stream}: ${row.last_error ?? 'no reason known'}`);
  if (row.lost_seconds > 0) {
    lines.push(
      `${row.stream}: ${formatSeconds(row.lost_seconds)} were never stored and Zendesk no longer keeps them.`,
    );
  }
  if (row.gaps > 0) {
    lines.push(
      `${row.stream}: ${formatSeconds(row.gap_seconds)} are missing${describeHeadroom(row.headroom_seconds)}.`,
    );
  }
  if (row.last_success !== null && now.getTime() - row.last_success.getTime() > 3_600_000) {
    lines.push(`${row.stream}: last pulled with success ${formatMoment(row.last_success)}.`);
  }
  return lines;
}

function describeHeadroom(seconds: number | null): string {
  if (seconds === null) return '';
  return seconds < 60
    ? '; Zendesk is dropping the oldest of it now'
    : `; Zendesk drops the oldest of it in ${formatSeconds(seconds)}`;
}

/** What a pass did, one row a run. */
export function renderPasses(passes: readonly StreamPass[]): string {
  const rows = passes.flatMap(({ stream, runs }) =>
    runs.map(({ task, outcome, counts }) => [
      stream,
      task,
      outcome,
      formatNumber(counts.requests),
      formatNumber(counts.new),
      formatNumber(counts.changed),
      formatNumber(counts.late),
    ]),
  );
  const troubles = passes.flatMap(({ stream, runs }) =>
    runs.flatMap(({ error }) => (error === undefined ? [] : [`${stream}: ${error}`])),
  );
  const table = renderTable(
    ['Stream', 'Task', 'Outcome', 'Requests', 'New', 'Changed', 'Late'],
    rows,
    [3, 4, 5, 6],
  );
  return [table, ...troubles, ''].join('\n');
}

/** A moment to the minute, UTC; empty for none. */
export function formatMoment(moment: Date | null): string {
  return moment === null ? '' : moment.toISOString().slice(0, 16).replace('T', ' ');
}

/** A length of time in its largest units. */
function formatSeconds(seconds: number, unitCount = 2): string {
  return prettyMilliseconds(Math.max(1, Math.round(seconds)) * 1000, { unitCount });
}

/** A number with thousands separated. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** A result for scripts. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
