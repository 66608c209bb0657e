/**
 * Objects whose rows lose something. Their rows are written again beside them and read back; the transaction that takes
 * something away lets the new objects count in their place; the old ones are deleted after it, where no lock forbids that.
 * After a kill either the old objects count or the new ones; the next command deletes the others.
 */
import { KnownError } from '../errors.ts';
import type { Database, Queryable } from '../database/client.ts';
import type { PersonKeys } from '../evidence/salts.ts';
import type { LogTable } from '../streams/stream.ts';
import { checkObject } from './check.ts';
import { loadColumns } from './columns.ts';
import { archiveFailure } from './failure.ts';
import type { LineBatch } from './hot-lines.ts';
import { nameManifest, nameObject, numberOf } from './layout.ts';
import {
  loadEveryObject,
  noteChecked,
  noteLeft,
  noteObject,
  noteReplaced,
  type ArchivedObject,
} from './ledger.ts';
import { renderObjectManifest, type DescribedObject } from './manifest.ts';
import { makeObjects } from './object-writer.ts';
import type { ArchiveStore } from './store.ts';

/** Where objects of a log are rewritten. */
type Rewriting = {
  /** Notes what is written, outside of the transaction: an object has its note even if the transaction fails. */
  readonly db: Database;
  readonly store: ArchiveStore;
  readonly table: LogTable;
};

/** Writes rows beside the object that they were in. @throws {KnownError} `archive_failed` when what was written is not read back */
export async function writeBeside(
  { db, store, table }: Rewriting,
  old: ArchivedObject,
  lines: AsyncIterable<LineBatch>,
  keys: PersonKeys,
): Promise<readonly DescribedObject[]> {
  const { account, stream, month } = old;
  const columns = await loadColumns(db, table);
  const made: DescribedObject[] = [];
  const refuse = (id: string): Error =>
    archiveFailure(`Row ${id} of ${stream} has no key, so its leaf cannot be made`);
  for await (const { content, ...facts } of makeObjects(lines, { table, columns, keys }, refuse)) {
    const noted = await loadEveryObject(db, { account, stream, month });
    const number = Math.max(...noted.map((each) => numberOf(each.object))) + 1;
    const object = nameObject({ account, stream, month }, number, /\/delta-/.test(old.object));
    const described = { account, stream, month, ...facts, object };
    if (!(await noteObject(db, described, old.object)))
      throw archiveFailure(`Another process is writing ${object}`, 'Run the command again');
    await store.create(object, content);
    const problem = await checkObject(store, table, keys, described);
    if (problem !== undefined)
      throw archiveFailure(problem.sentence, 'Nothing was taken away. Run the command again');
    await store.create(nameManifest(object), Buffer.from(renderObjectManifest(described)));
    made.push(described);
  }
  return made;
}

/** Lets new objects count instead of an old one, within the transaction that takes something away. */
export async function takeInstead(
  tx: Queryable,
  old: ArchivedObject,
  made: readonly DescribedObject[],
): Promise<void> {
  await noteReplaced(tx, old);
  for (const object of made) {
    await noteChecked(tx, object);
    await noteLeft(tx, object);
  }
}

/** Gives up the objects of a command that was killed. Only the process that has the turn of the archive may do it. */
export async function giveUpUnfinished(db: Queryable): Promise<void> {
  await db.query(
    `update zendesk_sync.archived_objects set spoiled_at = clock.at, replaced_at = clock.at from (select now() as at) as clock
     where replaces is not null and left_at is null and spoiled_at is null`,
  );
}

/** What became of the objects that no longer count. */
export type Deleted = {
  readonly objects: number;
  /** Those that are still there, and why. */
  readonly kept: readonly { readonly object: string; readonly why: string }[];
};

/** Deletes the objects whose rows were written again or dropped on purpose. It may be stopped and called again. */
export async function deleteReplaced(db: Database, store: ArchiveStore): Promise<Deleted> {
  const replaced = await db.query<{ account: string; object: string; version: string | null }>(
    `select account, object, locked_version as version from zendesk_sync.archived_objects
     where replaced_at is not null and gone_at is null order by replaced_at, object`,
  );
  const kept: Deleted['kept'][number][] = [];
  for (const { account, object, version } of replaced) {
    const left = await remove(store, object, version ?? undefined);
    await db.query(
      `update zendesk_sync.archived_objects set gone_at = case when $3 then clock.at end, locked_version = $4 from (select now() as at) as clock
       where account = $1 and object = $2`,
      [account, object, left === undefined, left?.version ?? null],
    );
    if (left !== undefined) kept.push({ object, why: left.why });
  }
  return { objects: replaced.length - kept.length, kept };
}

async function remove(
  store: ArchiveStore,
  object: string,
  version: string | undefined,
): ReturnType<ArchiveStore['remove']> {
  try {
    const left = await store.remove(object, version);
    // It has no rows, and tells of those that are gone.
    await store.remove(nameManifest(object), undefined);
    return left;
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return { why: error.message.replace(/\.$/, ''), version };
  }
}
