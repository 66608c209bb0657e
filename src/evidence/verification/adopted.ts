/** Compares rows from before the sealed log with the manifests that adopted them. */
import type { Queryable } from '../../database/client.ts';
import type { LogStream, LogTable } from '../../streams/stream.ts';
import { unescapeText } from '../row-leaf.ts';
import { idOrder } from '../rows-root.ts';
import { readArchivedOf, type ArchivedRows } from './archived-rows.ts';
import type { SealedEntry } from './entry.ts';
import { microsOfIso, sortUnderManifests, type OpenManifest } from './open-manifests.ts';
import { loadAdopted, loadRevisions, loadWritten } from './row-source.ts';
import type { RowVersion, StandingRow } from './standing-row.ts';

/** How many of the rows that are older than the sealed log have been adopted into it. */
export type Adoption = {
  /** The moment of the first manifest of the log: rows written earlier have none of their own. */
  readonly before: string;
  readonly rows: number;
  /** Whether all were. */
  readonly isComplete: boolean;
};

/** What the manifests say about rows from before the log; undefined before the log begins. */
export function findAdoption(entries: readonly SealedEntry[]): Adoption | undefined {
  const before = entries.find(({ kind }) => kind === 'found')?.before;
  if (before === undefined) return undefined;
  const adopted = entries.filter(({ kind }) => kind === 'adopted');
  return {
    before,
    rows: adopted.reduce((sum, { rows }) => sum + (rows?.count ?? 0), 0),
    isComplete: entries.some(({ isComplete }) => isComplete),
  };
}

type AdoptionSorter = {
  /** Finds the manifest of a row that no page wrote. Call it in the order of the keys. The row may also be not adopted yet, or belong to no manifest. */
  find(row: StandingRow): OpenManifest | 'open' | 'stranger';
  listDoubtful(): readonly SealedEntry[];
};

/** Assigns rows to the manifests that adopted them, by their keys. */
export function sortUnderAdoptions(
  table: LogTable,
  adoption: Adoption,
  entries: readonly SealedEntry[],
): AdoptionSorter {
  const compare = compareKeys(table);
  const adopted = entries
    .filter(({ kind, rows }) => kind === 'adopted' && (rows?.count ?? 0) > 0)
    .toSorted((a, b) => compare(...a.edges[1], b.edges[1]));
  const sorter = sortUnderManifests(adopted);
  const beforeMicros = Number(microsOfIso(adoption.before));
  let place = 0;
  return {
    find({ writtenAt, canonical: { id: escaped, micros } }) {
      // Nor is an infinite time one of before.
      if (!(Number(writtenAt) < beforeMicros)) return 'stranger';
      const id = unescapeText(escaped);
      for (let at = adopted[place]; at && compare(micros, id, at.edges[1]) > 0;) {
        place += 1;
        at = adopted[place];
      }
      const entry = adopted[place];
      if (entry === undefined) return adoption.isComplete ? 'stranger' : 'open';
      if (compare(micros, id, entry.edges[0]) < 0) return 'stranger';
      return sorter.find(microsOfIso(entry.storedAt)) ?? 'stranger';
    },
    listDoubtful: () => sorter.listDoubtful(),
  };
}

type Edge = SealedEntry['edges'][0];

function compareKeys(table: LogTable): (micros: string, id: string, edge: Edge) => number {
  const compareIds = idOrder(table);
  return (micros, id, edge) =>
    micros === edge[0] ? compareIds(id, edge[1]) : Number(micros) - Number(edge[0]);
}

/**
 * The rows of a manifest, current or former. What a page replaced is in the revisions; what it deleted as the second
 * row of a record says what a revision says.
 *
 * @param entries all manifests of the log, in their order
 */
export async function loadSealedRows(
  db: Queryable,
  stream: LogStream,
  account: string,
  entry: SealedEntry,
  entries: readonly SealedEntry[],
  archive?: ArchivedRows,
): Promise<readonly RowVersion[]> {
  const archived = await readArchivedOf(archive, stream, account, entry);
  if (entry.kind === 'adopted')
    return loadAdoptedRows(db, stream, account, entry, entries, archive, archived);
  const dropped = entries.flatMap((later) =>
    later.dropped.filter(([, , writtenAt]) => writtenAt === entry.storedAt),
  );
  return [
    ...archived,
    ...(await loadWritten(db, stream, account, entry, archive)),
    ...(await loadRevisions(
      db,
      stream,
      account,
      dropped.map(([, , , revision]) => revision),
    )),
  ];
}

async function loadAdoptedRows(
  db: Queryable,
  stream: LogStream,
  account: string,
  entry: SealedEntry,
  entries: readonly SealedEntry[],
  archive: ArchivedRows | undefined,
  archived: readonly RowVersion[],
): Promise<readonly RowVersion[]> {
  const order = new Map(entries.map(({ storedAt }, place) => [microsOfIso(storedAt), place]));
  const place = order.get(microsOfIso(entry.storedAt)) ?? 0;
  const compare = compareKeys(stream.table);
  const [first, last] = entry.edges;
  const dropped = entries
    .slice(place + 1)
    .flatMap((later) =>
      later.dropped.filter(
        ([micros, id, writtenAt]) =>
          writtenAt < (entry.before ?? '') &&
          !order.has(microsOfIso(writtenAt)) &&
          compare(micros, id, first) >= 0 &&
          compare(micros, id, last) <= 0,
      ),
    );
  const versions = [
    ...(await loadAdopted(db, stream, account, entry, archive)),
    ...archived
      .filter(({ micros, id }) => compare(micros, id, first) >= 0 && compare(micros, id, last) <= 0)
      .map((version) => ({ ...version, replacedAt: undefined })),
  ];
  const own = versions.filter(
    ({ writtenAt, replacedAt }) =>
      !order.has(writtenAt) && (replacedAt === undefined || (order.get(replacedAt) ?? -1) > place),
  );
  const revisions = dropped.map(([, , , revision]) => revision);
  return [...own, ...(await loadRevisions(db, stream, account, revisions))];
}
