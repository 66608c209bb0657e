/** A database that has some archived rows as well, for the statements of one report. */
import type { ReadableDatabase } from '../../database/client.ts';
import { loadOwnDefinitions } from '../../database/definitions.ts';

/** Rows of a table, as a list of objects in JSON. */
export type ExtraRows = { readonly table: string; readonly json: string };

/** What may follow a table that has no alias. */
const afterTable = String.raw`(?:where|order|group|having|limit|offset|union|except|intersect|on|using|join|left|right|full|inner|cross|natural)\b`;

/** The views of the logs that reports and the page read: a view knows the tables alone, so that its text takes its place. */
const views = [
  'zendesk.setting_history',
  'zendesk.user_role_history',
  'zendesk.audit_events',
  'zendesk.audit_logs_redacted',
  'zendesk.access_events',
];

/**
 * Adds rows to tables in every place where a statement reads from them: as a parameter, so that nothing is written, no connection is
 * kept, and a replica or a reader will do.
 */
export function addRows(db: ReadableDatabase, extras: readonly ExtraRows[]): ReadableDatabase {
  return rewriteTables(db, extras, (table, rows) => `select * from ${table} union all ${rows}`);
}

/** Has rows in the place of tables. */
export function replaceRows(db: ReadableDatabase, extras: readonly ExtraRows[]): ReadableDatabase {
  return rewriteTables(db, extras, (_, rows) => rows);
}

function rewriteTables(
  db: ReadableDatabase,
  extras: readonly ExtraRows[],
  combine: (table: string, rows: string) => string,
): ReadableDatabase {
  const rewrite = (text: string, values: readonly unknown[]): [string, readonly unknown[]] => {
    const all = [...values];
    let rewritten = text;
    for (const view of views)
      rewritten = replaceSource(rewritten, view, () => `(${readView(view)})`);
    for (const { table, json } of extras)
      rewritten = replaceSource(rewritten, table, () => {
        if (!all.includes(json)) all.push(json);
        const rows = `select * from jsonb_populate_recordset(null::${table}, $${all.indexOf(json) + 1}::jsonb)`;
        return `(${combine(table, rows)})`;
      });
    return [rewritten, all];
  };
  return {
    ...db,
    query: (text, values = []) => db.query(...rewrite(text, values)),
    read: (text, values = []) => db.read(...rewrite(text, values)),
  };
}

/** Puts something else wherever a text reads from a table or a view. */
function replaceSource(text: string, name: string, make: () => string): string {
  const source = new RegExp(
    String.raw`\b(from|join)\s+${name.replace('.', String.raw`\.`)}(?![\w.])(\s+(?!${afterTable})[a-z])?`,
    'g',
  );
  // Before Postgres 16 a subquery needs a name.
  const usual = ` as ${name.split('.').at(-1)}`;
  return text.replaceAll(
    source,
    (_, word: string, alias?: string) => `${word} ${make()}${alias ?? usual}`,
  );
}

/** The statement of a view, without its comments. */
function readView(name: string): string {
  const sql = loadOwnDefinitions().find((each) => each.name === `views/${name}`)?.sql ?? '';
  const [, body] = /^create (?:or replace )?view \S+ as\n([\s\S]*?);\n/m.exec(sql) ?? [];
  if (body === undefined) throw new Error(`The statement of ${name} is not known.`);
  return body.replaceAll(/^\s*--.*$/gm, '');
}
