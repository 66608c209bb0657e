/** What of the archive would go by the policies; pure. */
import type { ArchivedObject } from '../archive/ledger.ts';
import type { ArchiveStore } from '../archive/store.ts';
import { normalizeSpans, subtract, type Span } from '../span.ts';

/** The archive of a log. */
export type PlannedArchive = {
  /** Undefined where no setting names it. */
  readonly store: ArchiveStore | undefined;
  /** What its rows were in when the plan was made. */
  readonly objects: readonly ArchivedObject[];
};

/** A partition, or a month of which nothing but the archive has rows. */
export type Part = Span & { readonly name: string | undefined };

const daySeconds = 86_400;

/** The months before a moment that have rows in the archive, without the time of partitions. */
export function listArchivedParts(
  { objects }: PlannedArchive,
  partitions: readonly Span[],
  until: number,
): readonly Part[] {
  const held = normalizeSpans(partitions.map(({ from, to }) => ({ from, to })));
  return [...new Set(objects.map(({ month }) => month))]
    .toSorted()
    .flatMap((month) => subtract([monthOf(month)], held))
    .filter(({ from }) => from < until)
    .map((span) => ({ ...span, name: undefined }));
}

function monthOf(firstDay: string): Span {
  const [year = 0, month = 1] = firstDay.split('-').map(Number);
  return { from: Date.UTC(year, month - 1, 1) / 1000, to: Date.UTC(year, month, 1) / 1000 };
}

/**
 * The archived rows of a span, by the days in which they are; of a group of columns those that may still have them. `first`
 * is when the first of them happened.
 */
export function countArchived(
  { objects }: PlannedArchive,
  group: string | undefined,
  { from, to }: Span,
): { readonly rows: number; readonly first: number } {
  let [rows, first] = [0, Infinity];
  for (const object of objects) {
    if (!mayHave(object, group, { from, to })) continue;
    for (const [day, count] of Object.entries(object.days)) {
      const start = Date.parse(`${day}T00:00:00Z`) / 1000;
      if (start + daySeconds <= from || start >= to) continue;
      rows += count;
      first = Math.min(first, Math.max(start, from));
    }
  }
  return { rows, first };
}

/** Whether an object has rows of a span, and of these what is to go. */
export function mayHave(
  { first, last, stripped }: ArchivedObject,
  group: string | undefined,
  { from, to }: Span,
): boolean {
  const [start, end] = [Number(first[0]) / 1e6, Number(last[0]) / 1e6];
  if (start >= to || end < from) return false;
  return group === undefined || (stripped[group] ?? -Infinity) < Math.min(to, end);
}
