/** Has the scheduled reports written at their times, as long as the service runs. */
import { longLimitMs, openDatabase, type Database } from '../../database/client.ts';
import { explainError } from '../../errors.ts';
import { registerReport } from '../../reports/schedule/ledger.ts';
import { listTimes, type Scheduler, type Times } from '../../scheduler.ts';
import type { ScheduledReport } from './read.ts';
import { writeScheduled, type PendingReport, type ReportWriting } from './write.ts';

/** What the keeping of reports needs of its service. */
type ReportKeeping = ReportWriting & {
  /** Address of the database; secret. */
  readonly url: string;
  readonly scheduler: Scheduler;
};

/** One for the rows, one for what is asked beside them. */
const connections = 2;
/** So often it is looked whether another process has left a report unwritten. */
const watchMs = 5000;

/**
 * Writes the reports at their times, and at once those whose last time has passed while nothing ran. The function it returns
 * waits for what still runs after the signal.
 */
export function keepReports(
  reports: readonly ScheduledReport[],
  keeping: ReportKeeping,
): () => Promise<void> {
  if (reports.length === 0) return async () => {};
  const { url, scheduler, signal } = keeping;
  const db = openDatabase({ url, connections, signal, queryTimeoutMs: longLimitMs });
  const list = createList(db, reports, keeping);
  let running: Promise<void> | undefined;
  const wake = (): void => {
    if (!signal.aborted) running ??= list.work().finally(() => (running = undefined));
  };
  const ends = list.entries.map(({ report, add }) =>
    scheduler.start(
      `${report.account} report ${report.name}`,
      report.when,
      () => {
        add(new Date());
        wake();
      },
      report.timeZone,
    ),
  );
  const watch = setInterval(() => {
    if (list.isOpen()) wake();
  }, watchMs).unref();
  wake();
  return async () => {
    for (const end of ends) end();
    clearInterval(watch);
    await running;
    await db.close();
  };
}

/** What is to be written, and the work on it. */
type ReportList = {
  /** The reports; `add` says that the time of one has come. */
  readonly entries: readonly {
    readonly report: ScheduledReport;
    readonly add: (now: Date) => void;
  }[];
  /** Whether something has still to be written or to be looked up. */
  isOpen(): boolean;
  /** Writes what is to be written, one after the other: a report may need much of the database. */
  work(): Promise<void>;
};

function createList(
  db: Database,
  reports: readonly ScheduledReport[],
  writing: ReportWriting,
): ReportList {
  const { log, signal } = writing;
  const pending = new Map<ScheduledReport, PendingReport>();
  const unknown = new Map(
    reports.map((report) => [report, listTimes(report.when, report.timeZone ?? 'UTC')] as const),
  );
  const entries = [...unknown].map(([report, times]) => ({
    report,
    add: (now: Date): void =>
      void pending.set(report, { report, times, due: times.last(now) ?? now }),
  }));
  let told = '';

  async function workThrough(): Promise<void> {
    for (const [report, times] of unknown) {
      if (signal.aborted) return;
      const due = await findMissed(db, report, times, new Date());
      if (due !== undefined && !pending.has(report)) pending.set(report, { report, times, due });
      unknown.delete(report);
    }
    for (const each of pending.values()) {
      if (signal.aborted) return;
      const isDone = await writeScheduled(db, each, writing);
      if (isDone && pending.get(each.report) === each) pending.delete(each.report);
    }
  }

  return {
    entries,
    isOpen: () => pending.size > 0 || unknown.size > 0,
    async work() {
      try {
        await workThrough();
        told = '';
      } catch (error) {
        // The database is away: said once, and tried again.
        const sentence = explainError(error);
        if (!signal.aborted && sentence !== told) log.error({ err: error }, sentence);
        told = sentence;
      }
    },
  };
}

/** The time for which a report has to be made up for: one that was begun and left, or the last one that has passed. */
async function findMissed(
  db: Database,
  report: ScheduledReport,
  times: Times,
  now: Date,
): Promise<Date | undefined> {
  const { account, name, when, timeZone } = report;
  const schedule = `${when} ${timeZone ?? 'UTC'}`;
  const key = { account, report: name };
  const state = await registerReport(db, key, schedule, now, times.next());
  if (state.next_due_at <= now) {
    const last = times.last(now);
    if (last !== undefined && last > state.due_at) return last;
  }
  return state.finished_at === null ? state.due_at : undefined;
}
