/** Reads the path of a rule (see PathRule). */
import { refuseInput } from '../errors.ts';

/** One segment: one of several words, an id or key of a type, or anything. */
export type PatternSegment =
  | { readonly words: readonly string[] }
  | { readonly type: string; readonly form: 'id' | 'key' | 'me' }
  | 'any';

export type PathPattern = {
  readonly segments: readonly PatternSegment[];
  /** True if anything may follow. */
  readonly open: boolean;
};

/** The form of a resource type. */
export const resourceType = /^[a-z][a-z0-9_]{0,62}$/;

/** What is wrong with the path of a rule, as the end of a sentence that begins with the path; undefined if it is valid. */
export function findPatternProblem(path: string): string | undefined {
  if (!path.startsWith('/'))
    return 'Use a path that begins with a slash such as /api/v2/tickets/{ticket}';
  if (/\/graphql(?:\/|$)/.test(path))
    return 'Use the path of a REST request. For a GraphQL request, use operation';
  if (/[?#]/.test(path)) return 'Remove the query and use only the path';
  if (/\.json(?:\/|$)/.test(path)) return 'Remove .json: the rule matches with and without it';
  const segments = path.slice(1).split('/');
  for (const [i, segment] of segments.entries()) {
    if (segment === '**' && i === segments.length - 1 && i > 0) continue;
    if (segment === '**') return 'Use ** only at the end, after something else';
    if (segment === '{id}')
      return 'Use the type of the thing that the id belongs to, such as {ticket}, instead of {id}';
    if (readSegment(segment) === undefined)
      return `${JSON.stringify(segment)} is not a segment. Use a word, several words such as a|b, {type}, {type:key}, {type:me}, * or **`;
  }
  return undefined;
}

/** Reads a path. @throws {KnownError} `bad_input` when it is invalid, see `findPatternProblem` */
export function parsePattern(path: string): PathPattern {
  const problem = findPatternProblem(path);
  if (problem !== undefined) throw refuseInput([`The rule for ${path}: ${problem}.`]);
  const segments = path.slice(1).split('/');
  const open = segments.at(-1) === '**';
  const read = (open ? segments.slice(0, -1) : segments).map((segment) => readSegment(segment));
  return { segments: read.filter((segment) => segment !== undefined), open };
}

function readSegment(segment: string): PatternSegment | undefined {
  if (segment === '*') return 'any';
  const capture = /^\{([a-z][a-z0-9_]{0,62})(?::(key|me))?\}$/.exec(segment);
  const type = capture?.[1];
  if (type !== undefined)
    return { type, form: capture?.[2] === undefined ? 'id' : toForm(capture[2]) };
  return /^[\w.-]+(?:\|[\w.-]+)*$/.test(segment) ? { words: segment.split('|') } : undefined;
}

function toForm(text: string): 'key' | 'me' {
  return text === 'key' ? 'key' : 'me';
}
