/**
 * Classifies a path: finds the first rule of a table that matches it, and applies it to the request. The table is a tree of
 * segments, so that its length does not matter.
 */
import type { PathRule } from './access-rule.ts';
import {
  addResource,
  mostResources,
  type AccessedResource,
  type AccessRequest,
  type Classification,
} from './classification.ts';
import { parsePattern, type PathPattern, type PatternSegment } from './path-pattern.ts';
import { isId, isKey, readIds, readSearchText } from './url.ts';
import type { Vocabulary } from './vocabulary.ts';

/**
 * Makes the reader of paths; it returns undefined for a path that no rule matches.
 *
 * @throws {KnownError} `bad_input` when the path of a rule is invalid, see `findPatternProblem`
 */
export function createPathReader(
  rules: readonly PathRule[],
  vocabulary: Vocabulary,
): (
  request: AccessRequest,
  segments: readonly string[],
  query: string,
) => Classification | undefined {
  const root = createNode();
  for (const [order, rule] of rules.entries()) plant(root, compileRule(rule, order));
  return (request, segments, query) => {
    const rule = search(root, segments, 0, request.method, undefined);
    return rule === undefined ? undefined : applyRule(rule, request, segments, query, vocabulary);
  };
}

/** A path rule, prepared for many requests. */
type CompiledRule = {
  readonly pattern: PathPattern;
  /** Its position in the table: the lowest that matches decides. */
  readonly order: number;
  readonly methods: ReadonlySet<string> | undefined;
  /** The types named in the path, the main one first. */
  readonly captures: readonly {
    readonly index: number;
    readonly type: string;
    readonly isMe: boolean;
  }[];
  /** The type without an id in the path. */
  readonly unnamed: string | undefined;
  readonly readsText: boolean;
  /** The result for requests with neither ids nor text. */
  readonly onReading: Classification;
  readonly onWriting: Classification;
};

function compileRule({ path, methods, kind, resource }: PathRule, order: number): CompiledRule {
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
function allowsMethod({ methods }: CompiledRule, method: string | null): boolean {
  return methods === undefined || (method !== null && methods.has(method.toUpperCase()));
}

/** The result of the rule for a matching request. `query` is the part after the path. */
function applyRule(
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

/** A node of the tree: what may follow in a path, and the rules that end there. */
type Node = {
  /** The lowest order of all rules at and below this node. */
  readonly first: number;
  /** Rules whose path ends here, and those with `**` from here on; ascending by order. */
  readonly ending: CompiledRule[];
  readonly open: CompiledRule[];
  readonly words: Map<string, Node>;
  readonly id: Node | undefined;
  readonly key: Node | undefined;
  readonly any: Node | undefined;
};

/** A node while the tree is built. */
type GrowingNode = { -readonly [Part in keyof Node]: Node[Part] };

function createNode(): GrowingNode {
  return {
    first: Infinity,
    ending: [],
    open: [],
    words: new Map(),
    id: undefined,
    key: undefined,
    any: undefined,
  };
}

function plant(root: GrowingNode, rule: CompiledRule): void {
  let nodes: GrowingNode[] = [root];
  root.first = Math.min(root.first, rule.order);
  for (const segment of rule.pattern.segments) {
    nodes = nodes.flatMap((node) => growChildren(node, segment));
    for (const node of nodes) node.first = Math.min(node.first, rule.order);
  }
  for (const node of nodes) (rule.pattern.open ? node.open : node.ending).push(rule);
}

function growChildren(node: GrowingNode, segment: PatternSegment): GrowingNode[] {
  if (segment === 'any') return [(node.any ??= createNode())];
  if ('words' in segment) return segment.words.map((word) => growWord(node, word));
  if (segment.form === 'me') return [growWord(node, 'me')];
  return [segment.form === 'id' ? (node.id ??= createNode()) : (node.key ??= createNode())];
}

function growWord(node: GrowingNode, word: string): GrowingNode {
  const child = node.words.get(word) ?? createNode();
  node.words.set(word, child);
  return child;
}

/** The better of `best` and the rules that match at or below a node; branches with only later rules are skipped. */
function search(
  node: Node,
  segments: readonly string[],
  depth: number,
  method: string | null,
  best: CompiledRule | undefined,
): CompiledRule | undefined {
  if (best !== undefined && node.first >= best.order) return best;
  let found = choose(node.open, method, best);
  const segment = segments[depth];
  if (segment === undefined) return choose(node.ending, method, found);
  const next = node.words.get(segment);
  if (next !== undefined) found = search(next, segments, depth + 1, method, found);
  if (node.id !== undefined && isId(segment))
    found = search(node.id, segments, depth + 1, method, found);
  if (node.key !== undefined && isKey(segment))
    found = search(node.key, segments, depth + 1, method, found);
  if (node.any !== undefined) found = search(node.any, segments, depth + 1, method, found);
  return found;
}

function choose(
  rules: readonly CompiledRule[],
  method: string | null,
  best: CompiledRule | undefined,
): CompiledRule | undefined {
  for (const rule of rules) {
    if (best !== undefined && rule.order >= best.order) return best;
    if (allowsMethod(rule, method)) return rule;
  }
  return best;
}
