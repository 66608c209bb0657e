/** A run in the ledger: its start, its end, and whether the database has what it stored. */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../database/client.ts';
import type { ErrorCode } from '../errors.ts';
import type { StreamKey } from './coverage.ts';
import type { RunCounts, RunOutcome, Task } from './events.ts';
import type { Fetch } from './fetch.ts';
import { changedHistory, type Lease } from './lease.ts';

/** The record of a run. In another history of the database its number may be that of another run; its mark is its own. */
export type Run = StreamKey & {
  readonly run: string;
  readonly mark: string;
  readonly task: Task;
  readonly holder: string;
  readonly openedMs: number;
};

/** What a run has stored: the fetches that it completed, and the pages of a listing under its lease. */
export type Stored = {
  readonly fetches: readonly Pick<Fetch, 'fetch' | 'mark'>[];
  readonly listing?: { readonly lease: Lease; readonly steps: number };
};

/** Records the start of a run, once: the statement is repeated when its answer was lost, and finds the run by its mark. */
export async function openRun(
  db: Queryable,
  { account, stream }: StreamKey,
  task: Task,
  holder: string,
): Promise<Run> {
  const mark = randomUUID();
  const [row] = await db.query<Pick<Run, 'run'>>(
    `with newest as (
       select id, mark from zendesk_sync.runs where account = $1 and stream = $2 and task = $3 order by id desc limit 1
     ),
     opened as (
       insert into zendesk_sync.runs (account, stream, task, holder, mark)
       select $1, $2, $3, $4, $5::uuid where not exists (select from newest where mark = $5::uuid)
       returning id
     )
     select id::text as run from opened union all select id::text from newest where mark = $5::uuid`,
    [account, stream, task, holder, mark],
  );
  if (row === undefined) throw new Error('The new run was not recorded.');
  return { ...row, mark, account, stream, task, holder, openedMs: performance.now() };
}

/** Why a run did not complete: the code, and a sentence for the operator. */
export type RunFailure = { readonly code: ErrorCode; readonly error: string };

/**
 * Records the end of a run. A run can be complete only if the database has everything it stored; for any other run the
 * record is created again if the database has lost its start.
 *
 * @throws {KnownError} `history_changed` when the database does not have what a complete run has stored
 */
export async function closeRun(
  db: Queryable,
  run: Run,
  outcome: RunOutcome,
  counts: RunCounts,
  failure: RunFailure | undefined,
  stored: Stored = { fetches: [] },
): Promise<void> {
  const { requests, new: fresh, changed, late } = counts;
  const end = [
    outcome,
    failure?.code ?? null,
    failure?.error ?? null,
    requests,
    fresh,
    changed,
    late,
  ];
  const [closed] = await db.query(close, [
    run.run,
    run.mark,
    ...end,
    ...proofOf(stored),
    run.account,
  ]);
  if (closed !== undefined) return;
  if (outcome === 'complete') throw changedHistory(run);
  const { account, stream, task, holder, openedMs, mark } = run;
  await db.query(record, [
    account,
    stream,
    task,
    holder,
    mark,
    performance.now() - openedMs,
    ...end,
  ]);
}

// The proof is in the same snapshot as what it proves.
const close = `update zendesk_sync.runs
  set ended_at = clock.at, outcome = $3, error_code = $4, error = $5, requests = $6, rows_new = $7, rows_changed = $8,
    rows_late = $9
  from (select now() as at) as clock
  where account = $14 and id = $1::bigint and mark = $2::uuid
    and cardinality($10::bigint[]) = (
      select count(*)
      from unnest($10::bigint[], $11::uuid[]) as stored (id, mark)
      join zendesk_sync.fetches f on f.account = $14 and f.id = stored.id and f.mark = stored.mark and f.outcome = 'complete'
    )
    and ($12::uuid is null or exists (select from zendesk_sync.leases l where l.account = $14 and l.mark = $12::uuid and l.steps = $13::integer))
  returning 1`;

const record = `insert into zendesk_sync.runs
    (account, stream, task, holder, mark, started_at, ended_at, outcome, error_code, error, requests, rows_new,
      rows_changed, rows_late)
  values ($1, $2, $3, $4, $5::uuid, now() - make_interval(secs => $6::float8 / 1000), now(), $7, $8, $9, $10, $11, $12, $13)`;

function proofOf({ fetches, listing }: Stored): readonly unknown[] {
  return [
    fetches.map(({ fetch }) => fetch),
    fetches.map(({ mark }) => mark),
    listing?.lease.mark ?? null,
    listing?.steps ?? null,
  ];
}

/** Whether the database has the end of each of these complete runs of an account, and so everything before it. */
export async function areRecorded(
  db: Queryable,
  account: string,
  runs: readonly Run[],
): Promise<boolean> {
  const [answer] = await db.query<{ recorded: boolean }>(
    `select cardinality($1::bigint[]) = (
       select count(*)
       from unnest($1::bigint[], $2::uuid[]) as done (id, mark)
       join zendesk_sync.runs r on r.account = $3 and r.id = done.id and r.mark = done.mark and r.outcome = 'complete'
     ) as recorded`,
    [runs.map(({ run }) => run), runs.map(({ mark }) => mark), account],
  );
  return answer?.recorded === true;
}
