/** All metrics of a process: what it counts itself, and what the ledger says at the moment of the question. */
import { Gauge, Registry } from 'prom-client';
import type { LedgerMeasures } from './ledger-measures.ts';
import { createLedgerGauges } from './ledger-metrics.ts';
import { createEventCounter, prefix, type Build, type EventCounter } from './process-metrics.ts';

export type Metrics = EventCounter & {
  readonly contentType: string;
  /** The text for Prometheus; without the gauges of the ledger when `measures` is undefined: the database is away. */
  render(measures: LedgerMeasures | undefined): Promise<string>;
};

/** Creates the metrics of this process. */
export function createMetrics(build: Build): Metrics {
  const own = new Registry();
  const ledger = new Registry();
  const events = createEventCounter(own, build);
  const databaseUp = new Gauge({
    name: `${prefix}database_up`,
    help: '0 while the database cannot be asked; the gauges of the ledger are left out meanwhile.',
    registers: [own],
  });
  const setLedger = createLedgerGauges(ledger);
  return {
    ...events,
    contentType: own.contentType,
    async render(measures) {
      databaseUp.set(measures === undefined ? 0 : 1);
      if (measures === undefined) return own.metrics();
      setLedger(measures);
      return (await Promise.all([own.metrics(), ledger.metrics()])).join('');
    },
  };
}
