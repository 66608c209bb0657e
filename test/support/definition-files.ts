/** Additional definitions of a test, beside those of the program. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Database, Queryable } from '../../src/database/client.ts';
import { applyDefinitions } from '../../src/database/definition-changes.ts';
import { type Definition, readDefinitions } from '../../src/database/definitions.ts';
import { root } from './project-files.ts';

/** Texts by the names of definitions. */
export type Files = Readonly<Record<string, string>>;

/** Reads files as the program reads its own, from a folder that also has those with `own`. */
export function readFiles(files: Files, { own = false } = {}): readonly Definition[] {
  const folder = mkdtempSync(join(tmpdir(), 'zls-definitions-'));
  try {
    if (own) cpSync(join(root, 'src/database/definitions'), folder, { recursive: true });
    for (const [name, sql] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, `${name}.sql`), sql);
    }
    return readDefinitions(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Updates the database from the program's own definitions to those and the given ones. */
export async function applyFiles(db: Database, files: Files): Promise<void> {
  await db.transaction((tx) => applyDefinitions(tx, readFiles(files, { own: true }), false));
}

/** A view, and another one that uses it. */
export const people = {
  'views/zendesk.people':
    'create view zendesk.people as select account, id, name, role from zendesk.users;\n',
  'views/zendesk.admins': `create view zendesk.admins as select p.id, p.name from zendesk.people p where p.role = 'admin';\n`,
};
/** The same without a column. */
export const withoutRole = {
  'views/zendesk.people':
    'create view zendesk.people as select account, id, name from zendesk.users;\n',
  'views/zendesk.admins':
    'create view zendesk.admins as select p.id, p.name from zendesk.people p;\n',
};

/** The columns of a view in their order; empty when there is none. */
export async function columnsOf(db: Queryable, view: string): Promise<string> {
  const [row] = await db.query<{ columns: string }>(
    `select string_agg(attname, ' ' order by attnum) as columns from pg_attribute where attrelid = to_regclass($1) and attnum > 0`,
    [view],
  );
  return row?.columns ?? '';
}
