/**
 * A half-open interval of time `[from, to)` in whole seconds since 1970, UTC. Seconds, because neither log has finer time
 * stamps (contract 1.3, 4.2) and integers make the algebra exact.
 */
export type Span = { readonly from: number; readonly to: number };

/** A set of seconds as spans: sorted, disjoint, never touching, never empty. Build it with `normalizeSpans`. */
export type Spans = readonly Span[];

/** Sorts spans, drops empty ones and joins those that overlap or touch. */
export function normalizeSpans(spans: Iterable<Span>): Spans {
  const sorted = [...spans]
    .filter((span) => span.from < span.to)
    .toSorted((a, b) => a.from - b.from);
  const joined: Span[] = [];
  for (const span of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && span.from <= last.to) {
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    } else {
      joined.push(span);
    }
  }
  return joined;
}

/** The spans, with those joined that lie at most so many seconds apart, and what is between them. */
export function joinNear(spans: Iterable<Span>, seconds: number): Spans {
  const wide = normalizeSpans(spans).map(({ from, to }) => ({ from, to: to + seconds }));
  return normalizeSpans(wide).map(({ from, to }) => ({ from, to: to - seconds }));
}

/** The seconds in either set. */
export function unite(a: Spans, b: Iterable<Span>): Spans {
  return normalizeSpans([...a, ...b]);
}

/** The seconds in both sets. One pass over each: a history may have very many spans. */
export function intersect(a: Spans, b: Spans): Spans {
  const [left, right] = [normalizeSpans(a), normalizeSpans(b)];
  const common: Span[] = [];
  let [at, other] = [0, 0];
  for (;;) {
    const [x, y] = [left[at], right[other]];
    if (x === undefined || y === undefined) return common;
    const [from, to] = [Math.max(x.from, y.from), Math.min(x.to, y.to)];
    if (from < to) common.push({ from, to });
    if (x.to < y.to) at += 1;
    else other += 1;
  }
}

/** The seconds of `a` that are not in `b`. One pass over each. */
export function subtract(a: Spans, b: Spans): Spans {
  const holes = normalizeSpans(b);
  const rest: Span[] = [];
  let first = 0;
  for (const { from, to } of normalizeSpans(a)) {
    while ((holes[first]?.to ?? Infinity) <= from) first += 1;
    let start = from;
    for (let at = first; at < holes.length; at += 1) {
      const hole = holes[at];
      if (hole === undefined || hole.from >= to) break;
      if (start < hole.from) rest.push({ from: start, to: hole.from });
      start = Math.max(start, hole.to);
    }
    if (start < to) rest.push({ from: start, to });
  }
  return rest;
}

/** How many seconds the set holds. */
export function measure(spans: Spans): number {
  return spans.reduce((sum, span) => sum + span.to - span.from, 0);
}

/** The whole second at or before a moment. */
export function toSeconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}

/** The moment at which a whole second begins. */
export function fromSeconds(seconds: number): Date {
  return new Date(seconds * 1000);
}
