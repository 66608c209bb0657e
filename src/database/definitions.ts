/**
 * The views, functions, rules, comments and grants of the database: one file of plain SQL each, below `definitions/`. A file
 * is run again whenever it differs from the version in the database, inside the migration's transaction.
 */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Queryable } from './client.ts';
import type { definitions } from './schema/definitions.ts';
import { nameHere, writeHere } from './schema-names.ts';

/** One file. */
export type Definition = {
  /** Its path below the folder without `.sql`, such as `views/zendesk.audit_events`. */
  readonly name: string;
  readonly sql: string;
  /** Of the text with plain line ends, so that it is the same in a checkout on Windows. */
  readonly hash: string;
  /** The kind of object that it creates under the name of the file; undefined for rows, comments and grants. */
  readonly creates: 'view' | 'function' | undefined;
  /** Names of the definitions that its text mentions. */
  readonly uses: readonly string[];
};

/** A definition in the database. `object` is the `identity` of a `StoredObject`. */
export type StoredDefinition = Pick<typeof definitions.$inferSelect, 'name' | 'hash' | 'object'>;

const folder = fileURLToPath(new URL('definitions', import.meta.url));

let ownDefinitions: readonly Definition[] | undefined;

/** The definitions of this program, in the order in which they can be run. Read once a process. */
export function loadOwnDefinitions(): readonly Definition[] {
  ownDefinitions ??= readDefinitions(folder);
  return ownDefinitions;
}

/**
 * The definitions of a folder, in the order in which they can be run. @throws {Error} when some depend on each other in a
 * circle
 */
export function readDefinitions(root: string): readonly Definition[] {
  const files = globSync('**/*.sql', { cwd: root }).map((path) => ({
    name: path.replaceAll('\\', '/').replace(/\.sql$/, ''),
    sql: readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n'),
  }));
  // Without them all objects in the database would count as removed.
  if (files.length === 0) throw new Error(`There are no definitions in ${root}.`);
  const names = new Map(files.map(({ name }) => [usualObjectOf(name), name]));
  const read = files.map(({ name, sql }) => ({
    name,
    sql,
    // With the names here: somebody who renames the schemas gets functions with the new names.
    hash: createHash('sha256').update(writeHere(sql)).digest('hex'),
    creates: creationOf(sql, usualObjectOf(name)),
    uses: listMentions(sql).flatMap((object) => {
      const used = names.get(object);
      return used === undefined || used === name ? [] : [used];
    }),
  }));
  return sortByUse(read);
}

/** The object that a definition is named after: `zendesk.audit_events` for `views/zendesk.audit_events`, by its name here. */
export function objectOf(name: string): string {
  return nameHere(usualObjectOf(name));
}

function usualObjectOf(name: string): string {
  return name.replace(/^.*\//, '');
}

function creationOf(sql: string, object: string): Definition['creates'] {
  const words = `^create (?:or replace )?(view|function) ${RegExp.escape(object)}\\b`;
  const [, kind] = new RegExp(words, 'm').exec(sql.replaceAll('"', '')) ?? [];
  return kind as Definition['creates'];
}

/** Every `schema.name` in the statements. Comments and strings are for people and create no dependency. */
function listMentions(sql: string): readonly string[] {
  const statements = sql.replaceAll(/--.*|\/\*[^]*?\*\/|'[^']*'|"/g, '');
  return [...new Set(statements.match(/\b[a-z_]\w*\.[a-z_]\w*/g))].toSorted();
}

/** Each after what it uses, otherwise by name; comments and grants, which concern all others, at the end. */
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

/** The definitions in the database. @throws {KnownError} when the table is missing or the user may not read it */
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
