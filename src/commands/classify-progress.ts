import { createLogUpdate } from 'log-update';
import type { ClassificationProgress } from '../ingest/classification-pass.ts';
import { accessLogs } from '../streams/access-logs.ts';
import type { CommandContext } from './context.ts';
import { showPlainly } from './progress-display.ts';
import { createProgress, describeProgress, noteEvent } from './progress.ts';
import { formatNumber } from './report.ts';

/** Hears of the progress of a pass until it is ended. */
type ClassifyProgress = {
  readonly report: (progress: ClassificationProgress) => void;
  readonly reportDays: (done: number, total: number) => void;
  readonly end: () => void;
};

type Outputs = Pick<CommandContext, 'stderr' | 'printError'>;

const stream = accessLogs.name;
const renewMs = 150;
const nothing = { newRows: 0, changedRows: 0, lateRows: 0, unclassifiedRows: 0 } as const;
const unsaid = { span: undefined, reached: undefined, requestId: undefined, times: undefined };
const kind = { task: 'backfill', kind: 'backfill', last: false } as const;
const page = { type: 'page', stream, ...kind, ...nothing, ...unsaid } as const;
/** What takes less needs no account of its progress. */
const patienceMs = 2000;

/** Shows on stderr how far the classification is. */
export function createClassifyProgress(outputs: Outputs): ClassifyProgress {
  const progress = createProgress([accessLogs], Date.now());
  let days: string | undefined;
  let former: number | undefined;
  const end = showPatiently(outputs, () =>
    days === undefined ? describeProgress(progress, Date.now()) : [days],
  );
  return {
    report({ rows, share, wantedSeconds }) {
      const now = Date.now();
      // The first report comes before the first batch: its rows are those of an interrupted pass.
      const fresh = former === undefined ? 0 : Math.max(0, rows - former);
      former = rows;
      noteEvent(progress, { ...page, rows: fresh }, now);
      noteEvent(progress, { type: 'covered', stream, share, wantedSeconds }, now);
    },
    reportDays(done, total) {
      days = `rollups        ${formatNumber(done)} of ${formatNumber(total)} days counted anew`;
    },
    end,
  };
}

/**
 * Shows lines on stderr when the task takes more than two seconds: lines that renew themselves on a terminal, plain lines
 * now and then elsewhere. The function it returns ends that.
 */
export function showPatiently(
  { stderr, printError }: Outputs,
  lines: () => readonly string[],
): () => void {
  if (stderr.isTTY !== true) return showPlainly(lines, printError, patienceMs);
  const update = createLogUpdate(stderr);
  const show = (): void => update(lines().join('\n'));
  let renewing: NodeJS.Timeout | undefined;
  const waiting = setTimeout(() => {
    show();
    renewing = setInterval(show, renewMs);
  }, patienceMs);
  return () => {
    clearTimeout(waiting);
    if (renewing === undefined) return;
    clearInterval(renewing);
    show();
    update.done();
  };
}
