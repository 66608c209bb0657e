/**
 * The views, functions, rules, comments and grants of the database: one file of plain SQL each, below `definitions/`. A
 * file is run again whenever it differs from what the database has of it, inside the migration's transaction.
 */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Queryable } from './client.ts';
import type { definitions } from './schema/definitions.ts';

/** One file. */
export type Definition = {
  /** Its path below the folder without `.sql`, such as `views/zendesk.audit_events`. */
  readonly name: string;
  readonly sql: string;
  /** Of the text with plain line ends, so that a checkout on Windows has the same. */
  readonly hash: string;
  /** What it creates under the name of the file; undefined for rows, comments and grants. */
  readonly creates: 'view' | 'function' | undefined;
  /** Names of the definitions that its text mentions. */
  readonly uses: readonly string[];
};

/** What the database has of a definition. `object` is the `identity` of a `StoredObject`. */
export type StoredDefinition = Pick<typeof definitions.$inferSelect, 'name' | 'hash' | 'object'>;

const folder = fileURLToPath(new URL('definitions', import.meta.url));

let ownDefinitions: readonly Definition[] | undefined;

/** The definitions of this program, in the order in which they can be run. Read once a process. */
export function loadOwnDefinitions(): readonly Definition[] {
  ownDefinitions ??= readDefinitions(folder);
  return ownDefinitions;
}

/** The definitions of a folder, in the order in which they can be run. @throws {Error} when some depend on each other in a circle */
export function readDefinitions(root: string): readonly Definition[] {
  const files = globSync('**/*.sql', { cwd: root }).map((path) => ({
    name: path.replaceAll('\\', '/').replace(/\.sql$/, ''),
    sql: readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n'),
  }));
  // Without them everything in the database would count as removed.
  if (files.length === 0) throw new Error(`There are no definitions in ${root}.`);
  const names = new Map(files.map(({ name }) => [objectOf(name), name]));
  const read = files.map(({ name, sql }) => ({
    name,
    sql,
    hash: createHash('sha256').update(sql).digest('hex'),
    creates: creationOf(sql, objectOf(name)),
    uses: listMentions(sql).flatMap((object) => {
      const used = names.get(object);
      return used === undefined || used === name ? [] : [used];
    }),
  }));
  return sortByUse(read);
}

/** The object that a definition is named after: `zendesk.audit_events` for `views/zendesk.audit_events`. */
export function objectOf(name: string): string {
  return name.replace(/^.*\//, '');
}

function creationOf(sql: string, object: string): Definition['creates'] {
  const words = `^create (?:or replace )?(view|function) ${RegExp.escape(object)}\\b`;
  const [, kind] = new RegExp(words, 'm').exec(sql.replaceAll('"', '')) ?? [];
  return kind as Definition['creates'];
}

/** Every `schema.name` in the statements. Words in comments and strings are for people and bind nothing. */
function listMentions(sql: string): readonly string[] {
  const statements = sql.replaceAll(/--.*|\/\*[^]*?\*\/|'[^']*'|"/g, '');
  return [...new Set(statements.match(/\b[a-z_]\w*\.[a-z_]\w*/g))].toSorted();
}

/** Each after what it uses, otherwise by name; comments and grants, which are about all others, at the end. */
function sortByUse(unsorted: readonly Definition[]): readonly Definition[] {
  const byName = new Map(unsorted.map((definition) => [definition.name, definition]));
  const sorted = new Set<Definition>();
  const visit = (definition: Definition, path: readonly string[]): void => {
    if (path.includes(definition.name))
      throw new Error(`Definitions use each other: ${[...path, definition.name].join(' -> ')}.`);
    if (sorted.has(definition)) return;
    for (const used of definition.uses) {
      const found = byName.get(used);
      if (found !== undefined) visit(found, [...path, definition.name]);
    }
    sorted.add(definition);
  };
  const isLast = ({ name }: Definition): boolean => !name.includes('/');
  const inOrder = unsorted.toSorted(
    (a, b) => Number(isLast(a)) - Number(isLast(b)) || (a.name < b.name ? -1 : 1),
  );
  for (const definition of inOrder) visit(definition, []);
  return [...sorted];
}

/** What the database has of the definitions. @throws {KnownError} where the table is missing or may not be read */
export async function loadStoredDefinitions(db: Queryable): Promise<StoredDefinition[]> {
  return db.query<StoredDefinition>('select name, hash, object from zendesk_sync.definitions');
}

/** Whether the database has other definitions than these. */
export function isOutdated(
  own: readonly Definition[],
  stored: readonly StoredDefinition[],
): boolean {
  const hashes = new Map(stored.map(({ name, hash }) => [name, hash]));
  return stored.length !== own.length || own.some(({ name, hash }) => hashes.get(name) !== hash);
}
