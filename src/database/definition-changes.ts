/**
 * Runs the definitions that differ from those in the database. What Postgres cannot replace in place is dropped and created
 * again, together with this program's objects that depend on it; objects of others that depend on it are never dropped.
 */
import { KnownError } from '../errors.ts';
import type { Queryable } from './client.ts';
import { isLostConnection, translateError } from './connection-errors.ts';
import {
  dropObject,
  loadObjects,
  planDrop,
  type Privileges,
  renameFunction,
  restorePrivileges,
  type StoredObject,
} from './definition-objects.ts';
import {
  type Definition,
  loadStoredDefinitions,
  objectOf,
  type StoredDefinition,
} from './definitions.ts';
import { fitToGivenSchemas } from './given-schemas.ts';
import { sqlstates } from './sqlstates.ts';

/** One pass over the definitions of a database. */
type Pass = {
  readonly tx: Queryable;
  readonly stored: ReadonlyMap<string, StoredDefinition>;
  /** Names of all objects of this program, including those that it no longer has. */
  readonly ownNames: ReadonlySet<string>;
  /** What was dropped and must be created again, with its grants. */
  readonly dropped: Map<string, Privileges>;
  /** Functions with a new one in their place that others still call, through views of ours: by another name, to drop at the end. */
  readonly replaced: { readonly renamed: StoredObject; readonly identity: string }[];
  /** What could not be dropped, one sentence each. */
  readonly conflicts: Set<string>;
};

/**
 * Runs what is new, missing or different, and what uses it; drops what is no longer a definition. Runs the grants if
 * anything was done. Only within a transaction: an error leaves it half done.
 *
 * @param definitions in the order in which they can be run
 * @param mustGrant whether to run the grants in any case @throws {KnownError} `objects_in_the_way` when objects of others
 *   depend on what must be dropped
 */
export async function applyDefinitions(
  tx: Queryable,
  definitions: readonly Definition[],
  mustGrant: boolean,
): Promise<void> {
  const stored = new Map((await loadStoredDefinitions(tx)).map((each) => [each.name, each]));
  const removed = [...stored.values()].filter(({ name }) =>
    definitions.every((definition) => definition.name !== name),
  );
  const names = [...definitions, ...removed].map(({ name }) => objectOf(name));
  const due = chooseDue(definitions, stored, await loadObjects(tx, names));
  const pass: Pass = {
    tx,
    stored,
    ownNames: new Set(names),
    dropped: new Map(),
    replaced: [],
    conflicts: new Set(),
  };
  const { dropped, conflicts } = pass;
  try {
    for (const definition of definitions.filter((each) => !isGrants(each)))
      if (due.has(definition.name) || dropped.has(objectOf(definition.name)))
        await run(pass, definition);
    for (const each of removed) await remove(pass, each, definitions);
    await dropReplaced(pass);
    if (mustGrant || due.size > 0 || removed.length > 0)
      for (const definition of definitions.filter(isGrants)) await run(pass, definition);
  } catch (error) {
    // An object that could not be replaced makes others fail: the first cause is the better message.
    if (conflicts.size === 0) throw error;
  }
  if (conflicts.size > 0) throw new KnownError('objects_in_the_way', [...conflicts]);
}

/** The grants concern all other objects: they come last, if any of them has changed. */
function isGrants({ name }: Definition): boolean {
  return name === 'roles';
}

/** The names of different or missing ones, and of those that use them: a `select *` must see a new column. */
function chooseDue(
  definitions: readonly Definition[],
  stored: Pass['stored'],
  present: readonly StoredObject[],
): ReadonlySet<string> {
  const due = new Set<string>();
  for (const { name, hash, creates, uses } of definitions) {
    const isPresent =
      creates === undefined ||
      present.some((object) => object.kind === creates && object.name === objectOf(name));
    if (stored.get(name)?.hash !== hash || !isPresent || uses.some((used) => due.has(used)))
      due.add(name);
  }
  return due;
}

/** Updates one object to its definition, in place if Postgres can, and records it. */
async function run(pass: Pass, definition: Definition): Promise<void> {
  const { tx, stored, dropped } = pass;
  const { name, hash, sql } = definition;
  const before = await loadCreated(tx, definition);
  // Functions of that name with other parameters may belong to somebody else.
  const known = stored.get(name)?.object ?? null;
  const own = before.filter(({ identity }) => known === null || identity === known);
  if (own.length === 0) await runSql(tx, definition, sql);
  else if (!(await replaceInPlace(tx, definition, before.length))) {
    for (const object of own) await makeRoom(pass, object);
    if (pass.conflicts.size > 0) return;
    await runSql(tx, definition, sql);
  }
  const others = new Set(before.filter((each) => !own.includes(each)).map(({ oid }) => oid));
  const created = (await loadCreated(tx, definition)).find(({ oid }) => !others.has(oid));
  const privileges = dropped.get(objectOf(name));
  if (privileges !== undefined && created !== undefined)
    await restorePrivileges(tx, created, privileges);
  // The file may no longer create anything, or may create another kind of object.
  if (known !== created?.identity) await dropFormer(pass, name, known, definition.creates);
  await tx.query(
    `insert into zendesk_sync.definitions (name, hash, object, applied_at) values ($1, $2, $3, now())
     on conflict (name) do update set hash = excluded.hash, object = excluded.object, applied_at = excluded.applied_at`,
    [name, hash, created?.identity ?? null],
  );
}

