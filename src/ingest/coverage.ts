/**
 * What is stored completely. Where to continue and what is missing are pure functions of coverage, now and settings; the
 * statements that store it are below them. The view `zendesk_sync.status` gives the same answers in SQL.
 */
import type { Queryable } from '../database/client.ts';
import { fromSeconds, intersect, measure, subtract, type Span, type Spans } from '../span.ts';

/** The stream and account that a row of the ledger belongs to. */
export type StreamKey = { readonly account: string; readonly stream: string };

/** The bounds of the part of a span that counts as covered once it was read. In seconds since 1970. */
export type Reading = {
  /** When the first page was requested, by the earliest clock: the safest moment of the whole reading. */
  readonly askedAt: number;
  /**
   * The oldest second that the source still kept when the last page was requested, by the latest clock: older records may
   * have been dropped meanwhile.
   */
  readonly keptSince: number;
};

/**
 * What a completely read span adds to the coverage. A record may still appear for `settleSeconds` after its own time
 * stamp, so a second counts only if the span was requested at least that long after it.
 */
export function coveredByFetch(
  span: Span,
  { askedAt, keptSince }: Reading,
  settleSeconds: number,
): Spans {
  const covered = {
    from: Math.max(span.from, keptSince),
    to: Math.min(span.to, askedAt - settleSeconds),
  };
  return covered.from < covered.to ? [covered] : [];
}

/**
 * Whether a reading can still cover its whole span. A reading that began while a clock was behind cannot, however late it
 * continues.
 */
export function coversWhole(
  { span, askedAt = Infinity }: { readonly span: Span; readonly askedAt: number | undefined },
  settleSeconds: number,
): boolean {
  return span.to <= askedAt - settleSeconds;
}

/** The oldest second that a source still keeps at a moment; `-Infinity` if it keeps everything. */
export function findKeptSince(retentionDays: number | undefined, now: number): number {
  return retentionDays === undefined ? -Infinity : now - retentionDays * 86_400;
}

/** The spans between the horizon and the newest covered second, or a later `until`, that are not covered, oldest first. */
export function findGaps(coverage: Spans, horizon: number, until = horizon): Spans {
  const end = Math.max(coverage.at(-1)?.to ?? horizon, until);
  return end <= horizon ? [] : subtract([{ from: horizon, to: end }], coverage);
}

/** The covered share of the time from the horizon to now, between 0 and 1. */
export function measureProgress(coverage: Spans, horizon: number, now: number): number {
  const wanted: Span = { from: horizon, to: now };
  if (wanted.to <= wanted.from) return 1;
  return measure(intersect(coverage, [wanted])) / (wanted.to - wanted.from);
}

/** The covered spans, oldest first. */
export async function loadCoverage(db: Queryable, { account, stream }: StreamKey): Promise<Spans> {
  return db.query<Span>(
    `select extract(epoch from covered_from)::float8 as from, extract(epoch from covered_until)::float8 as to
     from zendesk_sync.coverage
     where account = $1 and stream = $2
     order by covered_from`,
    [account, stream],
  );
}

/** The spans that were read again, by age in seconds. */
export async function loadRescans(
  db: Queryable,
  { account, stream }: StreamKey,
): Promise<ReadonlyMap<number, Spans>> {
  const rows = await db.query<Span & { readonly age: number }>(
    `select age_seconds as age,
       extract(epoch from covered_from)::float8 as from, extract(epoch from covered_until)::float8 as to
     from zendesk_sync.rescans
     where account = $1 and stream = $2
     order by age_seconds, covered_from`,
    [account, stream],
  );
  const rescans = new Map<number, Span[]>();
  for (const { age, from, to } of rows)
    rescans.set(age, [...(rescans.get(age) ?? []), { from, to }]);
  return rescans;
}

/** Adds a span to the coverage and joins it with the spans that it overlaps or touches. */
export async function addCoverage(tx: Queryable, key: StreamKey, span: Span): Promise<void> {
  await joinSpan(tx, 'zendesk_sync.coverage', { account: key.account, stream: key.stream }, span);
}

/**
 * Removes a span from the coverage, and from the rescans of every age: from then on it is a gap, and is read like one. Call
 * it under the lock of `lockStream`.
 */
export async function withdrawCoverage(tx: Queryable, key: StreamKey, span: Span): Promise<void> {
  for (const [table, keys] of [
    ['zendesk_sync.coverage', 'account, stream'],
    ['zendesk_sync.rescans', 'account, stream, age_seconds'],
  ] as const) {
    await tx.query(
      `with cut as (
         delete from ${table}
         where account = $1 and stream = $2 and covered_from < $4::timestamptz and covered_until > $3::timestamptz
         returning ${keys}, covered_from, covered_until
       )
       insert into ${table} (${keys}, covered_from, covered_until)
       select ${keys}, covered_from, $3::timestamptz from cut where covered_from < $3::timestamptz
       union all
       select ${keys}, $4::timestamptz, covered_until from cut where covered_until > $4::timestamptz`,
      [key.account, key.stream, fromSeconds(span.from), fromSeconds(span.to)],
    );
  }
}

/** Keeps others from changing the coverage of a stream until the end of the transaction. */
export async function lockStream(tx: Queryable, { account, stream }: StreamKey): Promise<void> {
  await tx.query(
    `select 1 from zendesk_sync.streams where account = $1 and stream = $2 for update`,
    [account, stream],
  );
}

/** Adds a span to the rescans of an age, in the same way. */
export async function addRescan(
  tx: Queryable,
  { account, stream }: StreamKey,
  ageSeconds: number,
  span: Span,
): Promise<void> {
  await joinSpan(tx, 'zendesk_sync.rescans', { account, stream, age_seconds: ageSeconds }, span);
}

async function joinSpan(
  tx: Queryable,
  table: string,
  key: Readonly<Record<string, string | number>>,
  span: Span,
): Promise<void> {
  const columns = Object.keys(key);
  const places = columns.map((_, index) => `$${index + 3}`);
  await tx.query(
    `with joined as (
       delete from ${table}
       where ${columns.map((column, index) => `${column} = ${places[index]}`).join(' and ')}
         and covered_from <= $2 and covered_until >= $1
       returning covered_from, covered_until
     )
     insert into ${table} (${columns.join(', ')}, covered_from, covered_until)
     select ${places.join(', ')}, least($1::timestamptz, min(covered_from)), greatest($2::timestamptz, max(covered_until))
     from joined`,
    [fromSeconds(span.from), fromSeconds(span.to), ...Object.values(key)],
  );
}
