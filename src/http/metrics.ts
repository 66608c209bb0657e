/** All metrics of a process: its own counters, and the values of the ledger at the moment of the scrape. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { DatabaseMeasures } from './ledger-measures.ts';
import { createLedgerGauges } from './ledger-metrics.ts';
import { createEventCounter, prefix, type Build, type EventCounter } from './process-metrics.ts';

export type Metrics = EventCounter & {
  /** Starts the counters of a scheduled report at 0. */
  introduceReport(account: string, report: string): void;
  /** Counts a scheduled report that was written or failed. */
  countReport(account: string, report: string, outcome: ReportOutcome): void;
  readonly contentType: string;
  /** The text for Prometheus; without the gauges of the ledger of a database that is unavailable. */
  render(all: readonly DatabaseMeasures[]): Promise<string>;
};

/** The result of writing a scheduled report. */
type ReportOutcome = 'written' | 'failed';

/** The state of the process's schedules. */
export type Schedules = {
  /** The names of those that did not tick in time. */
  listOverdue(): readonly string[];
};

const noSchedules: Schedules = { listOverdue: () => [] };

/** Creates the metrics of this process. */
export function createMetrics(build: Build, schedules: Schedules = noSchedules): Metrics {
  const own = new Registry();
  const ledger = new Registry();
  const events = createEventCounter(own, build);
  const reports = new Counter({
    name: `${prefix}reports_total`,
    help: 'Scheduled reports (REPORTS_FILE) by how their writing ended.',
    labelNames: ['account', 'report', 'outcome'],
    registers: [own],
  });
  const databaseUp = new Gauge({
    name: `${prefix}database_up`,
    help: '0 while the database cannot be queried; the gauges of the ledger are left out during that time.',
    labelNames: ['database'],
    registers: [own],
  });
  const overdue = new Gauge({
    name: `${prefix}schedules_overdue`,
    help: 'Schedules that are more than a minute overdue; normally 0.',
    registers: [own],
  });
  const setLedger = createLedgerGauges(ledger);
  return {
    ...events,
    introduceReport(account, report) {
      for (const outcome of ['written', 'failed'] as const)
        reports.inc({ account, report, outcome }, 0);
    },
    countReport: (account, report, outcome) => reports.inc({ account, report, outcome }),
    contentType: own.contentType,
    async render(all) {
      for (const { database, measures } of all)
        databaseUp.set(database === undefined ? {} : { database }, measures === undefined ? 0 : 1);
      overdue.set(schedules.listOverdue().length);
      if (all.every(({ measures }) => measures === undefined)) return own.metrics();
      setLedger(all);
      return (await Promise.all([own.metrics(), ledger.metrics()])).join('');
    },
  };
}
