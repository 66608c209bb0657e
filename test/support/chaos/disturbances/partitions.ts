/** What people do by hand with partitions. */
import type { Disturbance, World } from '../disturbance.ts';

/** As if somebody needed disk space. */
export const droppedPartition: Disturbance = {
  name: 'dropped-partition',
  deed: 'someone drops a partition that has rows',
  passes: false,
  takesRows: true,
  strike: (world) => change(world, ({ partition }) => `drop table ${partition}`),
};

/** As if somebody archived it. */
export const detachedPartition: Disturbance = {
  name: 'detached-partition',
  deed: 'someone detaches a partition that has rows',
  passes: false,
  takesRows: true,
  strike: (world) =>
    change(world, ({ log, partition }) => `alter table ${log} detach partition ${partition}`),
};

/** As if somebody started again from the beginning. */
export const truncatedPartition: Disturbance = {
  name: 'truncated-partition',
  deed: 'someone truncates a partition that has rows',
  passes: false,
  takesRows: true,
  strike: (world) => change(world, ({ partition }) => `truncate ${partition}`),
};

type Found = { readonly log: string; readonly partition: string };

async function change(
  { query, random }: World,
  statement: (found: Found) => string,
): Promise<void> {
  const found = await query<Found>(
    `select log, partition from (
       select 'zendesk.audit_logs' as log, tableoid::regclass::text as partition from zendesk.audit_logs group by tableoid
       union all
       select 'zendesk.access_logs', tableoid::regclass::text from zendesk.access_logs group by tableoid
     ) as filled order by partition`,
  );
  const chosen = found[random.below(Math.max(1, found.length))];
  if (chosen !== undefined) await query(statement(chosen));
}
