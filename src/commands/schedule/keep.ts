/** Writes the scheduled reports at their times, as long as the service runs. */
import type { Database } from '../../database/client.ts';
import { registerReport } from '../../reports/schedule/ledger.ts';
import type { Times } from '../../scheduler.ts';
import type { ScheduledReport } from './read.ts';
import { keepTasks, type TaskKeeping } from './timed-tasks.ts';
import { writeScheduled, type ReportWriting } from './write.ts';

/** Writes the reports at their times, as `keepTasks` does its tasks. */
export function keepReports(
  reports: readonly ScheduledReport[],
  keeping: ReportWriting & TaskKeeping,
): () => Promise<void> {
  const tasks = reports.map((report) => ({
    name: `${report.account} report ${report.name}`,
    expression: report.when,
    timeZone: report.timeZone,
    findMissed: (db: Database, times: Times) => findMissed(db, report, times, new Date()),
    perform: (db: Database, due: Date, times: Times) =>
      writeScheduled(db, { report, times, due }, keeping),
  }));
  return keepTasks(tasks, keeping);
}

/** The missed time for which a report must still be written: one that was begun and abandoned, or the last one that has passed. */
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
