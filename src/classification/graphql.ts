/**
 * What a GraphQL request was about. It is always sent by POST, so the type of the operation says whether it reads or writes.
 * Only the operation `ticket` is documented; for others the first field of the query, the name and the names of the ids
 * decide.
 */
import type { OperationRule } from './access-rule.ts';
import {
  addResource,
  type AccessedResource,
  type AccessKind,
  type AccessRequest,
  type Classification,
} from './classification.ts';
import { readVariableText, scanIds } from './graphql-variables.ts';
import type { Noun, Vocabulary } from './vocabulary.ts';

/** What an operation is about: from its rule or, if `guessed`, from its name. */
type Subject = {
  readonly type: string | undefined;
  readonly kind: AccessKind;
  readonly guessed: boolean;
};

const noise: Classification = { kind: 'noise', resources: [], searchQuery: null };
/** How many names are remembered: more than an account's programs use, but little memory if somebody invents names. */
const mostGuesses = 2000;
const unknown: Subject = { type: undefined, kind: 'view', guessed: true };

/** Makes the reader of such requests; it returns undefined for an unknown one. */
export function createOperationReader(
  rules: readonly OperationRule[],
  vocabulary: Vocabulary,
): (request: AccessRequest) => Classification | undefined {
  const known = new Map<string, Subject>();
  for (const { operation, kind = 'view', resource } of rules)
    if (!known.has(operation)) known.set(operation, { type: resource, kind, guessed: false });

  const guesses = new Map<string, Subject | undefined>();
  function guessSubject(name: string): Subject | undefined {
    if (guesses.has(name)) return guesses.get(name);
    const guess = interpretName(name, vocabulary);
    const subject = guess === undefined ? undefined : { ...guess, guessed: true };
    if (guesses.size < mostGuesses) guesses.set(name, subject);
    return subject;
  }

  function findSubject(name: string | null, query: string | null): Subject | undefined {
    const byName = name === null ? undefined : known.get(name);
    if (byName !== undefined) return byName;
    const field = query === null ? undefined : readFirstField(query);
    const byField = field === undefined ? undefined : (known.get(field) ?? guessSubject(field));
    return byField ?? (name === null ? undefined : guessSubject(name));
  }

  return (request) => {
    const { graphql_operation_name: name, graphql_query: query } = request;
    const { graphql_variables: variables } = request;
    const subject = findSubject(name, query);
    if (subject?.kind === 'noise') return noise;
    const resources = variables === null ? [] : listIds(variables, subject?.type, vocabulary);
    if (subject === undefined && resources.length === 0) return undefined;
    const kind = chooseKind(request, subject ?? unknown, resources);
    const readsText = variables !== null && (kind === 'search' || kind === 'export');
    return {
      kind,
      resources: putFirst(resources, subject?.type),
      searchQuery: readsText ? readVariableText(variables) : null,
    };
  };
}

function chooseKind(
  { graphql_operation_type: operationType, graphql_query: query }: AccessRequest,
  { type, kind, guessed }: Subject,
  resources: readonly AccessedResource[],
): AccessKind {
  const shows = kind === 'view' || kind === 'list';
  if (shows || (guessed && (kind === 'search' || kind === 'export'))) {
    const writes =
      operationType === null
        ? query !== null && isMutation(query)
        : operationType.toUpperCase() === 'MUTATION';
    if (writes) return 'write';
  }
  const names = guessed && kind === 'list' && resources.some((resource) => resource.type === type);
  return names ? 'view' : kind;
}

/** The main type comes first, without an id if the request names none of that type. */
function putFirst(
  resources: readonly AccessedResource[],
  type: string | undefined,
): readonly AccessedResource[] {
  if (type === undefined || resources[0]?.type === type) return resources;
  const main = resources.filter((resource) => resource.type === type);
  const others = resources.filter((resource) => resource.type !== type);
  return [...(main.length === 0 ? [{ type, id: null }] : main), ...others];
}

function listIds(
  variables: string,
  main: string | undefined,
  vocabulary: Vocabulary,
): AccessedResource[] {
  const resources: AccessedResource[] = [];
  scanIds(
    variables,
    (key, parent) => findTypeOfKey(key, parent, main, vocabulary),
    (type, id) => addResource(resources, type, id),
  );
  return resources;
}

