/**
 * A place in the database at which statements wait until a test lets them continue, so that an interleaving is certain and
 * not a matter of luck. A trigger, made for the test, waits there for an advisory lock that the test holds.
 */
import { Client } from 'pg';
import { waitUntil } from './pulled-account.ts';
import { withClient, type Query } from './query.ts';

/** Which statements wait: before a kind of change of a table; with `like`, only those whose text matches. */
export type BarrierPlace = {
  readonly before: 'insert' | 'update';
  readonly table: string;
  readonly like?: string;
};

export type Barrier = {
  /** Resolves when so many statements of this database wait, at the barrier or for one that waits there. */
  waiting(statements: number): Promise<void>;
  /** Lets all statements continue from now on. */
  open(): Promise<void>;
};

/** Any number that no other program is likely to use: the letters "zltb". */
const lock = 0x7a6c7462;

/** Sets up a barrier for the duration of `work`. */
export async function withBarrier(
  url: string,
  { before, table, like = '%' }: BarrierPlace,
  work: (barrier: Barrier) => Promise<void>,
): Promise<void> {
  const holder = new Client({ connectionString: url });
  await holder.connect();
  try {
    await withClient(url, async (query) => {
      await holder.query('select pg_advisory_lock($1)', [lock]);
      await query(
        `create function public.wait_at_barrier() returns trigger language plpgsql as $$
         begin
           if current_query() like '${like}' then
             perform pg_advisory_xact_lock_shared(${lock});
           end if;
           return null;
         end $$;
         create trigger barrier before ${before} on ${table} for each statement execute function public.wait_at_barrier()`,
      );
      await work({
        waiting: (statements) => waitUntil(async () => (await countWaiting(query)) >= statements),
        open: async () => void (await holder.query('select pg_advisory_unlock($1)', [lock])),
      });
    });
  } finally {
    await holder.end();
  }
}

async function countWaiting(query: Query): Promise<number> {
  const [found] = await query<{ waiting: number }>(
    `select count(*)::integer as waiting from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return found?.waiting ?? 0;
}
