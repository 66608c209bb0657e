/** All metrics of a process: what it counts itself, and what the ledger says at the moment of the question. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { LedgerMeasures } from './ledger-measures.ts';
import { createLedgerGauges } from './ledger-metrics.ts';
import { createEventCounter, prefix, type Build, type EventCounter } from './process-metrics.ts';

export type Metrics = EventCounter & {
  /** Lets the counters of a scheduled report begin at 0. */
  introduceReport(account: string, report: string): void;
  /** Counts a scheduled report that was written or failed. */
  countReport(account: string, report: string, outcome: ReportOutcome): void;
  readonly contentType: string;
  /** The text for Prometheus; without the gauges of the ledger when `measures` is undefined: the database is away. */
  render(measures: LedgerMeasures | undefined): Promise<string>;
};

/** How the writing of a scheduled report ended. */
type ReportOutcome = 'written' | 'failed';

/** What is known of the schedules of the process. */
export type Schedules = {
  /** The names of those that did not tick at their time. */
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
    async render(measures) {
      databaseUp.set(measures === undefined ? 0 : 1);
      overdue.set(schedules.listOverdue().length);
      if (measures === undefined) return own.metrics();
      setLedger(measures);
      return (await Promise.all([own.metrics(), ledger.metrics()])).join('');
    },
  };
}
