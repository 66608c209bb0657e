/** A gap as the page shows it. Pure. */
import type { Gap } from '../../../ingest/gaps.ts';
import { fromSeconds } from '../../../span.ts';

/** A gap with its moments; null where nothing says when. */
export type ShownGap = Omit<Gap, 'from' | 'to'> & {
  readonly from: Date | null;
  readonly until: Date | null;
};

/** Makes moments of the seconds of a gap. */
export function showGap({ from, to, ...gap }: Gap): ShownGap {
  return {
    ...gap,
    from: from === undefined ? null : fromSeconds(from),
    until: to === undefined ? null : fromSeconds(to),
  };
}
