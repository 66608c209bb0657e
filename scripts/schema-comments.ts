/** The comments of schemas, tables and columns, from the docstrings of `src/database/schema/`. */
import { globSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { is } from 'drizzle-orm';
import { getTableConfig, PgSchema, PgTable } from 'drizzle-orm/pg-core';
import { partitionedTables } from './partitioned-tables.ts';

/** The file for the comments, which `npm run migrations:generate` writes. */
export const commentsFile = 'src/database/definitions/comments.sql';

/** The object of a comment, as in `comment on`, and its text. */
export type Comment = { readonly target: string; readonly text: string };

/** All comments, in the order of the schema's files. @throws {Error} when a table or a column has none */
export async function readComments(): Promise<Comment[]> {
  const comments: Comment[] = [];
  for (const file of globSync('src/database/schema/*.ts').toSorted()) {
    const source = readFileSync(file, 'utf8');
    const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exported)) {
      const own = `export const ${name} = `;
      const [before = '', after = ''] = source.split(own);
      if (is(value, PgSchema))
        comments.push({ target: `schema ${value.schemaName}`, text: lastDocstring(before) });
      if (is(value, PgTable)) comments.push(...describeTable(value, lastDocstring(before), after));
    }
  }
  const bare = comments.filter(({ text }) => text === '').map(({ target }) => target);
  if (bare.length > 0) throw new Error(`No docstring in src/database/schema: ${bare.join(', ')}.`);
  return comments;
}

function describeTable(table: PgTable, docstring: string, source: string): Comment[] {
  const { schema, name, columns } = getTableConfig(table);
  const relation = `${schema}.${name}`;
  const cut = partitionedTables.find((each) => each.name === relation);
  const text = cut === undefined ? docstring : `${docstring} Partitioned by ${cut.every}.`;
  return [
    { target: `table ${relation}`, text },
    ...columns.map((column) => {
      const [before = ''] = source.split(new RegExp(`^ +${column.name}: `, 'm'));
      return { target: `column ${relation}.${column.name}`, text: lastDocstring(before) };
    }),
  ];
}

/** The docstring at the very end of a text, in one line; empty when there is none. */
function lastDocstring(text: string): string {
  const [, words = ''] = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*$/.exec(text) ?? [];
  return words
    .replaceAll(/\n\s*\*?/g, ' ')
    .replaceAll(/ +/g, ' ')
    .trim();
}

/** The statements that put the comments into a database, partitions included. */
export function renderComments(comments: readonly Comment[]): string {
  const statements = comments.map(
    ({ target, text }) => `comment on ${target} is '${text.replaceAll("'", "''")}';\n`,
  );
  return `-- Written by "npm run migrations:generate" from src/database/schema.\n${statements.join('')}${partitionComments}`;
}

const partitionComments = `
-- A partition gets the comments of its table when it is created; what has changed since is brought to it here.
do $$
declare
  statement text;
begin
  for statement in
    select format('comment on column %s.%I is %L', part.attrelid::regclass, part.attname, comment)
    from pg_inherits i
    join pg_class c on c.oid = i.inhparent and c.relkind = 'p' and c.relnamespace = 'zendesk'::regnamespace
    join pg_attribute whole on whole.attrelid = i.inhparent and whole.attnum > 0 and not whole.attisdropped
    join pg_attribute part on part.attrelid = i.inhrelid and part.attname = whole.attname
    cross join col_description(whole.attrelid, whole.attnum) as comment
    where col_description(part.attrelid, part.attnum) is distinct from comment
  loop
    execute statement;
  end loop;
end
$$;
`;
