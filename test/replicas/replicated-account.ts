/** A simulated account that several processes of the service pull into one database, and what must be true afterwards. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import type { SimulatorSettings } from '../../src/simulator/simulator.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { watchBudget } from '../support/budget-witness.ts';
import { startProgram, type Environment, type Program } from '../support/program.ts';
import { waitUntil, withAccount, type PulledAccount } from '../support/pulled-account.ts';
import type { Query } from '../support/query.ts';
import { usualClassify } from '../support/stored-records.ts';
import { assertAllStored, storeTruth } from '../support/truth.ts';

const settleSeconds = 300;

/** A separate `serve`; its name is that of its connections. */
export type Replica = Program & { readonly name: string; readonly holder: string };

export type ReplicatedAccount = PulledAccount & {
  /** Starts a process of the service. `databaseUrl`: where it reaches the database, default directly. */
  readonly start: (name: string, databaseUrl?: string) => Replica;
  /** The replica that holds the lease of the access log; undefined while none of those does. */
  readonly findHolder: (replicas: readonly Replica[]) => Promise<Replica | undefined>;
  /** How many pages of the access log the replicas have stored, all together or one of them. */
  readonly countPages: (replica?: Replica) => Promise<number>;
  /** Waits until both logs are stored completely and every run has ended. */
  readonly whenComplete: () => Promise<void>;
  /**
   * Call it once both logs are complete. Fails unless the tables have exactly what Zendesk has, each page was stored by the
   * holder of the lease, and no minute had more requests than allowed.
   */
  readonly assertTrue: () => Promise<void>;
};

/** Long enough a backfill to be disturbed in the middle, short enough for the budget of one minute. */
export const oneMinuteAccount: SimulatorSettings = {
  // A day less than Zendesk keeps, so that no row expires while the test runs.
  accessLogDays: 89,
  accessLogRowsPerDay: 300,
  auditLogDays: 60,
  auditLogRowsPerDay: 20,
  answerMs: 250,
};

/** Runs `work` with an account of which nothing is stored yet. */
export async function withReplicas(
  simulatorSettings: SimulatorSettings,
  work: (account: ReplicatedAccount) => Promise<void>,
): Promise<void> {
  await withAccount(simulatorSettings, async (account) => {
    const { query, settings, databaseUrl } = account;
    const begun = new Date();
    await witnessPages(query);
    // Before there is anything to see: the simulator runs in this process.
    await storeTruths(account, begun);
    const budget = watchBudget(account.simulator);
    const replicas: Replica[] = [];
    const findHolder: ReplicatedAccount['findHolder'] = async (among) => {
      const [lease] = await query<{ holder: string }>(
        `select holder from zendesk_sync.leases
         where stream = 'access_logs' and expires_at > clock_timestamp()`,
      );
      return among.find(({ holder }) => holder === lease?.holder);
    };
    try {
      await work({
        ...account,
        start(name, url = databaseUrl) {
          const replica = startReplica(name, url, settings);
          replicas.push(replica);
          return replica;
        },
        findHolder,
        countPages: (replica) => countPages(query, replica),
        whenComplete: () => waitForEnd(query),
        async assertTrue() {
          const until = new Date(begun.getTime() - settleSeconds * 1000);
          await assertAllStored(query, until);
          await assertResourcesTrue(query, until);
          await assertHoldersWrote(query, replicas);
          budget.assertKept();
        },
      });
    } catch (error) {
      for (const { name, written } of replicas) console.error(`${name} wrote:\n${written()}`);
      throw error;
    } finally {
      for (const replica of replicas) replica.kill('SIGKILL');
      await Promise.allSettled(replicas.map(({ ended }) => ended));
    }
  });
}

/** Stops all replicas by a signal and fails unless each ends in good order. */
export async function stopAll(replicas: readonly Replica[]): Promise<void> {
  for (const replica of replicas) replica.kill('SIGTERM');
  for (const { ended, name } of replicas) {
    const { status, signal, stderr } = await ended;
    assert.deepEqual(
      { name, status, signal, stderr },
      { name, status: 0, signal: null, stderr: '' },
    );
  }
}

function startReplica(name: string, databaseUrl: string, settings: Environment): Replica {
  const url = new URL(databaseUrl);
  url.searchParams.set('application_name', name);
  // Each pulls once, at its start: all later work is taken over from another.
  const never = '0 0 29 2 *';
  const program = startProgram(['serve'], {
    ...settings,
    DATABASE_URL: url.href,
    SETTLE: `${settleSeconds / 60}m`,
    AUDIT_LOGS_SCHEDULE: never,
    ACCESS_LOGS_SCHEDULE: never,
    USERS_SCHEDULE: never,
  });
  return { ...program, name, holder: `${hostname()}:${program.pid}` };
}

