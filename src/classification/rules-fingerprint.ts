import { createHash } from 'node:crypto';
import type { AccessRule } from './access-rule.ts';

/** Raise it when the code reads the same rules or rows differently from before, so that stored rows are classified anew. */
const edition = 1;

/** SHA-256 of the rules in their order, as 64 hexadecimal digits: equal as long as rows are classified alike. */
export function fingerprintRules(rules: readonly AccessRule[]): string {
  const fields = rules.map((rule) => Object.entries(rule).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256')
    .update(JSON.stringify([edition, fields]))
    .digest('hex');
}
