/** What follows from the entries of a sealed log: the roots of its tree, the days and spans, and the rows. Pure. */
import { hashLeaf } from '../../evidence/forms/merkle.ts';
import {
  emptyFrontier,
  findRoot,
  growFrontier,
  type Frontier,
} from '../../evidence/forms/frontier.ts';
import { findAdoption } from '../../evidence/verification/adopted.ts';
import { findBorne } from '../../evidence/verification/counts.ts';
import { readEntry, type SealedEntry } from '../../evidence/verification/entry.ts';
import { withoutLost } from '../../evidence/verification/taken-back.ts';
import { subtract, toSeconds, type Span } from '../../span.ts';
import type { ReportSpan } from '../shared/report.ts';

/** A manifest with rows, as far as their proofs need it. */
export type SealedRows = Pick<SealedEntry, 'stream' | 'storedAt' | 'before'> & {
  readonly count: number;
  readonly root: string;
  /** The hash of the entry. */
  readonly leaf: Buffer;
};

/** Takes the entries of a log, one after the other. */
export type LogDigest = {
  /** Takes the next entry. Returns its content; undefined if the bytes are not a manifest. */
  readonly add: (manifest: Buffer) => SealedEntry | undefined;
  readonly size: () => number;
  /** The root of the first entries up to a size; undefined unless requested and reached. */
  readonly rootAt: (size: number) => Buffer | undefined;
  readonly rows: ReadonlyMap<number, SealedRows>;
  /** The number of rows added to each day of a log. */
  readonly days: (stream: string) => ReadonlyMap<string, number>;
  /** The time from which each row of a log has a manifest of its own; earlier ones were counted then. Undefined: never. */
  readonly begunAt: (stream: string) => string | undefined;
  /** The spans of a log that some entry says are covered. */
  readonly covered: (stream: string) => readonly Span[];
  /** What is wrong with the entries, a sentence each. */
  readonly findings: () => readonly string[];
};

/** Prepares to take the entries and to compute the roots at some sizes. */
export function createLogDigest(sizes: ReadonlySet<number>): LogDigest {
  let frontier: Frontier = emptyFrontier;
  const roots = new Map([[0, findRoot(emptyFrontier)]]);
  const rows = new Map<number, SealedRows>();
  const entries: SealedEntry[] = [];
  let counting: readonly SealedEntry[] | undefined;
  // Data that a restored database lost does not count.
  const listCounting = (stream: string): readonly SealedEntry[] => {
    counting ??= withoutLost(entries).entries;
    return counting.filter((entry) => entry.stream === stream);
  };
  return {
    add(manifest) {
      const entry = readEntry(frontier.size, manifest, null);
      const leaf = hashLeaf(manifest);
      frontier = growFrontier(frontier, [leaf]);
      if (sizes.has(frontier.size)) roots.set(frontier.size, findRoot(frontier));
      if (entry === undefined) return undefined;
      entries.push(entry);
      const { index, stream, storedAt, before, rows: tree } = entry;
      if (tree !== undefined && tree.count > 0)
        rows.set(index, { stream, storedAt, before, leaf, ...tree });
      return entry;
    },
    size: () => frontier.size,
    rootAt: (size) => roots.get(size),
    rows,
    days: (stream) => sumDays(listCounting(stream)),
    begunAt: (stream) => findAdoption(listCounting(stream))?.before,
    covered: (stream) => findBorne(listCounting(stream)),
    findings: () => withoutLost(entries).findings.map(({ sentence }) => sentence),
  };
}

const isMove: ReadonlySet<string> = new Set(['adopted', 'archived', 'returned']);

function sumDays(entries: readonly SealedEntry[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { kind, days } of entries)
    // Adopted rows were counted when found; rows that move to the archive and back stay stored.
    for (const [day, more] of Object.entries(isMove.has(kind) ? {} : days))
      sums.set(day, (sums.get(day) ?? 0) + more);
  return sums;
}

/** How many rows a package has for each day, UTC. */
type PackedDays = {
  readonly days: ReadonlyMap<string, number>;
  /** Only rows that were first stored after the log began. */
  readonly newDays: ReadonlyMap<string, number>;
  /** Days of which some rows are not sealed yet. */
  readonly unsettled: ReadonlySet<string>;
};

/** The days on which the rows of a package differ from the log, a sentence each. Days that the span cuts are not judged. */
export function compareDays(
  stream: string,
  span: ReportSpan,
  digest: LogDigest,
  { days, newDays, unsettled }: PackedDays,
): readonly string[] {
  const sealed = digest.days(stream);
  const packed = digest.begunAt(stream) === undefined ? newDays : days;
  return [...new Set([...sealed.keys(), ...packed.keys()])]
    .toSorted()
    .filter((day) => isWithin(day, span) && !unsettled.has(day))
    .flatMap((day) => {
      const [now, then] = [packed.get(day) ?? 0, sealed.get(day) ?? 0];
      return now === then
        ? []
        : [`On ${day} the package has ${now} rows of ${stream}, and the sealed log says ${then}.`];
    });
}

function isWithin(day: string, { from, to }: ReportSpan): boolean {
  const start = Date.parse(`${day}T00:00:00Z`);
  return start >= from.getTime() && start + 86_400_000 <= to.getTime();
}

/** What counts as covered although no entry says so, a sentence each. */
export function compareCoverage(
  stream: string,
  stated: readonly Span[],
  sealed: readonly Span[],
): readonly string[] {
  return subtract(stated, sealed).map(({ from, to }) => {
    const [start, end] = [from, to].map((second) => new Date(second * 1000).toISOString());
    return `${stream} counts as covered from ${start} until ${end}, and no manifest in the log says so.`;
  });
}

/** Whether a manifest concerns a span of some logs: it has requested rows, or is about the time or the whole account. */
export function concernsSpan(
  { stream, covered, bounds: [first, last] }: SealedEntry,
  streams: readonly string[],
  { from, to }: ReportSpan,
): boolean {
  if (stream === '') return true;
  if (!streams.includes(stream)) return false;
  const [start, end] = [toSeconds(from), Math.ceil(to.getTime() / 1000)];
  const touches = (begin: number, until: number): boolean => begin < end && until >= start;
  return (
    covered.some(([begin, until]) => touches(begin, until)) ||
    (first !== '' && touches(Number(first) / 1e6, Number(last) / 1e6))
  );
}
