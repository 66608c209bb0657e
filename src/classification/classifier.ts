import { expandRules, type AccessRule } from './access-rule.ts';
import type { AccessRequest, Classification, Classify } from './classification.ts';
import { applyRule, compileRule } from './compiled-rule.ts';
import { createOperationReader } from './graphql-operation.ts';
import { createRuleTree } from './rule-tree.ts';
import { findQuery, splitPath } from './url.ts';
import { collectVocabulary } from './vocabulary.ts';

const unclassified: Classification = { kind: 'unclassified', resources: [], searchQuery: null };

/**
 * A classifier by these rules; of several that fit, the first decides. Make one and keep it: the rules are compiled.
 * @throws {KnownError} `bad_input` when the path of a rule is none, see `findPatternProblem`
 */
export function createClassifier(rules: readonly AccessRule[]): Classify {
  const expanded = expandRules(rules);
  const paths = expanded.filter((rule) => 'path' in rule);
  const operations = expanded.filter((rule) => 'operation' in rule);
  const vocabulary = collectVocabulary(expanded);
  const tree = createRuleTree(paths.map((rule, order) => compileRule(rule, order)));
  const readOperation = createOperationReader(operations, vocabulary);

  function classifyPath(request: AccessRequest, url: string): Classification {
    const end = findQuery(url);
    const segments = splitPath(url, end);
    if (segments.at(-1) === 'graphql') return readOperation(request) ?? unclassified;
    const rule = tree.find(segments, request.method);
    if (rule === undefined) return unclassified;
    return applyRule(rule, request, segments, url.slice(end), vocabulary);
  }

  return (request) => {
    const { url } = request;
    if (url === '/graphql' || url === null || url === '')
      return readOperation(request) ?? unclassified;
    return classifyPath(request, url);
  };
}
