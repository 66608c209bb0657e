/** Checks that do not read every row: the counts by day, and coverage. */
import {
  fromSeconds,
  intersect,
  normalizeSpans,
  subtract,
  toSeconds,
  type Span,
  type Spans,
} from '../../span.ts';
import type { SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';
import type { LogHole } from './log-entries.ts';
import type { StandingLog } from './standing-log.ts';
import type { Unchecked } from './unchecked.ts';

type Named = { readonly stream: string; readonly span: Span };

const daySeconds = 86_400;

/** Compares the number of rows of each day with what the manifests say was found and stored. */
export function compareCounts(
  { stream, span }: Named,
  counted: StandingLog['counted'],
  entries: readonly SealedEntry[],
): readonly Finding[] {
  const stored = new Map(counted);
  const sealed = new Map<string, number>();
  // Adopted rows were counted when they were found.
  for (const { days } of entries.filter(({ kind }) => kind !== 'adopted'))
    for (const [day, rows] of Object.entries(days)) sealed.set(day, (sealed.get(day) ?? 0) + rows);
  return [...new Set([...stored.keys(), ...sealed.keys()])].toSorted().flatMap((day) => {
    const began = toSeconds(new Date(`${day}T00:00:00Z`));
    // A forged manifest may have a key that is not a day.
    if (began + daySeconds <= span.from || began >= span.to) return [];
    const [now, then] = [stored.get(day) ?? 0, sealed.get(day) ?? 0];
    if (now === then) return [];
    const sentence = `On ${day} ${stream} has ${now} rows, and ${then} were stored.`;
    const [time, until] = [`${day}T00:00:00Z`, `${day}T23:59:59Z`];
    return [finding('rows_miscounted', sentence, { stream, time, until })];
  });
}

/** Compares the ledger's coverage with what pages completed and what was found when the log began. */
export function compareCoverage(
  { stream, span }: Named,
  { covered }: Pick<StandingLog, 'covered'>,
  entries: readonly SealedEntry[],
  holes: readonly LogHole[],
): { readonly findings: readonly Finding[]; readonly unchecked: readonly Unchecked[] } {
  const unborne = intersect(subtract(covered, findBorne(entries)), [span]).map(({ from, to }) => {
    const [time, until] = [from, to].map(spell);
    return { time, until, words: `${stream} counts as covered from ${time} until ${until}` };
  });
  if (holes.length === 0)
    return {
      findings: unborne.map(({ time, until, words }) =>
        finding('coverage_unfounded', `${words}, and no manifest says so.`, {
          stream,
          time,
          until,
        }),
      ),
      unchecked: [],
    };
  return {
    findings: [],
    unchecked: unborne.map(({ time = '', until = '', words }) => ({
      reason: 'manifest_missing',
      stream,
      from: time,
      until,
      sentence: `${words}, and whether a manifest said so cannot be checked: some are missing.`,
    })),
  };
}

/** What is covered according to the manifests, applied one after the other. */
export function findBorne(entries: readonly SealedEntry[]): Spans {
  let borne: Span[] = [];
  for (const { covered, uncovered } of entries) {
    borne.push(...toSpans(covered));
    if (uncovered.length > 0) borne = [...subtract(normalizeSpans(borne), toSpans(uncovered))];
  }
  return normalizeSpans(borne);
}

function toSpans(pairs: SealedEntry['covered']): readonly Span[] {
  return pairs.map(([from, to]) => ({ from, to }));
}

/** Any second, limited to what can be written as a time. */
function spell(second: number): string {
  return fromSeconds(Math.min(Math.max(second, firstSecond), lastSecond)).toISOString();
}

/** The years 1 to 9999. */
const [firstSecond, lastSecond] = [-62_135_596_800, 253_402_300_799];
