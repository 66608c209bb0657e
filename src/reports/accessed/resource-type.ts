import { expandRules, type AccessRule } from '../../classification/access-rule.ts';
import { collectVocabulary } from '../../classification/vocabulary.ts';
import { findNearest } from '../../nearest.ts';
import { refuseInput } from '../../errors.ts';

/** A type of resource: `ticket_form`, with the plural `ticket_forms`. */
type ResourceType = { readonly type: string; readonly plural: string };

/**
 * The type of resources that somebody means: singular or plural, in any case, with hyphens or spaces.
 *
 * @param rules the rules that classify requests @param listStored lists the types in the database, which may come from
 *   previous rules; used only if the rules do not have the type @throws {KnownError} `bad_input` for an unknown type, with
 *   the nearest known one, or with all of them
 */
export async function chooseResourceType(
  text: string,
  rules: readonly AccessRule[],
  listStored: () => Promise<readonly string[]>,
): Promise<ResourceType> {
  const known = listTypes(rules, []);
  const chosen = findType(text, known);
  if (chosen !== undefined) return chosen;
  const all = listTypes(rules, await listStored());
  const stored = findType(text, all);
  if (stored !== undefined) return stored;
  const names = all.map(({ plural }) => plural).toSorted();
  const nearest = findNearest(text, names);
  const wayOut =
    nearest === undefined ? `Use one of ${names.join(', ')}.` : `Did you mean ${nearest}?`;
  throw refuseInput([`"${text}" is not a type of resource that a rule knows. ${wayOut}`]);
}

function findType(text: string, types: readonly ResourceType[]): ResourceType | undefined {
  const wanted = text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
  return types.find(({ type, plural }) => wanted === type || wanted === plural);
}

/** The types of the rules, and some more. */
function listTypes(rules: readonly AccessRule[], more: readonly string[]): ResourceType[] {
  const { plurals } = collectVocabulary([
    ...expandRules(rules),
    ...more.map((type) => ({ operation: type, resource: type })),
  ]);
  return [...plurals].map(([plural, type]) => ({ type, plural }));
}
