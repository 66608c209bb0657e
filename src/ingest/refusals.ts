/** What Zendesk refuses, and when a refusal counts: a single 403 may be a temporary fault. */
import type { Queryable } from '../database/client.ts';
import { composeSentence, KnownError } from '../errors.ts';
import { inUtc } from '../evidence/stored-rows.ts';
import type { StreamKey } from './coverage.ts';

/** A refusal that has lasted for so long without a complete run in between is really about permissions. */
const believedAfter = '2 minutes';

/**
 * Records that Zendesk has refused a stream. If it has done so for long enough, the stream is marked as unavailable with the
 * code and the message that says what to do; the first moment stays.
 *
 * @returns the error for the end of the run: the refusal itself once it counts, `refusal_unconfirmed` before
 */
export async function noteRefusal(
  db: Queryable,
  { account, stream }: StreamKey,
  refusal: KnownError,
): Promise<KnownError> {
  // After a clock was set back, the first refusal must not be in the future.
  const [row] = await db.query<{ believed: boolean }>(
    `with first as (
       select account, stream, coalesce(least(refused_since, clock.at), clock.at) as since, unavailable_since, clock.at
       from zendesk_sync.streams cross join (select now() as at) as clock where account = $1 and stream = $2
     ), judged as (
       select account, stream, since,
         unavailable_since is not null or since <= at - $5::interval as believed
       from first
     ), noted as (
       insert into zendesk_evidence.pending (account, stream, manifest)
       select j.account, j.stream, json_build_object('kind', 'unavailable', 'code', $3::text, 'since', ${inUtc('j.since')})::text
       from judged j join first f using (account, stream)
       where j.believed and f.unavailable_since is null
     )
     update zendesk_sync.streams s
     set refused_since = judged.since,
       unavailable_since = case when believed then coalesce(s.unavailable_since, since) else s.unavailable_since end,
       unavailable_code = case when believed then $3 else s.unavailable_code end,
       unavailable_reason = case when believed then $4 else s.unavailable_reason end
     from judged
     where s.account = judged.account and s.stream = judged.stream
     returning believed`,
    [account, stream, refusal.code, refusal.message, believedAfter],
  );
  return row?.believed === true ? refusal : doubt(stream, refusal);
}

function doubt(stream: string, refusal: KnownError): KnownError {
  const { status, requestId, quote, subject, found, wayOut } = refusal;
  const sentence = composeSentence({ subject, found, wayOut }).replace(/\.$/, '');
  return new KnownError('refusal_unconfirmed', {
    found: `Zendesk has just refused ${stream} (${status}), which may be temporary, so the next run asks again`,
    wayOut: `If it persists: ${sentence}`,
    quote,
    status,
    requestId,
    cause: refusal,
  });
}

/** Marks a stream as available again; returns whether it was unavailable before. */
export async function markAvailable(
  db: Queryable,
  { account, stream }: StreamKey,
): Promise<boolean> {
  const [row] = await db.query<{ was: boolean }>(
    `with former as (
       select account, stream, unavailable_since is not null as was
       from zendesk_sync.streams
       where account = $1 and stream = $2 and (unavailable_since is not null or refused_since is not null)
     ),
     noted as (
       insert into zendesk_evidence.pending (account, stream, manifest)
       select account, stream, '{"kind":"available"}' from former where was
     )
     update zendesk_sync.streams s
     set unavailable_since = null, unavailable_code = null, unavailable_reason = null, refused_since = null
     from former
     where s.account = former.account and s.stream = former.stream
     returning was`,
    [account, stream],
  );
  return row?.was === true;
}
