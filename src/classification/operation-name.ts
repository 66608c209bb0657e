import type { AccessKind } from './classification.ts';
import type { Noun, Vocabulary } from './vocabulary.ts';

/** Nouns of ours that are verbs at the beginning of a longer name: `viewTickets` lists tickets. */
const verbs = new Set(['view', 'group', 'call', 'post', 'trigger', 'schedule', 'target', 'queue']);
const credentials = new Set(['secret', 'secrets', 'password', 'recovery']);
const longestName = 100;

/**
 * What the name of a GraphQL field or operation says: `getUser` shows a user, `searchTickets` searches tickets. The first
 * known noun counts, and of those that begin there the longest: `ticketForms` are no tickets. Undefined: nothing.
 */
export function interpretName(
  name: string,
  { words }: Vocabulary,
): { readonly type: string | undefined; readonly kind: AccessKind } | undefined {
  if (name.length > longestName) return undefined;
  const parts = (name.match(/[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])/g) ?? []).map((part) =>
    part.toLowerCase(),
  );
  const noun = findNoun(parts, words);
  const kind = parts.some((part) => credentials.has(part)) ? 'secret' : chooseKind(parts, noun);
  return kind === undefined ? undefined : { type: noun?.type, kind };
}

function chooseKind(parts: readonly string[], noun: Noun | undefined): AccessKind | undefined {
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
