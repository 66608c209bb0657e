/**
 * A half-open interval of time `[from, to)` in whole seconds since 1970, UTC. Seconds, because both logs carry no
 * finer time stamps (contract 1.3, 4.2) and integers make the algebra exact.
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

/** The seconds in either set. */
export function unite(a: Spans, b: Iterable<Span>): Spans {
  return normalizeSpans([...a, ...b]);
}

/** The seconds in both sets. */
export function intersect(a: Spans, b: Spans): Spans {
  const common = a.flatMap((x) =>
    b.map((y) => ({ from: Math.max(x.from, y.from), to: Math.min(x.to, y.to) })),
  );
  return normalizeSpans(common);
}

/** The seconds of `a` that are not in `b`. */
export function subtract(a: Spans, b: Spans): Spans {
  let rest: Span[] = [...a];
  for (const hole of b) {
    rest = rest.flatMap((span) => [
      { from: span.from, to: Math.min(span.to, hole.from) },
      { from: Math.max(span.from, hole.to), to: span.to },
    ]);
    rest = rest.filter((span) => span.from < span.to);
  }
  return normalizeSpans(rest);
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
