/** What the database remembers about each place: when it is due, which process works on it, how it ended. */
import type { Database, Queryable } from '../../database/client.ts';
import type { Anchor, AnchorProof } from './anchor.ts';
import type { Head } from './head.ts';

/** A process that dies at work on a place blocks the others for this time. */
const claim = '2 minutes';
/** A failure is retried after this time, then after twice as long each time, but never later than the usual interval. */
const firstRetrySeconds = 60;

type Place = Pick<Anchor, 'kind' | 'place'>;

/** Takes a place if it is due and no other process works on it. */
export async function claimAnchor(
  db: Queryable,
  account: string,
  { kind, place }: Place,
  isForced: boolean,
): Promise<boolean> {
  const rows = await db.query(
    `insert into zendesk_evidence.anchor_states as s (account, kind, place, claimed_until, attempted_at)
     values ($1, $2, $3, now() + interval '${claim}', now())
     on conflict (account, kind, place) do update set claimed_until = excluded.claimed_until, attempted_at = excluded.attempted_at
     where ($4::boolean or s.due_at <= excluded.attempted_at) and (s.claimed_until is null or s.claimed_until <= excluded.attempted_at)
     returning 1`,
    [account, kind, place, isForced],
  );
  return rows.length > 0;
}

/** Stores the answer of a place and its success. */
export async function noteSuccess(
  db: Database,
  { account, checkpoint: { size, root } }: Head,
  { kind, place, everyMs }: Anchor,
  proof: AnchorProof | undefined,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(
      `update zendesk_evidence.anchor_states
       set succeeded_at = clock.at, size = $4, failures = 0, error = null, claimed_until = null,
         due_at = clock.due_at
       from (
         select now() as at, attempted_at + $5::float8 * interval '1 millisecond' as due_at
         from zendesk_evidence.anchor_states where account = $1 and kind = $2 and place = $3
       ) as clock
       where account = $1 and kind = $2 and place = $3`,
      [account, kind, place, size, everyMs],
    );
    if (proof !== undefined)
      await tx.query(
        `insert into zendesk_evidence.anchors (account, kind, place, size, root, note, token)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [account, kind, place, size, Buffer.from(root), proof.note, proof.token ?? null],
      );
  });
}

/** Records why a place failed, and when to try again. */
export async function noteFailure(
  db: Queryable,
  account: string,
  { kind, place, everyMs }: Anchor,
  sentence: string,
): Promise<void> {
  await db.query(
    `update zendesk_evidence.anchor_states
     set failures = failures + 1, error = $4, claimed_until = null,
       due_at = clock.due_at
     from (
       select now() + least($5::float8 / 1000, ${firstRetrySeconds} * 2 ^ least(failures, 10)) * interval '1 second' as due_at
       from zendesk_evidence.anchor_states where account = $1 and kind = $2 and place = $3
     ) as clock
     where account = $1 and kind = $2 and place = $3`,
    [account, kind, place, sentence, everyMs],
  );
}
