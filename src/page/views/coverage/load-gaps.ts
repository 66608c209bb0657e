/** All gaps of a log. */
import type { Queryable } from '../../../database/client.ts';
import type { LogStream } from '../../../streams/stream.ts';
import type { Asked } from '../../question.ts';
import { loadHistories } from './load-histories.ts';
import { showGap, type ShownGap } from './shown-gap.ts';

/** The gaps, oldest first. */
type GapsAnswer = {
  readonly account: string;
  readonly stream: string;
  readonly title: string;
  readonly gaps: readonly ShownGap[];
  /** How many there are beside those. */
  readonly left: number;
};

/** So many are listed. */
const listed = 1000;

/** Loads the gaps of a log; undefined for a log that is not followed. */
export async function loadGaps(
  db: Queryable,
  { service, now }: Pick<Asked, 'service' | 'now'>,
  { account, log }: { readonly account: string; readonly log: LogStream },
): Promise<GapsAnswer | undefined> {
  const [told] = await loadHistories(db, service, { account, stream: log.name }, now);
  if (told === undefined) return undefined;
  const { gaps } = told.history;
  return {
    account,
    stream: log.name,
    title: log.title,
    gaps: gaps.slice(0, listed).map(showGap),
    left: Math.max(0, gaps.length - listed),
  };
}
