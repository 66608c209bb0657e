/** The types of resources in the rules, by the words that urls and GraphQL use for them. */
import type { OperationRule, PathRule, RuleKind } from './access-rule.ts';
import { parsePattern } from './path-pattern.ts';

/** What a word means. */
export type Noun = {
  readonly type: string;
  readonly plural: boolean;
  /** `secret` or `log` if the rules say only that about the type, for every action. */
  readonly kind: 'secret' | 'log' | undefined;
};

export type Vocabulary = {
  /** Types by their plural in a path: `tickets`, `custom_object_records`. */
  readonly plurals: ReadonlyMap<string, string>;
  /** Types by every form: `ticket`, `tickets`, `customObjectRecords`, `custom_object_records`. */
  readonly words: ReadonlyMap<string, Noun>;
};

/** Collects the types from all rules, with expanded collections. */
export function collectVocabulary(rules: readonly (PathRule | OperationRule)[]): Vocabulary {
  const plurals = new Map<string, string>();
  const words = new Map<string, Noun>();
  for (const [type, kinds] of collectTypes(rules)) {
    const plural = pluralize(type);
    const [first] = kinds;
    const kind = kinds.size === 1 && (first === 'secret' || first === 'log') ? first : undefined;
    plurals.set(plural, type);
    for (const word of [type, toCamelCase(type)]) words.set(word, { type, plural: false, kind });
    for (const word of [plural, toCamelCase(plural)]) words.set(word, { type, plural: true, kind });
  }
  return { plurals, words };
}

function collectTypes(rules: readonly (PathRule | OperationRule)[]): Map<string, Set<RuleKind>> {
  const kindsOfTypes = new Map<string, Set<RuleKind>>();
  for (const rule of rules) {
    for (const type of listTypes(rule)) {
      const kinds = kindsOfTypes.get(type) ?? new Set();
      kindsOfTypes.set(type, kinds.add(rule.kind ?? 'view'));
    }
  }
  return kindsOfTypes;
}

function listTypes(rule: PathRule | OperationRule): readonly string[] {
  const main = rule.resource === undefined ? [] : [rule.resource];
  if (!('path' in rule)) return main;
  const inPath = parsePattern(rule.path).segments.flatMap((segment) =>
    typeof segment === 'object' && 'type' in segment ? [segment.type] : [],
  );
  return [...main, ...inPath];
}

function pluralize(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(?:s|x|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}

function toCamelCase(word: string): string {
  return word.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
