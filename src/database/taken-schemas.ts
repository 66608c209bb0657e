/** Schemas of our names that belong to somebody else, such as `zendesk` of Fivetran. */
import { KnownError } from '../errors.ts';
import type { Queryable } from './client.ts';
import { nameHere, ownSchemas } from './schema-names.ts';

type TakenSchema = {
  readonly schema: string;
  readonly relations: number;
  readonly example: string;
};

/** The error for a record of migrations that has none of ours. */
export function refuseForeignRecord(): KnownError {
  const schema = nameHere('drizzle');
  return new KnownError('schema_taken', {
    found: `The table ${schema}.__drizzle_migrations of the database has the migrations of another program`,
    wayOut: `set SCHEMA to another name than ${nameHere('zendesk')}, such as zendesk_logs (the migrations are then recorded in zendesk_logs_migrations), or give this program a database of its own`,
  });
}

/**
 * Before the first migration: refuses schemas that already have tables. Ours beside them would be shown to readers of either,
 * and grants to ours would show theirs.
 *
 * @throws {KnownError} `schema_taken`, which names one and says what to do
 */
export async function refuseTakenSchemas(db: Queryable): Promise<void> {
  const schemas = ownSchemas().filter((schema) => schema !== nameHere('drizzle'));
  const [taken] = await db.query<TakenSchema>(
    `select n.nspname as schema, count(*)::integer as relations, min(c.relname collate "C") as example
     from pg_namespace n join pg_class c on c.relnamespace = n.oid
     where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'f')
     group by n.nspname
     order by array_position($1::text[], n.nspname::text)
     limit 1`,
    [schemas],
  );
  if (taken === undefined) return;
  const { schema, relations, example } = taken;
  const others = relations === 1 ? '' : ` and ${relations - 1} more`;
  throw new KnownError('schema_taken', {
    found: `The schema ${schema} of the database belongs to another program: it has ${schema}.${example}${others}`,
    wayOut:
      'set SCHEMA to a name that is free, such as zendesk_logs (the ledger then is in zendesk_logs_sync), or give this program a database of its own',
  });
}
