/**
 * Brings the rows of a month into the archive: each object is noted, written, and read back from where it is. An earlier try
 * that was killed is continued: whole objects are kept, and only rows that are in no object are written.
 */
import type { Database } from '../database/client.ts';
import type { PersonKeys } from '../evidence/salts.ts';
import { formatMicros } from '../evidence/verification/time-text.ts';
import type { LogTable } from '../streams/stream.ts';
import { checkObject } from './check.ts';
import type { ArchiveColumn } from './columns.ts';
import type { RowsOf } from './copied-lines.ts';
import { archiveFailure } from './failure.ts';
import { nameManifest, nameObject, numberOf, type ArchivedMonth } from './layout.ts';
import { readHotLines } from './hot-lines.ts';
import {
  forgetObject,
  loadEveryObject,
  noteChecked,
  noteObject,
  noteOutdated,
  noteSpoiled,
  type ArchivedObject,
} from './ledger.ts';
import { isOutdated, leaveOut } from './leave-out.ts';
import { renderObjectManifest, type DescribedObject } from './manifest.ts';
import { makeObjects } from './object-writer.ts';
import { readHotRows } from './rows.ts';
import type { ArchiveStore } from './store.ts';

/** What a month is archived with. */
type Archiving = {
  readonly db: Database;
  readonly store: ArchiveStore;
  readonly table: LogTable;
  readonly columns: readonly ArchiveColumn[];
  readonly keys: PersonKeys;
  /** Of how many rows an object is; default: as many as are usual. */
  readonly objectRows?: number | undefined;
  /** Receives the number of rows of each object that was written. */
  readonly report: (rows: number) => void;
  readonly signal: AbortSignal;
};

/**
 * Archives the rows of a month that are in the table, from a moment to before another.
 *
 * @throws {KnownError} `archive_failed`
 */
export async function archiveMonth(
  archiving: Archiving,
  month: ArchivedMonth,
  span: Pick<RowsOf, 'from' | 'until'>,
): Promise<void> {
  const { db, store, table, columns, keys, signal } = archiving;
  const noted = await loadEveryObject(db, month);
  const kept = await settleNoted(
    archiving,
    noted.filter(({ leftAt, isSpoiled }) => leftAt === null && !isSpoiled),
  );
  const isDelta = noted.some(({ leftAt }) => leftAt !== null);
  let number = Math.max(-1, ...noted.map(({ object }) => numberOf(object))) + 1;
  const lines = readHotLines(db, table, { account: month.account, ...span });
  const form = {
    table,
    columns,
    keys,
    ...(archiving.objectRows !== undefined && { mostRows: archiving.objectRows }),
  };
  const fresh = leaveOut(lines, kept, { store, table });
  for await (const made of makeObjects(fresh, form, (id) =>
    archiveFailure(
      `Row ${id} of ${month.stream} has no key, so its leaf in the sealed log cannot be made`,
      'Run "verify --deep"',
    ),
  )) {
    signal.throwIfAborted();
    const object = nameObject(month, number, isDelta);
    await writeObject(archiving, { ...month, ...made, object });
    archiving.report(made.rows);
    number += 1;
  }
}

/**
 * The whole objects of an earlier try. One that was never written is forgotten, and one whose rows are no longer
 * in the table as they were no longer counts.
 */
async function settleNoted(
  { db, store, table, keys }: Archiving,
  noted: readonly ArchivedObject[],
): Promise<readonly ArchivedObject[]> {
  const kept: ArchivedObject[] = [];
  for (const each of noted) {
    const problem = await checkObject(store, table, keys, each);
    if (problem === undefined) {
      if (!each.isChecked) await finishObject({ db, store }, each);
      const rows = readHotRows(db, table, boundsOf(each));
      if (await isOutdated(rows, each, { store, table })) await noteOutdated(db, each);
      else kept.push(each);
    } else if (problem.kind === 'rekeyed') await noteSpoiled(db, each);
    else if (problem.kind === 'missing' && !each.isChecked) await forgetObject(db, each);
    else throw archiveFailure(problem.sentence, 'Nothing was dropped. Run "archive repair"');
  }
  return kept;
}

/** From the first row of an object to its last. */
function boundsOf({ account, first, last }: ArchivedObject): RowsOf {
  return {
    account,
    from: formatMicros(first[0]),
    until: formatMicros(String(Number(last[0]) + 1)),
  };
}

async function writeObject(
  archiving: Archiving,
  { content, ...described }: DescribedObject & { readonly content: Buffer },
): Promise<void> {
  const { db, store } = archiving;
  const { stream, month, object } = described;
  if (!(await noteObject(db, described)))
    throw archiveFailure(
      `Another process is archiving ${stream} of ${month.slice(0, 7)}`,
      'Let one process archive',
    );
  // An object that exists is of an earlier try. A different one is not changed; the reading back finds it.
  await store.create(object, content);
}

/** Ends what was read back and is whole: the manifest comes after the object, and the note that all is well last. */
export async function finishObject(
  { db, store }: Pick<Archiving, 'db' | 'store'>,
  described: DescribedObject,
): Promise<void> {
  const manifest = Buffer.from(renderObjectManifest(described));
  const name = nameManifest(described.object);
  await store.create(name, manifest);
  // Some buckets do not know the condition that a name must be free, and say nothing of it.
  if (await store.create(name, manifest))
    throw archiveFailure(
      `${store.name} has written over ${name}: it does not know If-None-Match`,
      'Nothing was dropped. Use a service that knows it, because without it something could be overwritten',
    );
  await noteChecked(db, described);
}
