import type { Query } from './query.ts';

/**
 * Everything of this program in a database, one line each: relations, columns, defaults, keys, indexes, views and
 * functions with their texts, comments and grants.
 */
export async function describeCatalogue(query: Query): Promise<string[]> {
  const lines = await query<{ line: string }>(
    `with relations as (
       select oid, relkind, oid::regclass as name, coalesce(relacl, acldefault('r', relowner)) as relacl, reloptions from pg_class
       where relnamespace::regnamespace::text like 'zendesk%' and relkind in ('r', 'p', 'v', 'i', 'I', 'S')
     ),
     functions as (
       select oid, oid::regprocedure as name, coalesce(proacl, acldefault('f', proowner)) as proacl from pg_proc where pronamespace::regnamespace::text like 'zendesk%'
     ),
     lists as (
       select name::text, relacl as list from relations
       union all
       select name || '.' || attname, attacl from relations join pg_attribute on attrelid = oid
       union all
       select name::text, proacl from functions
       union all
       select nspname, nspacl from pg_namespace where nspname like 'zendesk%'
     )
     select concat_ws(' ', 'relation', relkind, name, reloptions, obj_description(oid, 'pg_class')) as line from relations
     union all
     select concat_ws(' ', 'column', name, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
       attcollation::regcollation, pg_get_expr(adbin, adrelid), col_description(attrelid, attnum))
     from relations join pg_attribute on attrelid = oid left join pg_attrdef on (adrelid, adnum) = (attrelid, attnum)
     where attnum > 0 and not attisdropped and relkind in ('r', 'p', 'v')
     union all
     select concat_ws(' ', 'view', name, pg_get_viewdef(oid)) from relations where relkind = 'v'
     union all
     select concat_ws(' ', 'index', name, pg_get_indexdef(oid)) from relations where relkind in ('i', 'I')
     union all
     select concat_ws(' ', 'constraint', conname, conrelid::regclass, pg_get_constraintdef(c.oid))
     from pg_constraint c join relations on relations.oid = conrelid
     union all
     select concat_ws(' ', 'function', name, obj_description(oid, 'pg_proc'), pg_get_functiondef(oid)) from functions
     union all
     select concat_ws(' ', 'grant', name, grantee::regrole, privilege_type, is_grantable)
     from lists cross join lateral aclexplode(list)
     union all
     select concat_ws(' ', 'schema', nspname, obj_description(oid, 'pg_namespace')) from pg_namespace where nspname like 'zendesk%'`,
  );
  return lines.map(({ line }) => line).toSorted();
}
