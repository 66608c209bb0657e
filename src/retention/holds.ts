/**
 * Holds: what may not be dropped, archived or erased until somebody releases it. Code that removes something calls
 * `loadHolds` and `findHolding` first: retention, erasure, and the archive, which can pass a hold on to S3 as a legal hold.
 */
import type { Database, Queryable } from '../database/client.ts';
import { KnownError } from '../errors.ts';
import { holdRecords, storeRecord } from '../evidence/sealed-records.ts';
import { verifyRecords } from '../evidence/verification/records.ts';
import { fromSeconds, type Span } from '../span.ts';

/** The scope of a hold: everything that meets all of its conditions. */
export type HoldScope = {
  /** One of the logs; undefined: all. */
  readonly stream: string | undefined;
  /** In seconds since 1970; infinite where it has no end. */
  readonly span: Span;
  /** Id of the person who acted or is concerned; undefined: everybody. */
  readonly person: string | undefined;
  /** Id of the ticket; undefined: all. */
  readonly ticket: string | undefined;
};

/** A hold that is set. */
export type Hold = HoldScope & {
  readonly name: string;
  readonly reason: string;
  readonly setBy: string;
  readonly setAt: Date;
};

/** A hold with its end. */
export type HoldHistory = Hold & {
  readonly releasedAt: Date | null;
  readonly releasedBy: string | null;
  readonly releaseReason: string | null;
};

/** A span of a log that may be removed, in seconds since 1970. */
type HeldCandidate = { readonly stream: string; readonly span: Span };

/**
 * The holds that may concern a span of a log. One by person or ticket concerns every span that its own time reaches:
 * a caller that knows the rows may check whether it has any.
 */
export function findHolding<Each extends HoldScope>(
  holds: readonly Each[],
  { stream, span }: HeldCandidate,
): readonly Each[] {
  return holds.filter(
    (hold) =>
      (hold.stream === undefined || hold.stream === stream) &&
      hold.span.from < span.to &&
      span.from < hold.span.to,
  );
}

/**
 * The current holds of an account, oldest first.
 *
 * @throws {KnownError} `holds_doubtful` when they do not match the sealed log: then nothing may be removed
 */
export async function loadHolds(db: Queryable, account: string): Promise<readonly HoldHistory[]> {
  const [doubt] = await verifyRecords(db, account, [holdRecords]);
  if (doubt !== undefined)
    throw new KnownError('holds_doubtful', {
      found: `The holds of ${account} are not those that the sealed log knows: ${doubt.sentence}`,
      wayOut: 'Run "verify", and put zendesk_sync.holds back from a backup',
    });
  return (await listHolds(db, account)).filter(({ releasedAt }) => releasedAt === null);
}

/** All holds that an account ever had, oldest first. */
export async function listHolds(db: Queryable, account: string): Promise<readonly HoldHistory[]> {
  const rows = await db.query<
    Omit<HoldHistory, 'span'> & { from: number | null; to: number | null }
  >(
    `select s.name, coalesce(s.stream, '') as stream, extract(epoch from s.held_from)::float8 as from,
       extract(epoch from s.held_until)::float8 as to, s.person::text as person, s.ticket, s.reason,
       s.done_by as "setBy", s.noted_at as "setAt",
       r.noted_at as "releasedAt", r.done_by as "releasedBy", r.reason as "releaseReason"
     from zendesk_sync.holds s
     left join zendesk_sync.holds r on r.account = s.account and r.name = s.name and r.act = 'released'
     where s.account = $1 and s.act = 'set' order by s.noted_at, s.name`,
    [account],
  );
  return rows.map(({ from, to, stream, person, ticket, ...row }) => ({
    ...row,
    stream: stream === '' ? undefined : stream,
    person: person ?? undefined,
    ticket: ticket ?? undefined,
    span: { from: from ?? -Infinity, to: to ?? Infinity },
  }));
}

/** Who sets or releases a hold, and why. */
type Deed = { readonly name: string; readonly reason: string; readonly by: string };

/**
 * Sets a hold.
 *
 * @throws {KnownError} `hold_exists` when there is or was one of that name
 */
export async function addHold(
  db: Database,
  account: string,
  { name, reason, by, stream, span, person, ticket }: Deed & HoldScope,
): Promise<void> {
  const values = {
    ...describe(account, 'set', { name, reason, by }),
    stream: stream ?? null,
    held_from: momentOf(span.from),
    held_until: momentOf(span.to),
    person: person ?? null,
    ticket: ticket ?? null,
  };
  const isNew = await db.transaction((tx) => {
    return storeRecord(tx, holdRecords, values, { act: 'set' });
  });
  if (!isNew)
    throw new KnownError('hold_exists', {
      found: `There is or was a hold named "${name}" on ${account}`,
      wayOut:
        'Use another name: a name belongs to one hold permanently. "hold list --all" shows them',
    });
}

/**
 * Releases a hold.
 *
 * @throws {KnownError} `hold_unknown` when none of that name is set
 */
export async function releaseHold(db: Database, account: string, deed: Deed): Promise<void> {
  const isReleased = await db.transaction(async (tx) => {
    const [set] = await tx.query(
      `select from zendesk_sync.holds where account = $1 and name = $2 and act = 'set'`,
      [account, deed.name],
    );
    if (set === undefined) return false;
    return storeRecord(tx, holdRecords, describe(account, 'released', deed), { act: 'released' });
  });
  if (!isReleased)
    throw new KnownError('hold_unknown', {
      found: `No hold named "${deed.name}" is set on ${account}`,
      wayOut: '"hold list" shows those that are',
    });
}

function describe(account: string, act: 'set' | 'released', { name, reason, by }: Deed) {
  return { account, name, act, reason, done_by: by };
}

function momentOf(second: number): Date | null {
  return Number.isFinite(second) ? fromSeconds(second) : null;
}
