import { listLogs, streams } from '../src/streams/registry.ts';

/** A table that is partitioned, the column that it goes by, and how long the span of a partition is. */
export type PartitionedTable = {
  readonly name: string;
  readonly by: string;
  readonly every: 'month' | 'year';
};

/** The partitioned tables: those of the logs, and what is derived from them. drizzle does not know such tables. */
export const partitionedTables: readonly PartitionedTable[] = listLogs(streams).flatMap(
  ({ table: { name, time, partition, derived } }) => [
    { name, by: time, every: partition },
    ...(derived === undefined
      ? []
      : [{ name: derived.name, by: derived.key.time, every: partition }]),
  ],
);
