/** The manifests of pages, compared with the rows in the tables. */
import assert from 'node:assert/strict';
import type { Database } from '../../src/database/client.ts';
import { hashRows, sortRows } from '../../src/evidence/rows-root.ts';
import { nameKey } from '../../src/evidence/salts.ts';
import { readSelected, selectSealed, type SelectedRow } from '../../src/evidence/stored-rows.ts';
import type { LogStream } from '../../src/streams/stream.ts';

type Noted = {
  readonly stored_at: string;
  readonly manifest: {
    readonly rows: { readonly count: number; readonly root: string };
    readonly days: Readonly<Record<string, number>>;
    readonly new: number;
    readonly revisions: number;
  };
};

/** The manifests that wait for the sealer, oldest first. */
export async function listNoted(db: Database, { name }: LogStream): Promise<readonly Noted[]> {
  return db.query<Noted>(
    `select stored_at::text, manifest::jsonb as manifest from zendesk_evidence.pending where stream = $1 order by id`,
    [name],
  );
}

/** Fails unless each manifest has the root over the rows that were written when it was and stand since. */
export async function assertSealed(
  db: Database,
  { table }: LogStream,
  noted: readonly Noted[],
): Promise<void> {
  const keys = new Map(
    (
      await db.query<{ person: string; month: string; key: Buffer }>(
        'select person::text, month::text, key from zendesk_evidence.person_keys',
      )
    ).map(({ person, month, key }) => [nameKey(person, month), key]),
  );
  for (const { stored_at: storedAt, manifest } of noted) {
    const rows = await db.query<SelectedRow>(
      `select ${selectSealed(table)} from ${table.name} where synced_at = $1`,
      [storedAt],
    );
    const sealed = rows.map(readSelected);
    const root = hashRows(table, sortRows(table, sealed), keys).root.toString('base64');
    assert.deepEqual(
      { count: manifest.rows.count, root: manifest.rows.root },
      { count: rows.length, root },
      `the rows of ${storedAt}`,
    );
  }
}
