/** Deep verifications that were stopped, or whose process died, and can be resumed. */
import type { Queryable } from '../../database/client.ts';
import { fromSeconds } from '../../span.ts';
import type { DeepProgress } from './deep-progress.ts';
import { leaseSeconds, type BegunVerification, type VerificationScope } from './ledger.ts';

/** Rows that were read longer ago are read again. */
const longestDays = 7;

/**
 * Resumes the newest verification of the same scope if it was stopped within the last days.
 *
 * @returns undefined where there is none
 */
export async function reopenStopped(
  db: Queryable,
  { account, stream, span, anchors }: VerificationScope,
  holder: string,
): Promise<(BegunVerification & { readonly startedAt: string }) | undefined> {
  const [row] = await db.query<{ id: string; progress: DeepProgress; started: string }>(
    `with reopened as (update zendesk_sync.verifications v
     set outcome = null, ended_at = null, error = null, holder = $6, expires_at = clock.until
     from (select clock_timestamp() as at, clock_timestamp() + interval '${leaseSeconds} seconds' as until) as clock, (
       select id, started_at from zendesk_sync.verifications
       where account = $1 and depth = 'deep' and due_at is null
         and stream is not distinct from $2 and verified_from is not distinct from $3 and verified_until is not distinct from $4
         and anchors = $5::text[]
       order by started_at desc
       limit 1
     ) as newest
     where v.account = $1 and v.id = newest.id and v.progress is not null and v.started_at > now() - interval '${longestDays} days'
       and (v.outcome in ('stopped', 'failed') or (v.outcome is null and v.expires_at <= clock.at))
     returning v.id, v.progress, v.started_at)
     select id::text as id, progress, to_char(started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') as started from reopened`,
    [
      account,
      stream ?? null,
      span === undefined ? null : fromSeconds(span.from),
      span === undefined ? null : fromSeconds(span.to),
      anchors,
      holder,
    ],
  );
  return row && { id: row.id, progress: row.progress, startedAt: row.started };
}
