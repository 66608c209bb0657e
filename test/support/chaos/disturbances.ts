/** All disturbances. Each is one of the files beside this one; to add one, add its file and a line here. */
import type { Disturbance } from './disturbance.ts';
import { databaseClock, localClock, zendeskClock } from './disturbances/clocks.ts';
import { failover } from './disturbances/failover.ts';
import { kill } from './disturbances/kill.ts';
import { one403 } from './disturbances/one-403.ts';
import {
  detachedPartition,
  droppedPartition,
  truncatedPartition,
} from './disturbances/partitions.ts';
import { poisonRecord } from './disturbances/poison-record.ts';
import { backend, checkpointer, postmaster } from './disturbances/postgres-processes.ts';
import { silentConnections } from './disturbances/silent-connections.ts';

/** In the order of the list. */
export const disturbances: readonly [Disturbance, ...Disturbance[]] = [
  kill,
  backend,
  checkpointer,
  postmaster,
  failover,
  silentConnections,
  droppedPartition,
  detachedPartition,
  truncatedPartition,
  localClock,
  databaseClock,
  zendeskClock,
  poisonRecord,
  one403,
];
