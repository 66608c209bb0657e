/** Holders of a lease that are found in the middle of their work, stopped there, and replaced. */
import assert from 'node:assert/strict';
import { waitUntil } from '../support/pulled-account.ts';
import { withClient } from '../support/query.ts';
import type { Replica, ReplicatedAccount } from './replicated-account.ts';

/** A holder that is dead or frozen keeps its lease for so long at most. */
const leaseMs = 15_000;
/** Requests after which a holder is in the middle of its backfill. */
const inTheMiddle = 6;

/**
 * Waits until one of the replicas has stored pages of its backfill and waits for the next answer, which keeps it there for
 * almost as long as it would wait, or as is said. Returns it.
 */
export async function findBusy(
  { simulator, findHolder, countPages }: ReplicatedAccount,
  replicas: readonly Replica[],
  keptThereMs = 55_000,
): Promise<Replica> {
  const former = simulator.requests().length;
  simulator.addFault({
    kind: 'slow',
    stream: 'access_logs',
    after: inTheMiddle,
    ms: keptThereMs,
  });
  let busy: Replica | undefined;
  await waitUntil(async () => {
    const kept = simulator
      .requests()
      .slice(former)
      .some(({ fault }) => fault === 'slow');
    busy = kept ? await findHolder(replicas) : undefined;
    return busy !== undefined && (await countPages(busy)) >= inTheMiddle / 2;
  });
  return busy ?? assert.fail('nobody holds the lease');
}

/** Waits until a replica other than the previous holder stores pages. Returns it. */
export async function findSuccessor(
  { query, findHolder, countPages }: ReplicatedAccount,
  replicas: readonly Replica[],
  former: Replica,
): Promise<Replica> {
  const [lease] = await query<{ leftMs: number }>(
    `select (extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as "leftMs"
     from zendesk_sync.leases where stream = 'access_logs'`,
  );
  assert.ok((lease?.leftMs ?? Infinity) <= leaseMs, `the lease lasts ${lease?.leftMs} ms more`);
  const others = replicas.filter((replica) => replica !== former);
  let successor: Replica | undefined;
  await waitUntil(async () => {
    successor = await findHolder(others);
    return successor !== undefined && (await countPages(successor)) > 0;
  });
  return successor ?? assert.fail('nobody took over');
}

/** Stops a process at a moment without an open transaction. */
export async function stopBetween({ query }: ReplicatedAccount, holder: Replica): Promise<void> {
  await waitUntil(async () => {
    holder.kill('SIGSTOP');
    const open = await query(
      `select from pg_stat_activity where application_name = $1 and xact_start is not null`,
      [holder.name],
    );
    if (open.length > 0) holder.kill('SIGCONT');
    return open.length === 0;
  });
}

/**
 * Stops a process that has sent a COPY, which has to wait for a lock meanwhile. If its lines have been sent with everything
 * behind them, the transaction then ends without it.
 */
export async function stopWithinCopy(
  { databaseUrl, query }: ReplicatedAccount,
  holder: Replica,
): Promise<void> {
  const copying = (state: string): Promise<object[]> =>
    query(
      `select from pg_stat_activity
       where application_name = $1 and query ilike 'copy zendesk.access_log%' and state = 'active' and ${state}`,
      [holder.name],
    );
  await withClient(databaseUrl, async (other) => {
    await other('begin');
    await other('lock table zendesk.access_log_resources in share mode');
    await waitUntil(async () => (await copying(`wait_event_type = 'Lock'`)).length > 0);
    holder.kill('SIGSTOP');
    await other('rollback');
  });
  await waitUntil(async () => {
    const open = await query(
      `select from pg_stat_activity where application_name = $1 and xact_start is not null`,
      [holder.name],
    );
    return open.length === 0 || (await copying(`wait_event = 'ClientRead'`)).length > 0;
  });
}
