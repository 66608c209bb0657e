/** What a search for faults tells its processes, in their environment: which tests search in which file, and how many faults. */
import { createHash } from 'node:crypto';

/** How many faults to try, chosen by a seed; without a size all of them. */
export type Sample = { readonly size?: number; readonly seed: string };

export type Search = {
  readonly file: string;
  readonly tests: readonly string[];
  readonly sample: Sample;
};

const variable = 'MUTATION_SEARCH';

export function announceSearch(search: Search): void {
  process.env[variable] = JSON.stringify(search);
}

export function readSearch(): Search {
  return JSON.parse(process.env[variable]!) as Search;
}

/** The faults of a sample: the same ones whenever the file and the seed are the same. */
export function chooseSample(ids: readonly string[], { size, seed }: Sample): ReadonlySet<string> {
  const rank = (id: string): string => createHash('sha256').update(`${seed} ${id}`).digest('hex');
  const ranked = ids
    .map((id) => ({ id, rank: rank(id) }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1));
  return new Set(ranked.slice(0, size).map(({ id }) => id));
}
