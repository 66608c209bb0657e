/** What the ledger knows of the gaps of a log. */
import type { Queryable } from '../database/client.ts';
import type { Span, Spans } from '../span.ts';
import type { StreamKey } from './coverage.ts';
import type { Loss } from './loss-words.ts';
import { withoutLosses } from './losses.ts';
import type { Rescanned } from './plan.ts';
import { listDropped, type Removal } from './removals.ts';

/** Between which moments Zendesk refused a log; one that is not over reaches until now. */
export type Refusal = Span & { readonly isOver: boolean };

/** Records in quarantine for one reason, and the seconds between which they are; undefined if unknown. */
export type QuarantinedGap = {
  readonly code: string;
  readonly records: number;
  readonly from: number | undefined;
  readonly to: number | undefined;
};

/** What gaps are judged by. Times in seconds since 1970. */
export type GapFacts = {
  /** Without what is known to be lost. */
  readonly coverage: Spans;
  /** What retention has dropped: no gap, and not stored. */
  readonly dropped?: Spans;
  readonly rescanned: Rescanned;
  /** The oldest wanted second, as far as the ledger knows it. */
  readonly horizon: number | undefined;
  readonly unavailableReason: string | undefined;
  readonly losses: readonly Loss[];
  readonly refusals: readonly Refusal[];
  readonly quarantined: readonly QuarantinedGap[];
};

/** Which logs: one of an account, all of an account, or all of all. */
export type FactsScope = {
  readonly account?: string | undefined;
  readonly stream?: string | undefined;
};

/** Loads what the ledger knows of the gaps of logs, in the same few statements for one log and for all. */
export async function loadGapFacts(
  db: Queryable,
  { account, stream }: FactsScope,
  now: number,
): Promise<(key: StreamKey) => GapFacts> {
  const ask = async <Row>(statement: string): Promise<FactsOf<Row>> =>
    groupByLog(await db.query<StreamKey & Row>(statement, [account ?? null, stream ?? null]));
  const streams = await ask<StreamRow>(`select account, stream,
      extract(epoch from horizon)::float8 as horizon, unavailable_reason as reason
    from zendesk_sync.streams where ${ofScope}`);
  const covered = await ask<Span>(`select account, stream,
      extract(epoch from covered_from)::float8 as from, extract(epoch from covered_until)::float8 as to
    from zendesk_sync.coverage where ${ofScope} order by account, stream, covered_from`);
  const rescans = await ask<
    Span & { readonly age: number }
  >(`select account, stream, age_seconds as age,
      extract(epoch from covered_from)::float8 as from, extract(epoch from covered_until)::float8 as to
    from zendesk_sync.rescans where ${ofScope} order by account, stream, age_seconds, covered_from`);
  const losses = await ask<Loss>(lossesOfScope);
  const refusals = await ask<{ from: number; until: number | null }>(refusalsOfScope);
  const quarantined = await ask<QuarantinedRow>(quarantinedOfScope);
  const removed = await ask<{ removals: readonly Removal[] }>(
    `select account, stream, removals from zendesk_sync.removed_spans where ${ofScope}`,
  );
  return (key) => ({
    losses: losses(key),
    coverage: withoutLosses(covered(key), losses(key)),
    dropped: listDropped(removed(key).flatMap(({ removals }) => removals)),
    rescanned: joinRescans(rescans(key)),
    horizon: streams(key)[0]?.horizon ?? undefined,
    unavailableReason: streams(key)[0]?.reason ?? undefined,
    refusals: refusals(key).map(({ from, until }) => ({
      from,
      to: until ?? now,
      isOver: until !== null,
    })),
    quarantined: quarantined(key).map(({ code, records, from, to }) => ({
      code,
      records,
      from: from ?? undefined,
      to: to ?? undefined,
    })),
  });
}

type StreamRow = { readonly horizon: number | null; readonly reason: string | null };
type QuarantinedRow = {
  readonly code: string;
  readonly records: number;
  readonly from: number | null;
  readonly to: number | null;
};

const ofScope = '($1::text is null or account = $1) and ($2::text is null or stream = $2)';

const lossesOfScope = `select account, stream, zendesk_sync.write_moment(lost_from) as lost_from,
    zendesk_sync.write_moment(lost_until) as lost_until, zendesk_sync.write_moment(rows_until) as rows_until,
    rows::float8 as rows, code, partition, done_by, zendesk_sync.write_moment(noticed_at) as noticed_at, is_settled,
    rows_found::float8 as rows_found
  from zendesk_sync.losses where ${ofScope} order by account, stream, zendesk_sync.losses.lost_from, zendesk_sync.losses.lost_until`;

/** A spell ends with the next run that completes. */
const refusalsOfScope = `select account, stream,
    floor(extract(epoch from min(r.started_at)))::float8 as from, floor(extract(epoch from answered.at))::float8 as until
  from zendesk_sync.runs r
  left join lateral (
    select c.started_at as at from zendesk_sync.runs c
    where c.account = r.account and c.stream = r.stream and c.task = 'live' and c.outcome = 'complete' and c.id > r.id
    order by c.id limit 1
  ) as answered on true
  where ${ofScope} and r.error is not null and r.outcome = 'unavailable'
  group by account, stream, answered.at order by account, stream, 3`;

const quarantinedOfScope = `select account, stream, code, count(*)::integer as records,
    floor(extract(epoch from min(coalesce(occurred_at, span_from))))::float8 as from,
    floor(extract(epoch from max(coalesce(occurred_at + interval '1 second', span_until))))::float8 as to
  from zendesk_sync.quarantine where ${ofScope} group by account, stream, code order by account, stream, code`;

/** Rows by the log that they are of. */
export type FactsOf<Row> = (key: StreamKey) => readonly Row[];

/** Groups rows by their log. */
export function groupByLog<Row>(rows: readonly (StreamKey & Row)[]): FactsOf<Row> {
  const groups = Map.groupBy(rows, nameOf);
  return (key) => groups.get(nameOf(key)) ?? [];
}

function nameOf({ account, stream }: StreamKey): string {
  return JSON.stringify([account, stream]);
}

function joinRescans(
  rows: readonly (Span & { readonly age: number })[],
): ReadonlyMap<number, Spans> {
  return new Map(Map.groupBy(rows, ({ age }) => age));
}
