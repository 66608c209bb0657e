import { fromSeconds, type Spans } from '../span.ts';

/** A set of spans as the text of a `tstzmultirange`. */
export function toMultirange(spans: Spans): string {
  const ranges = spans.map(
    ({ from, to }) => `[${fromSeconds(from).toISOString()},${fromSeconds(to).toISOString()})`,
  );
  return `{${ranges.join(',')}}`;
}
