/** The reconciliations in the ledger. */
import type { Queryable } from '../../database/client.ts';
import { fromSeconds, type Span } from '../../span.ts';
import type { StreamKey } from '../coverage.ts';
import type { Sample } from './sampling.ts';

/** How a reconciliation ended. */
export type ReconciliationOutcome = 'equal' | 'findings' | 'incomplete' | 'failed' | 'stopped';

/** What is counted. */
export type ReconciliationCounts = {
  readonly comparableSeconds: number;
  readonly readSeconds: number;
  readonly records: number;
  readonly missingHere: number;
  readonly missingThere: number;
  readonly different: number;
  readonly seenAgain: number;
};

/** A reconciliation that is to begin. */
type NewReconciliation = {
  readonly span: Span;
  readonly sample: Sample | undefined;
  readonly dueAt: Date | undefined;
  readonly holder: string;
};

/** Records the start. @returns its number; undefined when another process does what is due */
export async function openReconciliation(
  db: Queryable,
  { account, stream }: StreamKey,
  { span, sample, dueAt, holder }: NewReconciliation,
): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>(
    `insert into zendesk_sync.reconciliations as r (account, stream, span_from, span_until, sample, seed, due_at, holder)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     -- Its own when the answer to the same statement was lost.
     on conflict (account, stream, due_at) do update set seed = excluded.seed
     where r.holder = excluded.holder and r.outcome is null
     returning id::text as id`,
    [
      account,
      stream,
      fromSeconds(span.from),
      fromSeconds(span.to),
      sample?.count ?? null,
      sample?.seed ?? null,
      dueAt ?? null,
      holder,
    ],
  );
  return row?.id;
}

/** Records the result so far, or the end. */
export async function noteReconciliation(
  db: Queryable,
  account: string,
  id: string,
  counts: ReconciliationCounts,
  end?: { readonly outcome: ReconciliationOutcome; readonly error: string | undefined },
): Promise<void> {
  await db.query(
    `update zendesk_sync.reconciliations
     set comparable_seconds = $2, read_seconds = $3, records = $4, missing_here = $5, missing_there = $6, different = $7,
       seen_again = $8, outcome = $9::text, error = $10, ended_at = case when $9::text is not null then clock.at end
     from (select now() as at) as clock
     where account = $11 and id = $1::bigint`,
    [
      id,
      counts.comparableSeconds,
      counts.readSeconds,
      counts.records,
      counts.missingHere,
      counts.missingThere,
      counts.different,
      counts.seenAgain,
      end?.outcome ?? null,
      end?.error ?? null,
      account,
    ],
  );
}

/** The newest time of the schedule that a log was compared at; undefined for none. */
export async function loadLastDue(
  db: Queryable,
  { account, stream }: StreamKey,
): Promise<Date | undefined> {
  const [row] = await db.query<{ due: Date | null }>(
    'select max(due_at) as due from zendesk_sync.reconciliations where account = $1 and stream = $2',
    [account, stream],
  );
  return row?.due ?? undefined;
}
