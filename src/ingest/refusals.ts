/** What Zendesk refuses, and from when on that is believed: one answer 403 may be the fault of a moment. */
import type { Queryable } from '../database/client.ts';
import { composeSentence, KnownError } from '../errors.ts';
import type { StreamKey } from './coverage.ts';

/** A refusal that has lasted for so long without a complete run in between is an answer about rights. */
const believedAfter = '2 minutes';

/**
 * Notes that Zendesk has refused a stream. When it has for long enough, the stream is marked as unavailable with the code
 * and the sentence that says what to do; the first moment stays.
 *
 * @returns the error that the run ends with: the refusal itself once it is believed, `refusal_unconfirmed` before
 */
export async function noteRefusal(
  db: Queryable,
  { account, stream }: StreamKey,
  refusal: KnownError,
): Promise<KnownError> {
  // A clock that was set back must not put the first refusal into the future.
  const [row] = await db.query<{ believed: boolean }>(
    `with first as (
       select account, stream, coalesce(least(refused_since, now()), now()) as since, unavailable_since
       from zendesk_sync.streams where account = $1 and stream = $2
     ), judged as (
       select account, stream, since,
         unavailable_since is not null or since <= now() - $5::interval as believed
       from first
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

/** Marks a stream as answering again; says whether it was unavailable before. */
export async function markAvailable(
  db: Queryable,
  { account, stream }: StreamKey,
): Promise<boolean> {
  const [row] = await db.query<{ was: boolean }>(
    `with former as (
       select account, stream, unavailable_since is not null as was
       from zendesk_sync.streams
       where account = $1 and stream = $2 and (unavailable_since is not null or refused_since is not null)
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
