/** What of this program's definitions a rule of detection depends on, as one hash. */
import { createHash } from 'node:crypto';
import { type Definition, loadOwnDefinitions } from './definitions.ts';

/** How rules are put into the tables; what they find does not depend on it. */
const writers = /zendesk_sync\.(put_\w+|describe_findings|keep_changes|pattern)$/;
const prefix = 'rules/zendesk_sync.finding_';

/** A hash for each rule of this program by its name, and with the name `''` for all others. */
export function fingerprintQueries(): Readonly<Record<string, string>> {
  const definitions = loadOwnDefinitions();
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const shared = definitions.filter(({ name }) => /zendesk_sync\.findings_by_\w+$/.test(name));
  const rules = definitions.filter(({ name }) => name.startsWith(prefix));
  const hashOf = (roots: readonly Definition[]): string => {
    const found = new Map<string, string>();
    const visit = ({ name, hash, uses }: Definition): void => {
      if (found.has(name) || writers.test(name)) return;
      found.set(name, hash);
      for (const used of uses) {
        const definition = byName.get(used);
        if (definition !== undefined) visit(definition);
      }
    };
    for (const root of roots) visit(root);
    return createHash('sha256')
      .update(JSON.stringify([...found].toSorted(([a], [b]) => (a < b ? -1 : 1))))
      .digest('hex');
  };
  return Object.fromEntries([
    ['', hashOf(shared)],
    ...rules
      .filter(({ creates }) => creates === 'view')
      .map((rule) => [rule.name.slice(prefix.length), hashOf([rule])] as const),
  ]);
}
