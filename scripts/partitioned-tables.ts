import { findingsTable } from '../src/database/partitions.ts';
import { listLogs, streams } from '../src/streams/registry.ts';

/** A partitioned table, its partition column, and the span of a partition. */
export type PartitionedTable = {
  readonly name: string;
  readonly by: string;
  readonly every: 'month' | 'year';
};

/** The partitioned tables: those of the logs, the derived ones, and the findings. drizzle does not support such tables. */
export const partitionedTables: readonly PartitionedTable[] = [
  ...listLogs(streams).flatMap(({ table: { name, time, partition, derived } }) => [
    { name, by: time, every: partition },
    ...(derived === undefined
      ? []
      : [{ name: derived.name, by: derived.key.time, every: partition }]),
  ]),
  { name: findingsTable.name, by: findingsTable.time, every: findingsTable.partition },
];
