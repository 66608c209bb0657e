/** What was dropped by retention: it is neither stored nor a gap, and is never read again. */
import type { Queryable } from '../database/client.ts';
import { normalizeSpans, toSeconds, type Span, type Spans } from '../span.ts';
import type { StreamKey } from './coverage.ts';

/** Something that was taken away of a log: an element of `zendesk_sync.status.removals`. */
export type Removal = {
  /** rows, or the name of a group of columns. */
  readonly what: string;
  /** The span that the rows lay in; moments as ISO 8601, UTC. */
  readonly removed_from: string;
  readonly removed_until: string;
  readonly rows: number;
  /** The policy. */
  readonly reason: string;
  readonly noted_at: string;
};

/** What was taken away of a log, oldest first. */
export async function loadRemovals(
  db: Queryable,
  { account, stream }: StreamKey,
): Promise<readonly Removal[]> {
  const [row] = await db.query<{ removals: readonly Removal[] }>(
    'select removals from zendesk_sync.removed_spans where account = $1 and stream = $2',
    [account, stream],
  );
  return row?.removals ?? [];
}

/** The spans whose rows were dropped. */
export async function loadDropped(db: Queryable, key: StreamKey): Promise<Spans> {
  return listDropped(await loadRemovals(db, key));
}

/** The spans whose rows were dropped, of what was taken away. */
export function listDropped(removals: readonly Removal[]): Spans {
  return normalizeSpans(removals.filter(({ what }) => what === 'rows').map(spanOf));
}

/** The span of what was taken away. */
function spanOf({ removed_from: from, removed_until: until }: Removal): Span {
  return { from: toSeconds(new Date(from)), to: toSeconds(new Date(until)) };
}

/** What was taken away between two moments, in sentences. */
export function describeRemovals(
  title: string,
  removals: readonly Removal[],
  show: (moment: Date) => string,
  wanted: Span = { from: -Infinity, to: Infinity },
): readonly string[] {
  return removals
    .filter((removal) => spanOf(removal).from < wanted.to && spanOf(removal).to > wanted.from)
    .map(({ what, removed_from: from, removed_until: until, rows, reason, noted_at: at }) => {
      const span = `from ${show(new Date(from))} to ${show(new Date(until))}`;
      const count = `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`;
      return what === 'rows'
        ? `The ${title} ${span} was dropped by retention on ${show(new Date(at))}, ${count} (kept for ${reason}).`
        : `From the ${title} ${span}, ${what} was removed by retention on ${show(new Date(at))}, ${count} (kept for ${reason}).`;
    });
}
