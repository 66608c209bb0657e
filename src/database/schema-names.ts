/**
 * The names of our schemas in the database of this process. Statements, definitions and migrations are written with the usual
 * names; each statement gets the others on its way to Postgres.
 */

/** The two names that an operator chooses; the other schemas are named after the first. */
type SchemaNames = {
  /** Tables and views for queries. Usually `zendesk`. */
  readonly schema: string;
  /** The ledger. Usually `zendesk_sync`. */
  readonly syncSchema: string;
};

const usualSchema = 'zendesk';

/** The schemas by their usual names, with the names that they have here. `drizzle` records the migrations. */
let names: ReadonlyMap<string, string> = nameAll({
  schema: usualSchema,
  syncSchema: 'zendesk_sync',
});
let areUsual = true;
const written = new Map<string, string>();
const mostWritten = 5000;

function nameAll({ schema, syncSchema }: SchemaNames): ReadonlyMap<string, string> {
  return new Map([
    // A database that other tables are in may have migrations of drizzle's own, of another program.
    ['drizzle', schema === usualSchema ? 'drizzle' : `${schema}_migrations`],
    [usualSchema, schema],
    ...['evidence', 'fivetran', 'partitions'].map(
      (part) => [`${usualSchema}_${part}`, `${schema}_${part}`] as const,
    ),
    ['zendesk_sync', syncSchema],
  ]);
}

/** Sets the names for all connections of this process: once, before the first of them. */
export function chooseSchemas(chosen: SchemaNames): void {
  names = nameAll(chosen);
  areUsual = [...names].every(([usual, name]) => usual === name);
  written.clear();
}

/** All schemas of this program, by the names that they have here. */
export function ownSchemas(): readonly string[] {
  return [...names.values()];
}

/** The name that a schema, or something with its schema before it, has here: for values and for people. */
export function nameHere(usual: string): string {
  const [schema = '', ...rest] = usual.split('.');
  return [names.get(schema) ?? schema, ...rest].join('.');
}

/**
 * Where a statement names a schema: before a dot, alone in quotation marks, and after the word "schema". The names with an
 * underscore mean nothing else anywhere. Not `acme.zendesk.com` and `zendesk-log-sync`.
 */
const mentions =
  /(?<![\w.@/-])(?:zendesk_(?:sync|evidence|fivetran|partitions)(?![\w-])|(?:zendesk|drizzle)(?:(?="?\.(?!com\b)["'\w%])|(?<=["']\w+)(?=["'])|(?<=\bschema \w+)(?![\w-])))/g;

/** A text of this program's own with the names that the schemas have here: a statement, or words with one in them. */
export function writeHere(text: string): string {
  if (areUsual) return text;
  let result = written.get(text);
  if (result === undefined) {
    if (written.size >= mostWritten) written.clear();
    result = text.replaceAll(mentions, (usual) => names.get(usual) ?? usual);
    written.set(text, result);
  }
  return result;
}
