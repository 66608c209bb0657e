/** The ledger as gauges: the same whichever process is asked. */
import { Gauge, type Registry } from 'prom-client';
import { refusesLogin } from '../errors.ts';
import type { LedgerMeasures, StreamMeasures } from './ledger-measures.ts';
import { prefix } from './process-metrics.ts';

/** A gauge a stream: its name, its help, and its value; null for a stream that has none. */
const streamGauges: readonly (readonly [
  name: string,
  help: string,
  read: (measures: StreamMeasures) => number | null,
])[] = [
  [
    'last_success_timestamp_seconds',
    'End of the last run that completed, of any task.',
    ({ lastSuccess }) => lastSuccess,
  ],
  [
    'covered_until_timestamp_seconds',
    'The watermark: everything up to this moment is stored.',
    ({ coveredUntil }) => coveredUntil,
  ],
  [
    'newest_record_timestamp_seconds',
    'Time of the newest stored record.',
    ({ newestRecord }) => newestRecord,
  ],
  [
    'retention_headroom_seconds',
    'Time until Zendesk deletes the oldest moment that is not stored.',
    ({ headroom }) => headroom,
  ],
  ['gaps', 'Time ranges that are not stored yet.', ({ gaps }) => gaps],
  ['gap_seconds', 'Total length of the gaps.', ({ gapSeconds }) => gapSeconds],
  [
    'quarantined_records',
    'Records in quarantine because they could not be stored.',
    ({ quarantined }) => quarantined,
  ],
  [
    'lost_rows',
    'Rows that were stored, were removed by hand, and are not back.',
    ({ lostRows }) => lostRows,
  ],
  [
    'last_loss_timestamp_seconds',
    'When the newest of these losses was noticed; 0 while there is none.',
    ({ lastLoss }) => lastLoss,
  ],
  [
    'backfill_progress_ratio',
    'Stored share of the time from the horizon to the newest covered moment.',
    ({ backfillShare }) => backfillShare,
  ],
  [
    'stream_available',
    '0 while Zendesk refuses the stream: plan, add-on, role, scope or switch.',
    ({ available }) => Number(available),
  ],
  [
    'authorized',
    '0 when the last run failed because the credentials were refused.',
    ({ lastFailure }) => Number(lastFailure === null || !refusesLogin(lastFailure)),
  ],
  ['lease_held', '1 while a process holds the stream.', ({ leaseHeld }) => Number(leaseHeld)],
  [
    'lease_token',
    'Number of times that a process took the lease on the stream.',
    ({ leaseToken }) => leaseToken,
  ],
];

/** Adds the gauges to a registry. The function it returns sets them all to what was measured. */
export function createLedgerGauges(registry: Registry): (measures: LedgerMeasures) => void {
  const registers = [registry];
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Gauge<Label> => new Gauge({ name: `${prefix}${name}`, help, labelNames, registers });

  const perStream = streamGauges.map(([name, help, read]) => ({
    gauge: gauge(name, help, ['account', 'stream']),
    read,
  }));
  const lateRows = gauge(
    'late_rows',
    'New records that were found by reading covered time again, by its age at that time.',
    ['account', 'stream', 'age_seconds'],
  );
  const partitionsAhead = gauge(
    'partitions_ahead',
    'Partitions that begin after now; 0 when the next one is missing.',
    ['table'],
  );
  const tableSize = gauge('table_size_bytes', 'Size with indexes and partitions.', ['table']);
  const databaseSize = gauge('database_size_bytes', 'Size of the whole database.', []);

  return ({ streams, late, tables, databaseBytes }) => {
    // What was deleted from the ledger since must not stay.
    registry.resetMetrics();
    for (const measures of streams) {
      const { account, stream } = measures;
      for (const { gauge: target, read } of perStream) {
        const value = read(measures);
        if (value !== null) target.set({ account, stream }, value);
      }
    }
    for (const { account, stream, ageSeconds, rows } of late)
      lateRows.set({ account, stream, age_seconds: ageSeconds }, rows);
    for (const { table, bytes, partitionsAhead: ahead } of tables) {
      tableSize.set({ table }, bytes);
      if (ahead !== null) partitionsAhead.set({ table }, ahead);
    }
    databaseSize.set(databaseBytes);
  };
}