/** Records for each stored page who stored it and who held the lease. */
async function witnessPages(query: Query): Promise<void> {
  await query(`create table public.page_writes (process text, holder text, stream text)`);
  await query(
    `create function public.note_page() returns trigger language plpgsql as $$
     begin
       insert into public.page_writes
       select current_setting('application_name'), l.holder, l.stream from zendesk_sync.leases l
       where l.account = new.account and l.stream = new.stream;
       return null;
     end $$`,
  );
  await query(
    `create trigger note_page after update on zendesk_sync.fetches
     for each row when (old.pages <> new.pages) execute function public.note_page()`,
  );
}

async function assertHoldersWrote(query: Query, replicas: readonly Replica[]): Promise<void> {
  const pages = await query<{ process: string; holder: string }>(
    'select distinct process, holder from public.page_writes order by process',
  );
  const holders = new Map(replicas.map(({ name, holder }) => [name, holder]));
  assert.deepEqual(
    pages,
    pages.map(({ process: name }) => ({ process: name, holder: holders.get(name) })),
  );
}

async function countPages(query: Query, replica?: Replica): Promise<number> {
  const [row] = await query<{ pages: number }>(
    `select count(*)::integer as pages from public.page_writes
     where stream = 'access_logs' and process = coalesce($1, process)`,
    [replica?.name],
  );
  return row?.pages ?? 0;
}

/** Each page is a fact of its own: with the wait for the budget, all of them together may take longer than one. */
async function waitForEnd(query: Query): Promise<void> {
  for (;;) {
    const pages = await countPages(query);
    await waitUntil(async () => (await isComplete(query)) || (await countPages(query)) > pages);
    if (await isComplete(query)) return;
  }
}

async function isComplete(query: Query): Promise<boolean> {
  const complete = await query(
    `select from zendesk_sync.status s
     where s.gaps = 0 and s.covered_until is not null and s.stream <> 'users'
       and exists (
         select from zendesk_sync.runs r
         where r.stream = s.stream and r.task = 'backfill' and r.outcome = 'complete'
           and r.id = (select max(id) from zendesk_sync.runs where stream = s.stream and task = 'backfill'))`,
  );
  return complete.length === 2;
}

async function storeTruths({ query, simulator }: PulledAccount, begun: Date): Promise<void> {
  await storeTruth(query, simulator, new Date(0), begun);
  await query(
    `create table public.true_resources (
       timestamp timestamptz, access_log_id text collate "C", position smallint, kind text, resource_type text,
       resource_id text, user_id bigint, status smallint, search_query text)`,
  );
  const columns = accessLogs.table.derived?.columns ?? [];
  let batch: object[] = [];
  const store = async (): Promise<void> => {
    await query(
      `insert into public.true_resources
       select * from json_populate_recordset(null::public.true_resources, $1::json)`,
      [JSON.stringify(batch)],
    );
    batch = [];
  };
  for (const record of simulator.records('access_logs', new Date(0), begun)) {
    for (const { id, row, derived } of readRecords(accessLogs, usualClassify, [record]))
      for (const values of derived)
        batch.push({
          timestamp: row['timestamp'],
          access_log_id: id,
          ...Object.fromEntries(columns.map((column, place) => [column, values[place]])),
        });
    if (batch.length > 5000) await store();
  }
  await store();
}

async function assertResourcesTrue(query: Query, until: Date): Promise<void> {
  const columns = `timestamp, access_log_id, position, kind, resource_type, resource_id, user_id, status, search_query`;
  const stored = `select ${columns} from zendesk.access_log_resources where timestamp < $1`;
  const told = `select ${columns} from public.true_resources where timestamp < $1`;
  const [found] = await query<{ rows: number; lost: number; invented: number }>(
    `select
       (select count(*) from (${told}) t)::integer as rows,
       (select count(*) from (${told} except all ${stored}) t)::integer as lost,
       (select count(*) from (${stored} except all ${told}) s)::integer as invented`,
    [until],
  );
  assert.ok((found?.rows ?? 0) > 1000);
  assert.deepEqual({ ...found, rows: 0 }, { rows: 0, lost: 0, invented: 0 });
}
