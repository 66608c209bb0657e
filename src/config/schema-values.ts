/** The settings that name the schemas of the database. */
import type { z } from 'zod';
import { describeProblem, setting, type Report } from './problem.ts';
import { textOf } from './values.ts';

/** The names of the two schemas that an operator chooses; others are named after the first. */
type SchemaConfig = { readonly schema: string; readonly syncSchema: string };

/** What statements of the program would take for a word of SQL, and what belongs to Postgres or to everybody. */
const unusable = new Set(
  `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
  concurrently constraint create cross current_catalog current_date current_role current_schema current_time
  current_timestamp current_user default deferrable desc distinct do drizzle else end except false fetch for foreign freeze
  from full grant group having ilike in information_schema initially inner intersect into is isnull join lateral leading left
  like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary public
  references returning right select session_user similar some symmetric system_user table tablesample then to trailing true
  union unique user using variadic verbose when where window with`.split(/\s+/),
);

/** A name that no statement takes for anything else, neither for the usual name of another of our schemas. */
function schemaName(usual: string) {
  const others = /^(?:zendesk|zendesk_(?:evidence|fivetran|migrations|partitions|sync))$/;
  return textOf(
    (text) =>
      /^(?!pg_)[a-z][a-z0-9_]{0,39}$/.test(text) &&
      !unusable.has(text) &&
      (text === usual || !others.test(text))
        ? text
        : undefined,
    `Use a name for this schema alone, of up to 40 lower-case letters, digits and underscores, such as ${usual.replace('zendesk', 'zendesk_logs')}; not public, not a word of SQL`,
  );
}

/** The values of `SCHEMA` and `SYNC_SCHEMA`. */
export const schemaSettings = {
  SCHEMA: schemaName('zendesk'),
  SYNC_SCHEMA: schemaName('zendesk_sync').optional(),
} as const satisfies Record<string, z.ZodType>;

/** The names of the schemas; reports when two would be the same. */
export function readSchemaConfig(
  { SCHEMA: schema, SYNC_SCHEMA: given }: { SCHEMA: string; SYNC_SCHEMA?: string | undefined },
  report: Report,
): SchemaConfig {
  const syncSchema = given ?? `${schema}_sync`;
  const taken = ['', '_evidence', '_fivetran', '_migrations', '_partitions'];
  if (taken.some((ending) => syncSchema === `${schema}${ending}`))
    report(
      describeProblem`${setting('SYNC_SCHEMA')} is ${JSON.stringify(syncSchema)}, which the program needs for another schema. Use another name, such as ${schema}_sync.`,
    );
  return { schema, syncSchema };
}
