/** How streams stand, and what a pass did, for people and for scripts. */
import type { StreamPass } from '../../ingest/service.ts';
import { explainLoss } from '../../ingest/loss-words.ts';
import type { StreamStatus } from '../../ingest/status.ts';
import type { Stream } from '../../streams/stream.ts';
import type { CommandContext } from '../context.ts';
import { paintState } from './colours.ts';
import { renderTable } from './table.ts';
import { widthOf, wrapLines } from './text.ts';
import { formatMoment, formatNumber, formatSeconds } from './words.ts';

/** Where a page is shown: as wide as its terminal, and in its colours. */
type Place = Pick<CommandContext, 'stdout'>;

/** What is told of the streams elsewhere already, by the stream's name. */
type Told = Readonly<Record<string, readonly string[]>>;

/** How the streams stand, one row each, with what is wrong in words beneath. The table fits in 80 columns. */
export function renderStatus(
  rows: readonly StreamStatus[],
  streams: readonly Stream[],
  now: Date,
  { stdout }: Place,
  told: Told = {},
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
        (text, column) => (column === 1 ? paintState(text, stdout) : text),
      );
      const lines = joinSame(
        own.flatMap((row) =>
          remarks(row, now)
            .filter((sentence) => told[row.stream]?.includes(sentence) !== true)
            .map((sentence) => ({ stream: row.stream, sentence })),
        ),
      );
      return [`Account ${account}, times in UTC`, table, ...wrapLines(lines, widthOf(stdout))].join(
        '\n',
      );
    })
    .join('\n\n');
}

/** Sentences about streams, each once: where others share it, that is said. */
function joinSame(
  told: readonly { readonly stream: string; readonly sentence: string }[],
): string[] {
  const streams = new Map<string, Set<string>>();
  for (const { stream, sentence } of told)
    streams.set(sentence, (streams.get(sentence) ?? new Set()).add(stream));
  return [...streams].flatMap(([sentence, names]) => {
    const [first = '', ...others] = names;
    const line = `${first}: ${sentence}`;
    return others.length === 0 ? [line] : [line, `${others.join(', ')}: the same.`];
  });
}

function remarks(row: StreamStatus, now: Date): string[] {
  const lines: string[] = [];
  if (row.state === 'failed' || row.state === 'unavailable')
    lines.push(row.last_error ?? 'no reason known');
  if (row.lost_seconds > 0) {
    lines.push(
      `${formatSeconds(row.lost_seconds)} were never stored, and Zendesk no longer has them.`,
    );
  }
  if (row.gaps > 0) {
    lines.push(
      `${formatSeconds(row.gap_seconds)} are missing${describeHeadroom(row.headroom_seconds)}.`,
    );
  }
  if (row.quarantined > 0) {
    lines.push(
      `${row.quarantined === 1 ? 'a record' : `${formatNumber(row.quarantined)} records`} could not be stored; see "quarantine list".`,
    );
  }
  lines.push(...row.losses.map((loss) => explainLoss(loss)), ...describeLate(row));
  if (row.last_success !== null && now.getTime() - row.last_success.getTime() > 3_600_000) {
    lines.push(`last pulled successfully ${formatMoment(row.last_success)}.`);
  }
  return lines;
}

/** What came after its time was covered: how much of it each age has found. Nothing while no age has found any. */
function describeLate({ late_rows }: StreamStatus): string[] {
  const found = late_rows.filter(({ rows }) => rows > 0);
  if (found.length === 0) return [];
  const parts = found.map(
    ({ rows, age_seconds }) => `${formatNumber(rows)} after ${formatSeconds(age_seconds)}`,
  );
  return [`late records were found and stored: ${parts.join(', ')}.`];
}

function describeHeadroom(seconds: number | null): string {
  if (seconds === null) return '';
  return seconds < 60
    ? '; Zendesk is deleting the oldest part now'
    : `; Zendesk deletes the oldest part in ${formatSeconds(seconds)}`;
}

/** What a pass did, one row a run, and each error once. */
export function renderPasses(passes: readonly StreamPass[], { stdout }: Place): string {
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
  const table = renderTable(
    ['Stream', 'Task', 'Outcome', 'Requests', 'New', 'Changed', 'Late'],
    rows,
    [3, 4, 5, 6],
    (text, column) => (column === 2 ? paintState(text, stdout) : text),
  );
  const troubles = joinSame(
    Object.entries(listTroubles(passes)).flatMap(([stream, errors]) =>
      errors.map((sentence) => ({ stream, sentence })),
    ),
  );
  return [table, ...wrapLines(troubles, widthOf(stdout)), ''].join('\n');
}

/** The errors of a pass, by the stream's name. */
export function listTroubles(passes: readonly StreamPass[]): Told {
  return Object.fromEntries(
    passes.map(({ stream, runs }) => [
      stream,
      runs.flatMap(({ error }) => (error === undefined ? [] : [error])),
    ]),
  );
}

/** The result of a pass as `--json` prints it. */
export function describePasses(passes: readonly StreamPass[]): unknown {
  return passes.map(({ stream, complete, runs }) => ({
    stream,
    complete,
    runs: runs.map(({ task, outcome, counts, code, error }) => ({
      task,
      outcome,
      ...counts,
      code: code ?? null,
      error: error ?? null,
    })),
  }));
}
