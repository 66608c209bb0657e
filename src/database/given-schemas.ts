/** Schemas that somebody has made for this program: it may use them without the right to make or own any. */
import type { Queryable } from './client.ts';
import { nameHere } from './schema-names.ts';

const creation = /^create schema "?(\w+)"?;?$/gim;
const comment = /^comment on schema "?(\w+)"? is '(?:[^']|'')*';?$/gim;

/** A statement or several without what a schema that is there does not need, or its owner alone may do. */
export async function fitToGivenSchemas(tx: Queryable, sql: string): Promise<string> {
  if (!/^(create|comment on) schema /im.test(sql)) return sql;
  const rows = await tx.query<{ name: string; is_own: boolean }>(
    `select nspname::text as name, pg_has_role(nspowner, 'usage') as is_own from pg_namespace`,
  );
  const given = new Map(rows.map(({ name, is_own: isOwn }) => [name, isOwn]));
  return sql
    .replaceAll(creation, (text, name: string) => (given.has(nameHere(name)) ? '' : text))
    .replaceAll(comment, (text, name: string) => (given.get(nameHere(name)) === false ? '' : text));
}
