import { fromSeconds, type Span, type Spans } from '../span.ts';
import type { Queryable } from './client.ts';

/** Which stream of which account a row of the ledger belongs to. */
export type StreamKey = { readonly account: string; readonly stream: string };

type SpanRow = { from: number; to: number };

/** The covered spans, oldest first. */
export async function loadCoverage(db: Queryable, { account, stream }: StreamKey): Promise<Spans> {
  return db.query<SpanRow>(
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
): Promise<Map<number, Spans>> {
  const rows = await db.query<SpanRow & { age: number }>(
    `select age_seconds as age,
       extract(epoch from covered_from)::float8 as from, extract(epoch from covered_until)::float8 as to
     from zendesk_sync.rescans
     where account = $1 and stream = $2
     order by age_seconds, covered_from`,
    [account, stream],
  );
  const rescans = new Map<number, SpanRow[]>();
  for (const { age, from, to } of rows)
    rescans.set(age, [...(rescans.get(age) ?? []), { from, to }]);
  return rescans;
}

/** Adds a span to the coverage and joins it with what it overlaps or touches. */
export async function addCoverage(tx: Queryable, key: StreamKey, span: Span): Promise<void> {
  await joinSpan(tx, 'zendesk_sync.coverage', { account: key.account, stream: key.stream }, span);
}

/** Adds a span to what was read again at an age, in the same way. */
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
