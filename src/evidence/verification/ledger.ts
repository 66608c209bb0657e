/** The verifications in the ledger: `zendesk_sync.verifications`. */
import type { Queryable } from '../../database/client.ts';
import { fromSeconds, type Span } from '../../span.ts';
import type { DeepProgress } from './deep-progress.ts';
import type { Finding } from './finding.ts';
import { groupFindings } from './found-groups.ts';

/** What is verified. */
export type VerificationScope = {
  readonly account: string;
  readonly depth: 'quick' | 'deep';
  /** One of the streams; undefined: all. */
  readonly stream: string | undefined;
  /** Undefined: all of the time. */
  readonly span: Span | undefined;
  /** The names of the checkpoints that the sealed log is compared with. */
  readonly anchors: readonly string[];
};

/** A verification with its number and the progress it had made before it was stopped. */
export type BegunVerification = { readonly id: string; readonly progress: DeepProgress };

/** For so long, a verifying process may be silent before it counts as dead. */
export const leaseSeconds = 60;
/** So often it says so. */
export const renewalMs = 15_000;

/** Records that a verification begins. @returns its number */
export async function beginVerification(
  db: Queryable,
  { account, depth, stream, span, anchors }: VerificationScope,
  holder: string,
): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    `insert into zendesk_sync.verifications (account, depth, stream, verified_from, verified_until, anchors, holder, expires_at)
     values ($1, $2, $3, $4, $5, $6::text[], $7, clock_timestamp() + interval '${leaseSeconds} seconds')
     returning id::text as id`,
    [
      account,
      depth,
      stream ?? null,
      span === undefined ? null : fromSeconds(span.from),
      span === undefined ? null : fromSeconds(span.to),
      anchors,
      holder,
    ],
  );
  if (row === undefined) throw new Error('A verification that was noted has no number.');
  return row.id;
}

/** Records that the verifying process is alive, its progress and its findings. */
export async function keepProgress(
  db: Queryable,
  account: string,
  id: string,
  holder: string,
  progress?: DeepProgress,
): Promise<void> {
  const found = progress?.findings ?? [];
  const kept = await db.query(
    `update zendesk_sync.verifications
     set expires_at = clock.until, progress = coalesce($3::jsonb, progress),
       findings = case when $3 is null then findings else $4 end,
       first_finding = case when $3 is null then first_finding else $5 end,
       found = coalesce($6::jsonb, found)
     from (select clock_timestamp() as at, clock_timestamp() + interval '${leaseSeconds} seconds' as until) as clock
     where account = $7 and id = $1::bigint and holder = $2 and ended_at is null
     returning id`,
    [
      id,
      holder,
      progress === undefined ? null : JSON.stringify(progress),
      found.length,
      found[0]?.sentence ?? null,
      progress === undefined ? null : JSON.stringify(groupFindings(found)),
      account,
    ],
  );
  if (kept.length === 0 && progress !== undefined)
    throw new Error('Another process has taken this verification over.');
}

/** How a verification ended. */
export type VerificationEnd =
  | { readonly outcome: 'complete' | 'stopped'; readonly findings: readonly Finding[] }
  /** What it found before is kept. */
  | { readonly outcome: 'stopped' | 'failed'; readonly error: string };

/** Records how a verification ended, unless that is already recorded. */
export async function endVerification(
  db: Queryable,
  account: string,
  id: string,
  holder: string,
  end: VerificationEnd,
): Promise<void> {
  const findings = 'findings' in end ? end.findings.filter(isOfTheHistory) : undefined;
  const outcome =
    end.outcome === 'complete' ? (findings?.length === 0 ? 'clean' : 'findings') : end.outcome;
  await db.query(
    `update zendesk_sync.verifications
     set ended_at = clock.at, outcome = $2, findings = coalesce($3, findings),
       first_finding = case when $3 is null then first_finding else $4 end, found = coalesce($5::jsonb, found), error = $6,
       expires_at = null, progress = case when $2 in ('stopped', 'failed') then progress end
     from (select clock_timestamp() as at) as clock
     where account = $8 and id = $1::bigint and holder = $7 and ended_at is null`,
    [
      id,
      outcome,
      findings?.length ?? null,
      findings?.[0]?.sentence ?? null,
      findings === undefined ? null : JSON.stringify(groupFindings(findings)),
      'error' in end ? end.error : null,
      holder,
      account,
    ],
  );
}

/** A named checkpoint or key may be the wrong one: a mismatch says nothing about the history. */
function isOfTheHistory({ kind, anchor }: Finding): boolean {
  return anchor === undefined || (kind !== 'checkpoint_invalid' && kind !== 'key_differs');
}
