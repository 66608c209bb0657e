/** What a report says about rows that are in the archive. */
import { KnownError } from '../../errors.ts';
import type { ArchivedSpan } from '../../ingest/archived-spans.ts';
import { normalizeSpans, type Span } from '../../span.ts';

type Asked = {
  readonly title: string;
  readonly stream: string;
  readonly archived: readonly ArchivedSpan[];
  /** The span that is asked for; without `from` as far back as the log is stored. */
  readonly from: number | undefined;
  readonly to: number;
  readonly show: (second: number) => string;
};

/** The archived months of a span that is asked for. */
function listConcerned({ archived, from, to }: Asked): readonly ArchivedSpan[] {
  return archived.filter((span) => span.to > (from ?? -Infinity) && span.from < to);
}

/**
 * Refuses an answer from a part of the rows.
 *
 * @throws {KnownError} `archive_failed` when some of the span are in the archive
 */
export function refuseArchived(asked: Asked): void {
  const [first, ...others] = normalizeSpans(listConcerned(asked));
  if (first === undefined) return;
  const last: Span = others.at(-1) ?? first;
  const { title, stream, show } = asked;
  throw new KnownError('archive_failed', {
    found: `The ${title} from ${show(first.from)} to ${show(last.to)} is in the archive, and this report does not read it there`,
    wayOut: `Choose a time from ${show(last.to)} on, or bring the months back: archive restore --stream ${stream} --month ${new Date(first.from * 1000).toISOString().slice(0, 7)}`,
  });
}

/** How many rows of the span were read from the archive, in a sentence; none if there are none. */
export function describeArchived(asked: Asked): readonly string[] {
  return listConcerned(asked).map(
    ({ from, to, rows }) =>
      `The ${asked.title} from ${asked.show(from)} to ${asked.show(to)} is in the archive (${rows.toLocaleString('en-US')} rows) and was read there.`,
  );
}
