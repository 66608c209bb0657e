/**
 * A year of archived months: the objects of a month that do not name a ticket, copied until there are so many rows. What a
 * question about that ticket costs does not depend on what else such objects have: their filters are read, and about one
 * group in a hundred in vain.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nameObject } from '../../src/archive/layout.ts';
import { loadObjects, noteObject, type ArchivedObject } from '../../src/archive/ledger.ts';
import { searchArchive } from '../../src/archive/search.ts';
import type { ArchiveStore } from '../../src/archive/store.ts';
import type { Database } from '../../src/database/client.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';

const monthMicros = 30 * 86_400_000_000;
const months = 12;

/** Copies objects until the archive has so many rows. @returns how many it has */
export async function fillYear(
  db: Database,
  { store, folder, ticket, rows: wanted }: FilledYear,
): Promise<number> {
  const objects = await loadObjects(db);
  const templates: ArchivedObject[] = [];
  for (const object of objects) {
    const question = { from: 0, until: Infinity, words: [ticket], mostRows: Infinity };
    const found = await searchArchive(store, accessLogs.table, [object], question);
    if (found.length === 0) templates.push(object);
  }
  if (templates.length === 0) throw new Error(`Every object names ticket ${ticket}.`);
  let rows = objects.reduce((sum, each) => sum + each.rows, 0);
  for (let copy = 0; rows < wanted; copy += 1) {
    const template = templates[copy % templates.length];
    if (template === undefined) break;
    const copied = moveBack(template, 1 + (copy % (months - 1)), copy);
    await mkdir(dirname(join(folder, copied.object)), { recursive: true });
    await copyFile(join(folder, template.object), join(folder, copied.object));
    await noteObject(db, copied);
    rows += template.rows;
  }
  await db.query(
    `update zendesk_sync.archived_objects set checked_at = now(), left_at = now() where left_at is null`,
  );
  // Reports refuse time that was never stored.
  await db.query(
    `update zendesk_sync.coverage set covered_from = covered_from - interval '1 year'
     where stream = $1 and covered_from = (select min(covered_from) from zendesk_sync.coverage where stream = $1)`,
    [accessLogs.name],
  );
  return rows;
}

/** What is filled. */
type FilledYear = {
  readonly store: ArchiveStore;
  readonly folder: string;
  readonly ticket: string;
  readonly rows: number;
};

/** The same object, as if its rows were so many months older. */
function moveBack(object: ArchivedObject, by: number, number: number): ArchivedObject {
  const move = (micros: string): string => String(Number(micros) - by * monthMicros);
  const month = new Date(Number(move(object.first[0])) / 1000).toISOString().slice(0, 7);
  const named = { ...object, month: `${month}-01` };
  return {
    ...named,
    object: nameObject(named, 10_000 + number, false),
    first: [move(object.first[0]), object.first[1]],
    last: [move(object.last[0]), object.last[1]],
    groups: object.groups.map(([rows, first, last]) => [rows, move(first), move(last)]),
  };
}
