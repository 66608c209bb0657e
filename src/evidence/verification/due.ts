/** Scheduled verifications: if several processes run, one of them makes each. */
import type { Database, Queryable } from '../../database/client.ts';
import { noProgress, type DeepProgress } from './deep-progress.ts';
import { leaseSeconds, type BegunVerification, type VerificationScope } from './ledger.ts';

/** The verifications of an account of one depth. */
export type VerificationKey = Pick<VerificationScope, 'account' | 'depth'>;

/** A verification that was left longer ago starts again. */
const longestDays = 7;

/** Stopped with its process, or left by a process that died, or noted before the database's clock was set back. */
const isLeft = (
  now: string,
  latest: string,
): string => `(outcome = 'stopped' or (outcome is null and (
  expires_at is null or expires_at <= ${now} or expires_at > ${latest}
)))`;
const latest = `clock_timestamp() + interval '${4 * leaseSeconds} seconds'`;
const isLeftNow = isLeft('clock_timestamp()', latest);

/**
 * Takes the verification due at a time, or an earlier one that another process left unfinished.
 *
 * @returns `done` when it was made for this time or a later one, or there is no sealed log; `busy` while another process makes it
 */
export async function takeVerification(
  db: Database,
  { account, depth }: VerificationKey,
  due: Date,
  holder: string,
): Promise<BegunVerification | 'busy' | 'done'> {
  // What a transaction has taken that is repeated, because the answer to its COMMIT was lost.
  let taken: BegunVerification | undefined;
  return db.transaction(async (tx) => {
    // Meanwhile no other process can take one.
    const log = await tx.query(
      'select from zendesk_evidence.logs where account = $1 for no key update',
      [account],
    );
    if (log.length === 0) return 'done';
    if (taken !== undefined) {
      const own = await tx.query(
        'select from zendesk_sync.verifications where account = $1 and id = $2::bigint and holder = $3 and outcome is null',
        [account, taken.id, holder],
      );
      if (own.length > 0) return taken;
    }
    const [left] = await tx.query<{ id: string; progress: DeepProgress | null }>(
      `update zendesk_sync.verifications
       set outcome = null, ended_at = null, due_at = greatest(due_at, $4), holder = $3, expires_at = clock.until
       from (select clock_timestamp() as at, clock_timestamp() + interval '${leaseSeconds} seconds' as until,
         ${latest} as latest) as clock
       where account = $1 and id = (
           select id from zendesk_sync.verifications where account = $1 and depth = $2 and due_at is not null
           order by started_at desc limit 1
         )
         and started_at > now() - interval '${longestDays} days' and ${isLeft('clock.at', 'clock.latest')}
       returning id::text as id, progress`,
      [account, depth, holder, due],
    );
    if (left !== undefined) {
      taken = { id: left.id, progress: left.progress ?? noProgress };
      return taken;
    }
    const [other] = await tx.query<{ outcome: string | null }>(
      `select outcome from zendesk_sync.verifications
       where account = $1 and depth = $2 and due_at is not null and (due_at >= $3 or not ${isLeftNow} and outcome is null)
       order by outcome is null desc limit 1`,
      [account, depth, due],
    );
    if (other !== undefined) return other.outcome === null ? 'busy' : 'done';
    const [begun] = await tx.query<{ id: string }>(
      `insert into zendesk_sync.verifications (account, depth, due_at, holder, expires_at)
       values ($1, $2, $3, $4, clock_timestamp() + interval '${leaseSeconds} seconds')
       returning id::text as id`,
      [account, depth, due, holder],
    );
    if (begun === undefined) throw new Error('A verification that was noted has no number.');
    taken = { id: begun.id, progress: noProgress };
    return taken;
  });
}

/** The scheduled time of a verification that was missed: the last one since the verification before, or since the log began. */
export async function findMissed(
  db: Queryable,
  { account, depth }: VerificationKey,
  last: Date | undefined,
): Promise<Date | undefined> {
  const [state] = await db.query<{ since: Date | null; is_left: boolean }>(
    `select greatest(
         (select max(due_at) from zendesk_sync.verifications where account = $1 and depth = $2),
         (select begun_at from zendesk_evidence.logs where account = $1)
       ) as since,
       coalesce((
         select ${isLeftNow} and started_at > now() - interval '${longestDays} days' from zendesk_sync.verifications
         where account = $1 and depth = $2 and due_at is not null
         order by started_at desc limit 1
       ), false) as is_left`,
    [account, depth],
  );
  const since = state?.since;
  if (since === undefined || since === null) return undefined;
  if (last !== undefined && last > since) return last;
  return state?.is_left === true ? since : undefined;
}

/** The first finding of the previous verification; undefined when it found nothing, or there was none. */
export async function loadFormerFinding(
  db: Queryable,
  { account, depth }: VerificationKey,
  id: string,
): Promise<string | undefined> {
  const [row] = await db.query<{ first: string | null }>(
    `select first_finding as first from zendesk_sync.verifications
     where account = $1 and depth = $2 and id <> $3::bigint and ended_at is not null order by started_at desc limit 1`,
    [account, depth, id],
  );
  return row?.first ?? undefined;
}
