/** What a comparison leaves in the ledger: gaps for what is missing here, and facts about what is missing there. */
import type { Database, Queryable } from '../../database/client.ts';
import { fromSeconds, joinNear, normalizeSpans, type Span, type Spans } from '../../span.ts';
import type { LogTable } from '../../streams/stream.ts';
import { lockStream, withdrawCoverage, type StreamKey } from '../coverage.ts';
import type { ComparedPiece } from './piece.ts';
import type { Keyed } from './stored.ts';
import { noteUncovered } from '../uncovered.ts';

/** Each gap costs at least a fetch: a piece makes no more gaps than this. */
const mostGaps = 20;

/** The seconds of some records as a few spans: close ones are joined. */
export function gatherSpans(records: readonly Keyed[]): Spans {
  const seconds = records.map(({ second }): Span => ({ from: second, to: second + 1 }));
  let spans = normalizeSpans(seconds);
  for (let distance = 60; spans.length > mostGaps; distance *= 2) spans = joinNear(spans, distance);
  return spans;
}

/**
 * Records the result of a piece at once: a process killed afterwards leaves gaps that are filled, and facts.
 *
 * @returns the records that Zendesk shows again
 */
export async function recordPiece(
  db: Database,
  key: StreamKey,
  table: LogTable,
  piece: ComparedPiece,
): Promise<readonly Keyed[]> {
  const { missingHere, missingThere } = piece;
  return db.transaction(async (tx) => {
    await lockStream(tx, key);
    for (const span of gatherSpans(missingHere)) {
      const rows = missingHere.filter(
        ({ second, isUnreadable }) =>
          isUnreadable !== true && span.from <= second && second < span.to,
      );
      await openGap(tx, key, table, span, rows.length);
    }
    await tx.query(
      `insert into zendesk.source_deletions as d (account, stream, id, occurred_at, last_confirmed_at)
       select $1, $2, r.*, now() from unnest($3::text[], $4::timestamptz[]) as r
       on conflict (account, stream, id) do update set last_confirmed_at = excluded.last_confirmed_at, seen_again_at = null`,
      [
        key.account,
        key.stream,
        missingThere.map(({ id }) => id),
        missingThere.map(({ second }) => fromSeconds(second)),
      ],
    );
    return noteSeenAgain(tx, key, piece);
  });
}

/** Turns time in which Zendesk showed records that are not stored into a gap. */
async function openGap(
  tx: Queryable,
  key: StreamKey,
  { name, time }: LogTable,
  span: Span,
  rows: number,
): Promise<void> {
  await withdrawCoverage(tx, key, span);
  await noteUncovered(tx, key, [
    { span: [span.from, span.to], reason: 'missing_by_reconcile', rows },
  ]);
  await tx.query(
    `insert into zendesk_sync.coverage_losses
       (account, stream, lost_from, lost_until, rows_until, rows, rows_left, code, last_fetch, settled_at)
     select $1, $2, $3::timestamptz, $4::timestamptz, $4::timestamptz, $5,
       (select count(*) from ${name} t where t.account = $1 and t.${time} >= $3 and t.${time} < $4), 'missing_by_reconcile',
       (select max(f.id) from zendesk_sync.fetches f where f.account = $1 and f.stream = $2), now()`,
    [key.account, key.stream, fromSeconds(span.from), fromSeconds(span.to), rows],
  );
}

async function noteSeenAgain(
  tx: Queryable,
  key: StreamKey,
  { span, seen }: ComparedPiece,
): Promise<readonly Keyed[]> {
  const open = await tx.query<Keyed>(
    `select id, floor(extract(epoch from occurred_at))::float8 as second from zendesk.source_deletions
     where account = $1 and stream = $2 and occurred_at >= $3 and occurred_at < $4 and seen_again_at is null`,
    [key.account, key.stream, fromSeconds(span.from), fromSeconds(span.to)],
  );
  const again = open.filter(({ id }) => seen.has(id));
  if (again.length > 0)
    await tx.query(
      `update zendesk.source_deletions set seen_again_at = clock.at
       from (select now() as at) as clock
       where account = $1 and stream = $2 and id = any($3::text[])`,
      [key.account, key.stream, again.map(({ id }) => id)],
    );
  return again;
}
