/** What a verification found, as the ledger keeps it: by stream and kind, with the times that it concerns. Pure. */
import type { Finding, FindingKind } from './finding.ts';

/** Findings of one kind in one stream, as stored in the ledger. */
type FoundGroup = {
  readonly stream: string | null;
  readonly kind: FindingKind;
  readonly anchor: string | null;
  /** Only reading every row can show it. */
  readonly is_deep: boolean;
  readonly findings: number;
  readonly first_finding: string;
  readonly found_from: string | null;
  readonly found_until: string | null;
  /** What of that time they are about, oldest first, each with its last moment; null: not known. */
  readonly spans: readonly (readonly [string, string])[] | null;
};

/** So many spans of one kind are kept apart; of more, those that are nearest to each other become one. */
const mostSpans = 200;

const deepKinds: readonly FindingKind[] = ['row_changed', 'row_missing', 'row_added'];

/** Groups findings by stream and kind, in the order of the first of each. Pure. */
export function groupFindings(findings: readonly Finding[]): readonly FoundGroup[] {
  const groups = Map.groupBy(findings, ({ stream = '', kind, anchor = '' }) =>
    [stream, kind, anchor].join('\n'),
  );
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const times = same.map(
      ({ time, until }) => [Date.parse(time ?? ''), Date.parse(until ?? time ?? '')] as const,
    );
    const isKnown = times.flat().every((ms) => !Number.isNaN(ms));
    const spans = isKnown ? joinNearest(times) : [];
    const [from, until] = [spans.at(0)?.[0], spans.at(-1)?.[1]];
    return [
      {
        stream: first.stream ?? null,
        kind: first.kind,
        anchor: first.anchor ?? null,
        is_deep: deepKinds.includes(first.kind),
        findings: same.length,
        first_finding: first.sentence,
        found_from: from === undefined ? null : write(from),
        found_until: until === undefined ? null : write(until),
        spans: isKnown ? spans.map(([start, end]) => [write(start), write(end)] as const) : null,
      },
    ];
  });
}

type SpanMs = readonly [from: number, until: number];

function joinNearest(spans: readonly SpanMs[]): readonly SpanMs[] {
  const joined: [number, number][] = [];
  for (const [from, until] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    // Days are marked by the second.
    if (last !== undefined && from - last[1] <= 1000) last[1] = Math.max(last[1], until);
    else joined.push([from, until]);
  }
  if (joined.length <= mostSpans) return joined;
  const distanceTo = (place: number): number =>
    (joined[place]?.[0] ?? 0) - (joined[place - 1]?.[1] ?? -Infinity);
  const starts = new Set(
    [...joined.keys()].toSorted((a, b) => distanceTo(b) - distanceTo(a)).slice(0, mostSpans),
  );
  const kept: [number, number][] = [];
  for (const [place, [from, until]] of joined.entries()) {
    const last = kept.at(-1);
    if (last === undefined || starts.has(place)) kept.push([from, until]);
    else last[1] = until;
  }
  return kept;
}

function write(ms: number): string {
  return new Date(ms).toISOString();
}
