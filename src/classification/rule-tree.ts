/** Finds the first rule of a table that fits a path. A tree by segments, so that the length of the table does not matter. */
import { allowsMethod, type CompiledRule } from './compiled-rule.ts';
import { isId, isKey } from './identifiers.ts';
import type { PatternSegment } from './path-pattern.ts';

type Node = {
  /** The lowest order of all rules at and below this node. */
  first: number;
  /** Rules whose path ends here, and those with `**` from here on; ascending by order. */
  readonly ending: CompiledRule[];
  readonly open: CompiledRule[];
  readonly words: Map<string, Node>;
  id: Node | undefined;
  key: Node | undefined;
  any: Node | undefined;
};

type RuleTree = {
  /** The first rule for that path and method; undefined when none fits. */
  find(segments: readonly string[], method: string | null): CompiledRule | undefined;
};

/** Plants the rules, given ascending by order. */
export function createRuleTree(rules: readonly CompiledRule[]): RuleTree {
  const root = createNode();
  for (const rule of rules) plant(root, rule);
  return { find: (segments, method) => search(root, segments, 0, method, undefined) };
}

function createNode(): Node {
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

function plant(root: Node, rule: CompiledRule): void {
  let nodes = [root];
  root.first = Math.min(root.first, rule.order);
  for (const segment of rule.pattern.segments) {
    nodes = nodes.flatMap((node) => growChildren(node, segment));
    for (const node of nodes) node.first = Math.min(node.first, rule.order);
  }
  for (const node of nodes) (rule.pattern.open ? node.open : node.ending).push(rule);
}

function growChildren(node: Node, segment: PatternSegment): Node[] {
  if (segment === 'any') return [(node.any ??= createNode())];
  if ('words' in segment) return segment.words.map((word) => growWord(node, word));
  if (segment.form === 'me') return [growWord(node, 'me')];
  return [segment.form === 'id' ? (node.id ??= createNode()) : (node.key ??= createNode())];
}

function growWord(node: Node, word: string): Node {
  const child = node.words.get(word) ?? createNode();
  node.words.set(word, child);
  return child;
}

/** The better of `best` and what fits at or below a node; branches that hold only later rules are left alone. */
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
