/** A path rule made ready for many requests: what it says of a request that fits. */
import type { PathRule } from './access-rule.ts';
import type { AccessedResource, AccessRequest, Classification } from './classification.ts';
import { isId } from './identifiers.ts';
import { parsePattern, type PathPattern } from './path-pattern.ts';
import { readIds, readSearchText } from './query.ts';
import { addResource, mostResources } from './resource-list.ts';
import type { Vocabulary } from './vocabulary.ts';

export type CompiledRule = {
  readonly pattern: PathPattern;
  /** Its place in the table: the lowest that fits decides. */
  readonly order: number;
  readonly methods: ReadonlySet<string> | undefined;
  /** The types named in the path, the main one first. */
  readonly captures: readonly {
    readonly index: number;
    readonly type: string;
    readonly isMe: boolean;
  }[];
  /** The type that the path names no id of. */
  readonly unnamed: string | undefined;
  readonly readsText: boolean;
  /** What is said of requests that carry neither ids nor text. */
  readonly onReading: Classification;
  readonly onWriting: Classification;
};

/** @throws {InputError} when the path of the rule is none */
export function compileRule(
  { path, methods, kind, resource }: PathRule,
  order: number,
): CompiledRule {
  const pattern = parsePattern(path);
  const captures = pattern.segments.flatMap((segment, index) =>
    typeof segment === 'object' && 'type' in segment
      ? [{ index, type: segment.type, isMe: segment.form === 'me' }]
      : [],
  );
  const main = captures.filter(({ type }) => type === resource);
  const unnamed = main.length > 0 ? undefined : resource;
  const resources = unnamed === undefined ? [] : [{ type: unnamed, id: null }];
  const shows = kind === 'view' || kind === 'list';
  const onReading: Classification = { kind, resources, searchQuery: null };
  return {
    pattern,
    order,
    methods: methods === undefined ? undefined : new Set(methods),
    captures: [...main, ...captures.filter((capture) => !main.includes(capture))],
    unnamed,
    readsText: kind === 'search' || kind === 'export',
    onReading,
    onWriting: shows && methods === undefined ? { ...onReading, kind: 'write' } : onReading,
  };
}

/** Whether the rule is for requests of that method. */
export function allowsMethod({ methods }: CompiledRule, method: string | null): boolean {
  return methods === undefined || (method !== null && methods.has(method.toUpperCase()));
}

/** What the rule says of a request that fits it. `query` is what follows the path. */
export function applyRule(
  rule: CompiledRule,
  { method, user_id }: AccessRequest,
  segments: readonly string[],
  query: string,
  { plurals }: Vocabulary,
): Classification {
  const plain = isWriting(method) ? rule.onWriting : rule.onReading;
  const { kind } = plain;
  if (kind === 'noise') return plain;
  const { unnamed, captures, pattern, readsText } = rule;
  const searchQuery = readsText ? readSearchText(query) : null;
  const ids = unnamed === undefined || readsText ? none : readIds(query);
  const begin = pattern.segments.length;
  if (captures.length === 0 && ids.length === 0 && segments.length - begin < 2)
    return searchQuery === null ? plain : { ...plain, searchQuery };
  const resources: AccessedResource[] = [];
  if (unnamed !== undefined && ids.length === 0) resources.push({ type: unnamed, id: null });
  if (unnamed !== undefined)
    for (const id of ids.slice(0, mostResources)) resources.push({ type: unnamed, id });
  for (const { index, type, isMe } of captures)
    addResource(resources, type, (isMe ? user_id?.toString() : segments[index]) || null);
  for (let i = begin; i + 1 < segments.length; i++) {
    const type = plurals.get(segments[i] ?? '');
    const id = segments[i + 1] ?? '';
    if (type !== undefined && isId(id)) addResource(resources, type, id);
  }
  return { kind, resources, searchQuery };
}

const none: readonly string[] = [];
const writingMethods = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

function isWriting(method: string | null): boolean {
  if (method === null || method === 'GET') return false;
  return writingMethods.has(method) || writingMethods.has(method.toUpperCase());
}
