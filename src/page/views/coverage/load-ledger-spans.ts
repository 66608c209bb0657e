/** Spans of logs that the ledger tells of beside what is covered: being read, late, archived, held, found by verifications. */
import type { Queryable } from '../../../database/client.ts';
import type { StreamKey } from '../../../ingest/coverage.ts';
import { groupByLog, type FactsOf, type FactsScope } from '../../../ingest/gap-facts.ts';
import { toSeconds, type Span, type Spans } from '../../../span.ts';
import type { StandingFinding } from '../../../ingest/verification-words.ts';

/** Of one log. */
type LedgerSpans = {
  readonly reading: Spans;
  readonly late: Spans;
  readonly archived: Spans;
  readonly held: Spans;
  /** What verifications found that is not as it was stored. */
  readonly found: readonly StandingFinding[];
};

/** So many late fetches are marked at most, the newest. */
const mostLate = 5000;

const ofScope = '($1::text is null or s.account = $1) and ($2::text is null or s.stream = $2)';

/** Loads the spans of the logs of a scope. A fetch whose process has died reads nothing. */
export async function loadLedgerSpans(
  db: Queryable,
  { account, stream }: FactsScope,
): Promise<(key: StreamKey) => LedgerSpans> {
  const ask = async <Row>(statement: string): Promise<FactsOf<Row>> =>
    groupByLog(await db.query<StreamKey & Row>(statement, [account ?? null, stream ?? null]));
  const reading = await ask<Span>(
    `select s.account, s.stream, extract(epoch from s.span_from)::float8 as from, extract(epoch from s.span_until)::float8 as to
     from zendesk_sync.fetches s
     where ${ofScope} and s.outcome is null and exists (
       select from zendesk_sync.leases l where l.account = s.account and l.stream = s.stream and l.expires_at > now()
     )`,
  );
  const late = await ask<Span>(
    `select s.account, s.stream, extract(epoch from s.span_from)::float8 as from, extract(epoch from s.span_until)::float8 as to
     from zendesk_sync.fetches s
     where ${ofScope} and s.rescan_age_seconds is not null and s.rows_late > 0 order by s.id desc limit ${mostLate}`,
  );
  const archived = await ask<Span>(
    `select distinct s.account, s.stream, extract(epoch from s.month::timestamp at time zone 'UTC')::float8 as from,
       extract(epoch from (s.month + interval '1 month') at time zone 'UTC')::float8 as to
     from zendesk_sync.archived_objects s where ${ofScope} and s.left_at is not null`,
  );
  const held = await ask<{ readonly from: number | null; readonly to: number | null }>(
    `select s.account, s.stream, extract(epoch from h.held_from)::float8 as from, extract(epoch from h.held_until)::float8 as to
     from zendesk_sync.streams s
     join zendesk_sync.holds h on h.account = s.account and h.act = 'set' and coalesce(h.stream, s.stream) = s.stream
     where ${ofScope} and not exists (
       select from zendesk_sync.holds r where r.account = h.account and r.name = h.name and r.act = 'released'
     )`,
  );
  const found = await ask<{ readonly found: readonly StandingFinding[] }>(
    `select s.account, s.stream, s.found from zendesk_sync.verified_logs s where ${ofScope} and s.findings > 0`,
  );
  return (key) => ({
    reading: reading(key),
    late: late(key),
    archived: archived(key),
    held: held(key).map(({ from, to }) => ({ from: from ?? -Infinity, to: to ?? Infinity })),
    found: found(key).flatMap((row) => row.found),
  });
}

/** The times that findings of a kind are of, in seconds; undefined where that is not known. */
export function spansOfFinding({ from, until, spans }: StandingFinding): Spans | undefined {
  if (from === null) return undefined;
  return (spans ?? [[from, until ?? from] as const]).map(([first, last]) => {
    const start = toSeconds(new Date(first));
    return { from: start, to: Math.max(start, toSeconds(new Date(last))) + 1 };
  });
}
