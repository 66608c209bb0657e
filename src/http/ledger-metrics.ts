/** The ledger as gauges: the same in every process. */
import { Gauge, type Registry } from 'prom-client';
import { refusesLogin } from '../errors.ts';
import { createArchiveGauges } from './archive-metrics.ts';
import type { DatabaseMeasures, LedgerMeasures, StreamMeasures } from './ledger-measures.ts';
import { prefix } from './process-metrics.ts';
import { createMessageGauges } from './message-metrics.ts';
import { createVerificationGauges } from './verification-metrics.ts';

/** A gauge for each stream: its name, its help, and its value; null for a stream without one. */
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
    'last_reconcile_timestamp_seconds',
    'When the log was last compared with what Zendesk shows; 0 if it never was.',
    ({ lastReconcile }) => lastReconcile,
  ],
  [
    'reconcile_differences',
    'Records that this comparison found missing here, missing there, or different.',
    ({ reconcileDifferences }) => reconcileDifferences,
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

/** Adds the gauges to a registry. The returned function sets them all to what was measured in each database. */
export function createLedgerGauges(registry: Registry): (all: readonly DatabaseMeasures[]) => void {
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
  const setVerifications = createVerificationGauges(registry);
  const setArchive = createArchiveGauges(registry);
  const setSizes = createSizeGauges(registry);
  const setMessages = createMessageGauges(registry);
  const anchorAge = gauge(
    'anchor_age_seconds',
    'Time since a checkpoint of the sealed log was last brought to a place outside, or since it is tried.',
    ['account', 'kind', 'place'],
  );
  const anchorFailures = gauge(
    'anchor_failures',
    'Times that bringing a checkpoint there has failed since it last succeeded.',
    ['account', 'kind', 'place'],
  );

  const set = (measured: LedgerMeasures, of: { readonly database?: string }): void => {
    const { streams, late, verifications, messages, archive, anchors } = measured;
    for (const measures of streams) {
      const { account, stream } = measures;
      for (const { gauge: target, read } of perStream) {
        const value = read(measures);
        if (value !== null) target.set({ account, stream }, value);
      }
    }
    for (const { account, stream, ageSeconds, rows } of late)
      lateRows.set({ account, stream, age_seconds: ageSeconds }, rows);
    setVerifications(verifications);
    setMessages(messages);
    setArchive(archive, of);
    for (const { account, kind, place, age_seconds: age, failures } of anchors) {
      anchorAge.set({ account, kind, place }, age);
      anchorFailures.set({ account, kind, place }, failures);
    }
    setSizes(measured, of);
  };
  return (all) => {
    // Values that were deleted from the ledger since must not stay.
    registry.resetMetrics();
    for (const { database, measures } of all)
      if (measures !== undefined) set(measures, database === undefined ? {} : { database });
  };
}

/** The gauges of whole databases. */
function createSizeGauges(
  registry: Registry,
): (measures: LedgerMeasures, of: { readonly database?: string }) => void {
  const registers = [registry];
  const partitionsAhead = new Gauge({
    name: `${prefix}partitions_ahead`,
    help: 'Partitions that begin after now; 0 when the next one is missing.',
    labelNames: ['table', 'database'],
    registers,
  });
  const tableSize = new Gauge({
    name: `${prefix}table_size_bytes`,
    help: 'Size with indexes and partitions.',
    labelNames: ['table', 'database'],
    registers,
  });
  const databaseSize = new Gauge({
    name: `${prefix}database_size_bytes`,
    help: 'Size of the whole database.',
    labelNames: ['database'],
    registers,
  });
  return ({ tables, databaseBytes }, of) => {
    for (const { table, bytes, partitionsAhead: ahead } of tables) {
      tableSize.set({ table, ...of }, bytes);
      if (ahead !== null) partitionsAhead.set({ table, ...of }, ahead);
    }
    databaseSize.set(of, databaseBytes);
  };
}
