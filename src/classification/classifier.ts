import { expandRules, type AccessRule } from './access-rule.ts';
import type { AccessRequest, Classification, Classify } from './classification.ts';
import { createOperationReader } from './graphql.ts';
import { createPathReader } from './path-rules.ts';
import { findQuery, splitPath } from './url.ts';
import { collectVocabulary } from './vocabulary.ts';

const unclassified: Classification = { kind: 'unclassified', resources: [], searchQuery: null };

/**
 * A classifier with these rules; if several match, the first decides. Make one and keep it: the rules are compiled.
 * @throws {KnownError} `bad_input` when the path of a rule is invalid, see `findPatternProblem`
 */
export function createClassifier(rules: readonly AccessRule[]): Classify {
  const expanded = expandRules(rules);
  const paths = expanded.filter((rule) => 'path' in rule);
  const operations = expanded.filter((rule) => 'operation' in rule);
  const vocabulary = collectVocabulary(expanded);
  const readPath = createPathReader(paths, vocabulary);
  const readOperation = createOperationReader(operations, vocabulary);

  function classifyPath(request: AccessRequest, url: string): Classification {
    const end = findQuery(url);
    const segments = splitPath(url, end);
    if (segments.at(-1) === 'graphql') return readOperation(request) ?? unclassified;
    return readPath(request, segments, url.slice(end)) ?? unclassified;
  }

  return (request) => {
    const { url } = request;
    if (url === '/graphql' || url === null || url === '')
      return readOperation(request) ?? unclassified;
    return classifyPath(request, url);
  };
}
