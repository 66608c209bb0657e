/** The state of a log and its manifests in one snapshot: pages are stored while it is verified. */
import type { Queryable } from '../../database/client.ts';
import { normalizeSpans, type Span, type Spans } from '../../span.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { SealedEntry } from './entry.ts';
import { isInWindow, type HoleWindow } from './holes.ts';
import { microsOfIso } from './open-manifests.ts';
import { laterEntries, readLoaded, waitingEntries, type LoadedEntry } from './sealed-entries.ts';

/** What the tables contain. */
export type StandingLog = {
  /** Rows by day. */
  readonly counted: readonly (readonly [day: string, rows: number])[];
  readonly covered: Spans;
  /** Manifests of all streams that were written since the sealed log was read, and those that wait. */
  readonly later: readonly SealedEntry[];
};

type Wanted = {
  readonly account: string;
  readonly stream: LogStream;
  readonly span: Span;
  /** How many entries of the sealed log were read. */
  readonly size: number;
  /** The manifests of the stream that were read. */
  readonly entries: readonly SealedEntry[];
  /** When missing manifests were written. */
  readonly windows: readonly HoleWindow[];
};

const daySeconds = 86_400;

/** Rows that were written when a missing manifest was, and by no known manifest. */
const isOfHole = `(r.synced_at <> all ($8::timestamptz[]) and exists (
  select from unnest($6::timestamptz[], $7::timestamptz[]) as hole (began, ended)
  where r.synced_at >= hole.began and r.synced_at <= hole.ended
))`;

/** Loads it in one statement, and so from one snapshot. */
export async function loadStanding(db: Queryable, wanted: Wanted): Promise<StandingLog> {
  const { account, stream, span, size, entries, windows } = wanted;
  const { name, time } = stream.table;
  // There are no more rows of a missing manifest than were stored.
  const known = entries
    .map(({ storedAt }) => storedAt)
    .filter((storedAt) => isInWindow(windows, microsOfIso(storedAt)));
  const [row] = await db.query<{
    counted: readonly (readonly [day: string, rows: number])[];
    // JSON has no infinite numbers: they arrive as texts.
    covered: readonly { readonly from: number | string; readonly to: number | string }[];
    later: readonly LoadedEntry[];
    waiting: readonly LoadedEntry[];
  }>(
    `select (
       select coalesce(json_agg(json_build_array(counted.day, counted.rows)), '[]') from (
         select (r.${time} at time zone 'UTC')::date::text as day, count(*) as rows from ${name} r
         where r.account = $1 and r.${time} >= $4::timestamptz and r.${time} < $5::timestamptz
           ${windows.length === 0 ? '' : `and not ${isOfHole}`}
         group by 1
       ) as counted
     ) as counted,
     (
       select coalesce(json_agg(json_build_object(
         'from', extract(epoch from c.covered_from), 'to', extract(epoch from c.covered_until)
       )), '[]')
       from zendesk_sync.coverage c where c.account = $1 and c.stream = $3
     ) as covered,
     ${laterEntries} as later,
     ${waitingEntries} as waiting`,
    [
      account,
      size,
      stream.name,
      spell(Math.floor(span.from / daySeconds) * daySeconds),
      spell(Math.ceil(span.to / daySeconds) * daySeconds),
      ...(windows.length === 0
        ? []
        : [
            windows.map(({ from }) => spell(from / 1e6)),
            windows.map(({ until }) => spell(until / 1e6)),
            known,
          ]),
    ],
  );
  if (row === undefined) throw new Error('A statement without rows.');
  return {
    counted: row.counted,
    covered: normalizeSpans(
      row.covered.map(({ from, to }) => ({ from: Number(from), to: Number(to) })),
    ),
    later: [...row.later, ...row.waiting].flatMap(readLoaded),
  };
}

/** A moment for Postgres, which also has infinite times. */
function spell(seconds: number): string {
  if (Number.isFinite(seconds)) return new Date(seconds * 1000).toISOString();
  return seconds > 0 ? 'infinity' : '-infinity';
}
