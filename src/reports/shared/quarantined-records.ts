/** The records of a log in quarantine, for reports. */
import type { Queryable } from '../../database/client.ts';
import type { StreamKey } from '../../ingest/coverage.ts';
import type { Span } from '../../span.ts';

/** How many records are in quarantine, by the seconds in which they may be: the record's own, otherwise those of its span. */
export type QuarantinedSpans = readonly {
  readonly from: number;
  readonly to: number;
  readonly records: number;
}[];

/** Loads the records of a log in quarantine. */
export async function loadQuarantined(
  db: Queryable,
  { account, stream }: StreamKey,
): Promise<QuarantinedSpans> {
  return db.query(
    `select
       coalesce(extract(epoch from coalesce(occurred_at, span_from)), '-infinity')::float8 as from,
       coalesce(extract(epoch from coalesce(occurred_at, span_until)), 'infinity')::float8 as to,
       count(*)::integer as records
     from zendesk_sync.quarantine where account = $1 and stream = $2
     group by 1, 2`,
    [account, stream],
  );
}

/** Records that are missing although their time is covered. One without a time counts in its whole span. */
export function describeQuarantined(
  { quarantined = [] }: { readonly quarantined?: QuarantinedSpans },
  { from, to }: Span,
): string[] {
  const records = quarantined
    .filter((each) => each.from < to && each.to >= from)
    .reduce((sum, each) => sum + each.records, 0);
  if (records === 0) return [];
  return [
    records === 1
      ? 'One record of that time could not be stored and is missing here: see "quarantine list".'
      : `${records} records of that time could not be stored and are missing here: see "quarantine list".`,
  ];
}
