/** The status of streams, and the results of a pass, for people and for scripts. */
import type { StreamPass } from '../../ingest/service.ts';
import { explainLoss } from '../../ingest/loss-words.ts';
import { describeRemovals } from '../../ingest/removals.ts';
import { describeReconciled } from '../../ingest/reconcile/words.ts';
import type { StreamStatus } from '../../ingest/status.ts';
import { describeVerified, listFound } from '../../ingest/verification-words.ts';
import type { Stream } from '../../streams/stream.ts';
import type { CommandContext } from '../context.ts';
import { describeAnchors } from './anchors.ts';
import { paintState } from './colours.ts';
import { renderTable } from './table.ts';
import { widthOf, wrapLines } from './text.ts';
import { formatMoment, formatNumber, formatSeconds } from './words.ts';

/** Where a page is shown: the width of the terminal, and its colours. */
type Place = Pick<CommandContext, 'stdout'>;

/** What is reported about the streams elsewhere already, by the stream's name. */
type Told = Readonly<Record<string, readonly string[]>>;

/** The status of the streams, one row each, with the problems in words below. The table fits in 80 columns. */
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
          listings.includes(row.stream) ? '' : describeGaps(row),
          row.lag_seconds === null ? '' : formatSeconds(row.lag_seconds, 1),
          formatNumber(row.rows),
        ]),
        [6],
        (text, column) => (column === 1 ? paintState(text, stdout) : text),
        widthOf(stdout),
      );
      const lines = joinSame([
        ...own.flatMap((row) =>
          remarks(row, now)
            .filter((sentence) => told[row.stream]?.includes(sentence) !== true)
            .map((sentence) => ({ stream: row.stream, sentence })),
        ),
        ...own
          .filter(({ stream }) => !listings.includes(stream))
          .flatMap((row) =>
            listVerified(row).map((sentence) => ({ stream: row.stream, sentence })),
          ),
      ]);
      const anchors = describeAnchors(own[0]?.anchors ?? []);
      const beneath = wrapLines([...lines, ...anchors], widthOf(stdout));
      return [`Account ${account}, times in UTC`, table, ...beneath].join('\n');
    })
    .join('\n\n');
}

/** Sentences about streams, each once, after the names of the streams that share it. */
function joinSame(
  told: readonly { readonly stream: string; readonly sentence: string }[],
): string[] {
  const streams = new Map<string, Set<string>>();
  for (const { stream, sentence } of told)
    streams.set(sentence, (streams.get(sentence) ?? new Set()).add(stream));
  return [...streams].map(([sentence, names]) => `${[...names].join(', ')}: ${sentence}`);
}

/** Not "nothing is missing" after a verification that found rows changed. */
function describeGaps({ gaps, found }: StreamStatus): string {
  if (gaps > 0) return formatNumber(gaps);
  return found.length > 0 ? 'doubt' : 'none';
}

/** What the verifications of a log came to. */
function listVerified(row: StreamStatus): readonly string[] {
  if (row.found.length > 0) return listFound(row.found);
  return row.covered_until === null ? [] : [`${describeVerified(row)}.`];
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
  if (row.archived_rows > 0)
    lines.push(`${formatNumber(row.archived_rows)} more rows are in the archive.`);
  lines.push(...describeRemovals('log', row.removals, formatMoment));
  if (row.last_reconciliation !== null)
    lines.push(`${describeReconciled(row.last_reconciliation)}.`);
  if (row.last_success !== null && now.getTime() - row.last_success.getTime() > 3_600_000) {
    lines.push(`last pulled successfully ${formatMoment(row.last_success)}.`);
  }
  return lines;
}

/** Rows that appeared after their time was covered: how many each age has found. Empty while there are none. */
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

/** The results of a pass, one row for each run, and each error once. */
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
