/** Which parts of a span a sample looks at; pure. */
import { createHash } from 'node:crypto';
import { intersect, normalizeSpans, type Span, type Spans } from '../../span.ts';

/** A number of random parts, decided by the seed. */
export type Sample = { readonly count: number; readonly seed: number };

/** Seeds that are drawn are below this, so that they can be given again. */
export const largestSeed = 999_999_999;

const longestPartSeconds = 3600;
const shortestPartSeconds = 60;

/**
 * The parts of a span that a sample looks at, of those that can be compared. The span is cut into parts of an hour, or
 * shorter ones where it has fewer hours; the seed gives each part its place in the line. The same span and seed choose the
 * same parts while the same time can be compared.
 */
export function chooseParts(span: Span, comparable: Spans, { count, seed }: Sample): Spans {
  const seconds = Math.floor((span.to - span.from) / count);
  const length = Math.max(shortestPartSeconds, Math.min(longestPartSeconds, seconds));
  const parts: { readonly rank: string; readonly part: Spans }[] = [];
  for (let from = span.from; from < span.to; from += length) {
    const part = intersect([{ from, to: Math.min(from + length, span.to) }], comparable);
    if (part.length > 0) parts.push({ rank: rank(seed, from), part });
  }
  const chosen = parts.toSorted((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, count);
  return normalizeSpans(chosen.flatMap(({ part }) => part));
}

function rank(seed: number, from: number): string {
  return createHash('sha256').update(`${seed} ${from}`).digest('hex');
}