/** Words for people and organizations in the role of a customer. */
const roles = new Map([
  ['requester', 'user'],
  ['endUser', 'user'],
  ['end_user', 'user'],
  ['customer', 'user'],
  ['org', 'organization'],
]);

/** The type of the ids under a key: `ticketId` contains it, `id` has the main type or that of the object around it. */
function findTypeOfKey(
  key: string,
  parent: string,
  main: string | undefined,
  { words }: Vocabulary,
): string | undefined {
  const stem = findStem(key);
  if (stem === undefined) return undefined;
  if (stem !== '') return words.get(stem)?.type ?? roles.get(stem);
  return parent === '' || parent === 'input' ? main : words.get(parent)?.type;
}

/** The part before `id`, `Ids` or similar; undefined if the key ends differently. */
function findStem(key: string): string | undefined {
  const singular = key.endsWith('s') ? key.slice(0, -1) : key;
  if (!singular.endsWith('d') || !/(?:id|Id|ID)$/.test(singular)) return undefined;
  return singular.slice(0, singular.endsWith('_id') ? -3 : -2);
}

/** Whether the text of a query, which may begin with a wrong quote (contract 4.2), begins like a mutation. */
function isMutation(query: string): boolean {
  return /^[\s"\\]*mutation\b/.test(query);
}

/** The first field of a query, such as `ticket`; undefined if the text is cut off before it. */
function readFirstField(query: string): string | undefined {
  let brace = query.indexOf('{');
  const parenthesis = query.indexOf('(');
  if (parenthesis !== -1 && parenthesis < brace) {
    const close = query.indexOf(')', parenthesis);
    brace = close === -1 ? -1 : query.indexOf('{', close);
  }
  if (brace === -1) return undefined;
  firstField.lastIndex = brace;
  const [, alias, field, mark] = firstField.exec(query) ?? [];
  // A word that the cut may have shortened does not count; one before a colon is an alias.
  return mark === undefined || mark === '.' ? undefined : (field ?? alias);
}

const firstField = /\{(?:\s|\\n)*(\w+)\s*(?::\s*(\w+)\s*)?([^\s\w:])/y;

/** Nouns in our rules that are verbs at the beginning of a longer name: `viewTickets` lists tickets. */
const verbs = new Set(['view', 'group', 'call', 'post', 'trigger', 'schedule', 'target', 'queue']);
const credentials = new Set(['secret', 'secrets', 'password', 'recovery']);
const longestName = 100;

/**
 * What the name of a GraphQL field or operation says: `getUser` shows a user, `searchTickets` searches tickets. The first
 * known noun counts, and if several begin there, the longest: `ticketForms` are not tickets. Undefined: nothing.
 */
function interpretName(
  name: string,
  { words }: Vocabulary,
): { readonly type: string | undefined; readonly kind: AccessKind } | undefined {
  if (name.length > longestName) return undefined;
  const parts = (name.match(/[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])/g) ?? []).map((part) =>
    part.toLowerCase(),
  );
  const noun = findNoun(parts, words);
  const kind = parts.some((part) => credentials.has(part))
    ? 'secret'
    : chooseNamedKind(parts, noun);
  return kind === undefined ? undefined : { type: noun?.type, kind };
}

function chooseNamedKind(parts: readonly string[], noun: Noun | undefined): AccessKind | undefined {
  if (noun?.kind !== undefined) return noun.kind;
  if (parts.includes('search') || parts.includes('autocomplete')) return 'search';
  if (noun === undefined) return undefined;
  if (parts.includes('export')) return 'export';
  return noun.plural ? 'list' : 'view';
}

function findNoun(parts: readonly string[], words: Vocabulary['words']): Noun | undefined {
  for (let from = 0; from < parts.length; from++) {
    for (let to = parts.length; to > from; to--) {
      const word = parts.slice(from, to).join('_');
      const noun = words.get(word);
      if (noun === undefined) continue;
      const isVerb = from === 0 && to < parts.length && verbs.has(word);
      return (isVerb ? findNoun(parts.slice(1), words) : undefined) ?? noun;
    }
  }
  return undefined;
}
