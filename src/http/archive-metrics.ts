/** The archive as gauges. */
import { Gauge, type Registry } from 'prom-client';
import type { ArchiveMeasures } from './archive-measures.ts';
import { prefix } from './process-metrics.ts';

/** Adds the gauges to a registry. The returned function sets them to the measured values. */
export function createArchiveGauges(
  registry: Registry,
): (measures: ArchiveMeasures, of: { readonly database?: string }) => void {
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Gauge<Label> =>
    new Gauge({ name: `${prefix}${name}`, help, labelNames, registers: [registry] });
  const rows = gauge('archived_rows', 'Rows that are in the archive and not in the table.', [
    'account',
    'stream',
  ]);
  const bytes = gauge('archived_bytes', 'Size of their objects.', ['account', 'stream']);
  const objects = gauge('archived_objects', 'Number of their objects.', ['account', 'stream']);
  const lastRun = gauge(
    'archive_last_run_timestamp_seconds',
    'End of the last run of the archive that ended well; 0 before the first.',
    ['database'],
  );
  const failures = gauge(
    'archive_failures',
    'Runs of the archive that have failed, or whose process died, since one ended well.',
    ['database'],
  );
  return (measures, of) => {
    for (const { account, stream, ...own } of measures.logs) {
      rows.set({ account, stream }, own.rows);
      bytes.set({ account, stream }, own.bytes);
      objects.set({ account, stream }, own.objects);
    }
    lastRun.set(of, measures.lastRun);
    failures.set(of, measures.failures);
  };
}
