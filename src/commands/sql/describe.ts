/** What `\d` shows: the tables and views, or the columns of one. */
import { writeHere } from '../../database/schema-names.ts';
import type { Statement } from '../../database/statements.ts';

/** The statement for a line with a backslash; undefined if there is none. */
export function translateDescribe({ text, before }: Statement): Statement | undefined {
  const [, name] = /^\\d[tv+]*(?:\s+(.+?))?\s*;?$/s.exec(text) ?? [];
  if (!text.startsWith('\\d')) return undefined;
  return { before, text: name === undefined ? writeHere(relations) : columnsOf(name) };
}

/** Shown for an unknown line with a backslash. */
export const describeHelp =
  '"\\d" lists tables and views, "\\d zendesk.users" the columns of one, "\\q" ends.';

const relations = `select n.nspname as schema, c.relname as name,
    case c.relkind when 'v' then 'view' else 'table' end as kind,
    substring(obj_description(c.oid, 'pg_class') from '^[^.]*') as holds
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
    and n.nspname in ('zendesk', 'zendesk_sync', 'zendesk_fivetran')
  order by 1, 2`;

/** The name is found in the same way as in statements. */
function columnsOf(name: string): string {
  const quoted = `'${name.replaceAll("'", "''")}'`;
  return `select a.attname as "column", format_type(a.atttypid, a.atttypmod) as type,
    col_description(a.attrelid, a.attnum) as holds
  from pg_attribute a
  where a.attrelid = ${quoted}::regclass and a.attnum > 0 and not a.attisdropped
  order by a.attnum`;
}