/** The existing objects with the kind and name that a definition creates. */
async function loadCreated(tx: Queryable, { name, creates }: Definition): Promise<StoredObject[]> {
  if (creates === undefined) return [];
  return (await loadObjects(tx, [objectOf(name)])).filter(({ kind }) => kind === creates);
}

/** Changes that cannot be made in place: removed or changed columns of a view, parameter names or the result of a function. */
const refusals: ReadonlySet<string | undefined> = new Set([
  sqlstates.invalidTableDefinition,
  sqlstates.invalidFunctionDefinition,
]);

/** False, with nothing done, if that is impossible. `count`: how many objects of its name there are. */
async function replaceInPlace(
  tx: Queryable,
  definition: Definition,
  count: number,
): Promise<boolean> {
  await tx.query('savepoint replacement');
  try {
    const sql = definition.sql.replace(/^create view /m, 'create or replace view ');
    await runSql(tx, definition, sql);
    // One more: with other parameters there are now two functions.
    if ((await loadCreated(tx, definition)).length === count) {
      await tx.query('release savepoint replacement');
      return true;
    }
  } catch (error) {
    if (!(error instanceof KnownError) || !refusals.has(error.sqlState)) throw error;
  }
  await tx.query('rollback to savepoint replacement');
  return false;
}

/**
 * Drops an object and this program's objects that depend on it. A function that objects of others still need gets another
 * name: mostly they need it only through a view of ours, and that one is replaced in place later in this pass.
 */
async function makeRoom(pass: Pass, target: StoredObject): Promise<void> {
  const { obstacles } = await planDrop(pass.tx, target, (name) => pass.ownNames.has(name));
  if (target.kind === 'view' || obstacles.length === 0) return drop(pass, target);
  const { renamed, privileges } = await renameFunction(pass.tx, target);
  pass.dropped.set(target.name, privileges);
  pass.replaced.push({ renamed, identity: target.identity });
}

/** Drops the functions that got another name, or records who still calls them. */
async function dropReplaced(pass: Pass): Promise<void> {
  for (const { renamed, identity } of pass.replaced) {
    const { obstacles } = await planDrop(pass.tx, renamed, (name) => pass.ownNames.has(name));
    if (obstacles.length === 0) await dropObject(pass.tx, renamed);
    for (const { object, dependents } of obstacles)
      addConflict(pass, object.oid === renamed.oid ? { ...object, identity } : object, dependents);
  }
}

/** Drops an object and this program's objects that depend on it, or records why that is not possible. */
async function drop(pass: Pass, target: StoredObject): Promise<void> {
  const { objects, obstacles } = await planDrop(pass.tx, target, (name) => pass.ownNames.has(name));
  if (obstacles.length === 0)
    for (const each of objects) pass.dropped.set(each.name, await dropObject(pass.tx, each));
  for (const { object, dependents } of obstacles) addConflict(pass, object, dependents);
}

function addConflict(
  { conflicts }: Pass,
  { kind, identity }: StoredObject,
  dependents: readonly string[],
): void {
  conflicts.add(
    `This version of the program must drop the ${kind} ${identity}, but other objects depend on it: ` +
      `${dependents.join(', ')}. Nothing was changed. Save their definitions, drop them, run "migrate", and create them again.`,
  );
}

/** Drops what a removed definition created. A file that was moved still creates its object. */
async function remove(
  pass: Pass,
  { name, object }: StoredDefinition,
  definitions: readonly Definition[],
): Promise<void> {
  const moved = definitions.find((each) => objectOf(each.name) === objectOf(name));
  await dropFormer(pass, name, object, moved?.creates);
  await pass.tx.query('delete from zendesk_sync.definitions where name = $1', [name]);
}

/** Drops what a definition created, unless that kind is kept. */
async function dropFormer(
  pass: Pass,
  name: string,
  identity: string | null,
  kept: Definition['creates'],
): Promise<void> {
  for (const found of await loadObjects(pass.tx, [objectOf(name)]))
    if (found.identity === identity && found.kind !== kept) await drop(pass, found);
}

/** @throws {KnownError} that names the file */
async function runSql(tx: Queryable, { name }: Definition, sql: string): Promise<void> {
  try {
    await tx.query(await fitToGivenSchemas(tx, sql));
  } catch (error) {
    const translated = translateError(error);
    if (!(translated instanceof KnownError)) throw translated;
    const { sqlState, systemCode, cause } = translated;
    // The cause has the message of Postgres if that contains no row.
    const words = cause instanceof Error ? cause.message : translated.message;
    throw new KnownError(isLostConnection(error) ? translated.code : 'database_refused', {
      found: `The definition ${name} cannot be run (${words})`,
      sqlState,
      systemCode,
      cause,
    });
  }
}
