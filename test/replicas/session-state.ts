/** Finds what a statement leaves behind in its session, which a pooler may give to another client. */
import type { Statement } from './statement-recorder.ts';

/** Beginnings of statements that change the session. */
const changes: readonly RegExp[] = [
  /^set\b(?!\s+(local|transaction|constraints)\b)/,
  /^(reset|listen|unlisten|prepare|execute|deallocate|discard|load)\b/,
  /^declare\b.*\bwith\s+hold\b/s,
  /^create\s+((global|local)\s+)?temp(orary)?\b/,
  /^select\b.*\binto\s+temp(orary)?\b/s,
];

/**
 * Everything that needs a session, also in the body of a function. An advisory lock of a transaction does not, but every
 * user who can connect can hold it permanently.
 */
const needs: readonly RegExp[] = [
  /\bpg_(try_)?advisory_\w+\s*\(/,
  /\bset_config\s*\([^()]*,\s*false\s*\)/,
  /\b(currval|lastval)\s*\(/,
  /\bpg_temp\b/,
];

/** The parts of a statement that rely on its session; a named prepared statement does as a whole. */
export function findSessionState({ text, name }: Statement): string[] {
  const code = text
    .replaceAll(/--.*$/gm, '')
    .replaceAll(/\/\*.*?\*\//gs, '')
    // A function that looks at temporary things last.
    .replaceAll('set search_path = pg_catalog, pg_temp', '')
    .toLowerCase();
  const parts = code
    .replaceAll(/\$(\w*)\$.*?\$\1\$/gs, '$$')
    .replaceAll(/'[^']*'/g, "''")
    .split(';')
    .map((part) => part.trim());
  return [
    ...(name === '' ? [] : [`prepared as ${name}`]),
    ...parts.filter((part) => changes.some((change) => change.test(part))),
    ...needs.flatMap((need) => need.exec(code)?.[0] ?? []),
  ];
}
