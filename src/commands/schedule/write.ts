/** Writes one scheduled report for one of its times, unless another process does. */
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Database } from '../../database/client.ts';
import { explainError } from '../../errors.ts';
import { describeHolder } from '../../ingest/session.ts';
import type { Log } from '../../logger.ts';
import { nameReportFile } from '../../reports/schedule/file-name.ts';
import {
  finishReport,
  renewalMs,
  renewReport,
  returnReport,
  takeReport,
} from '../../reports/schedule/ledger.ts';
import type { ReportScope } from '../../reports/shared/report.ts';
import type { Times } from '../../scheduler.ts';
import { openForReports } from '../archive/reading.ts';
import { writeReportFile } from '../report/run.ts';
import type { Session } from '../session.ts';
import type { ScheduledReport } from './read.ts';

/** What the writing of reports needs from the service. */
export type ReportWriting = {
  readonly sessions: readonly Session[];
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called for each report that was written or failed. */
  readonly count: (account: string, report: string, outcome: 'written' | 'failed') => void;
};

/** A report with a time for which it must still be written, by this process or another one. */
type PendingReport = {
  readonly report: ScheduledReport;
  readonly times: Times;
  readonly due: Date;
};

/** Writes a report, unless another process does. @returns whether it is done */
export async function writeScheduled(
  db: Database,
  { report, times, due }: PendingReport,
  writing: ReportWriting,
): Promise<boolean> {
  const { log, signal, count } = writing;
  const { account, name } = report;
  const key = { account, report: name };
  const holder = describeHolder();
  const taken = await takeReport(db, key, { due, next: times.next(), holder });
  if (taken !== 'taken') return taken === 'done';
  const renewal = setInterval(() => {
    // After a failed renewal the next one may succeed; without any, another process takes the report.
    renewReport(db, key, holder).catch(() => {});
  }, renewalMs);
  try {
    const written = await make(db, report, due, writing);
    await finishReport(db, key, holder, written);
    log.info({ account, report: name, ...written }, 'report written');
    count(account, name, 'written');
  } catch (error) {
    if (signal.aborted) {
      await returnReport(db, key, holder).catch(() => {});
      return false;
    }
    const sentence = explainError(error);
    log.error({ account, report: name, err: error }, sentence);
    count(account, name, 'failed');
    await finishReport(db, key, holder, { error: sentence });
  } finally {
    clearInterval(renewal);
  }
  return true;
}

async function make(
  db: Database,
  { account, name, format, ending, directory, prepare }: ScheduledReport,
  due: Date,
  { sessions, signal }: ReportWriting,
): Promise<{ readonly file: string; readonly rows: number }> {
  const prepared = prepare(due);
  const { timeZone } = prepared.choices;
  const now = new Date();
  const session = sessions.find(({ engine }) => engine.account === account);
  if (session === undefined) throw new Error('A report is about an account that is not followed.');
  const archive = openForReports(session.config, signal);
  const scope: ReportScope = { db, account, now, timeZone, archive };
  const content = await (prepared.source === 'zendesk'
    ? prepared.build(scope, { zendesk: session.engine.zendesk, signal })
    : prepared.build(scope));
  const { span } = prepared;
  const file = join(directory, nameReportFile({ account, name, span, due, timeZone, ending }));
  await removePartial(file);
  const report = { ...content, account, generatedAt: now, timeZone };
  return { file, rows: await writeReportFile(report, { format, path: file, signal }) };
}

/** A temporary file that a killed process has left: only the process with the claim writes, so it can be removed. */
async function removePartial(file: string): Promise<void> {
  const folder = dirname(file);
  const left = new RegExp(
    `^${RegExp.escape(basename(file))}(\\.about\\.json)?\\.[0-9a-f]{8}\\.partial$`,
  );
  for (const name of await readdir(folder).catch(() => []))
    if (left.test(name)) await rm(join(folder, name), { force: true });
}
