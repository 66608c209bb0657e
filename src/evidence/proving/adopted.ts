/** The manifests of rows that were there before the sealed log of their stream was begun. */
import type { Database, Queryable } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import { idOrder, type SealedRow } from '../rows-root.ts';
import { readEntry, type SealedEntry } from '../verification/entry.ts';
import { loadSealedRows } from '../verification/adopted.ts';
import type { ArchivedRows } from '../verification/archived-rows.ts';
import { loadAdopted } from '../verification/row-source.ts';
import type { RowVersion } from '../verification/standing-row.ts';
import { findEntries, type StoredEntry } from './outer-path.ts';

/** Manifests of what was found when a stream was begun, and of its adoption. */
const tellsOfBefore = `encode(manifest, 'escape') ~ '"kind":"(adopted|found)"'`;

/** A manifest and its bytes. */
export type FoundEntry = StoredEntry & { readonly entry: SealedEntry };

/** What is known about the rows from before the log. */
export type Adoptions = {
  /** Rows of the stream that were written earlier have no manifest of their own; undefined: it is not known. */
  readonly before: string | undefined;
  readonly isComplete: boolean;
  /** The manifest that adopted a row. */
  readonly find: (row: SealedRow) => FoundEntry | undefined;
};

/** Loads what a log says about a stream's rows from before it. */
export async function loadAdoptions(
  db: Queryable,
  account: string,
  { name, table }: LogStream,
): Promise<Adoptions> {
  const rows = await db.query<StoredEntry>(
    `select index::float8 as index, manifest from zendesk_evidence.entries
     where account = $1 and ${tellsOfBefore} order by index`,
    [account],
  );
  const entries = rows.flatMap(({ index, manifest }): readonly FoundEntry[] => {
    const entry = readEntry(index, manifest, null);
    return entry?.stream === name ? [{ index, manifest, entry }] : [];
  });
  const adopted = entries.filter(({ entry }) => (entry.rows?.count ?? 0) > 0);
  const compareIds = idOrder(table);
  const compare = ({ micros, id }: SealedRow, [time, key]: SealedEntry['edges'][0]): number =>
    micros === time ? compareIds(id, key) : Number(micros) - Number(time);
  return {
    before: entries.find(({ entry }) => entry.kind === 'found')?.entry.before,
    isComplete: entries.some(({ entry }) => entry.isComplete),
    find: (row) => {
      // They are in the order of their keys.
      let [from, to] = [0, adopted.length];
      while (from < to) {
        const middle = Math.floor((from + to) / 2);
        const last = adopted[middle]?.entry.edges[1] ?? ['', ''];
        if (compare(row, last) > 0) from = middle + 1;
        else to = middle;
      }
      const found = adopted[from];
      return found !== undefined && compare(row, found.entry.edges[0]) >= 0 ? found : undefined;
    },
  };
}

/** The manifests that mention rows deleted as second rows of a record: few, if any. */
export async function loadDroppers(
  db: Queryable,
  account: string,
): Promise<readonly SealedEntry[]> {
  const rows = await db.query<StoredEntry>(
    `select index::float8 as index, manifest from zendesk_evidence.entries
     where account = $1 and encode(manifest, 'escape') like '%"dropped":[[%' order by index`,
    [account],
  );
  return rows.flatMap(({ index, manifest }) => readEntry(index, manifest, null) ?? []);
}

/** The rows of a manifest of adopted rows, current or former. */
export async function loadAdoptedVersions(
  db: Database,
  account: string,
  stream: LogStream,
  entry: SealedEntry,
  droppers: readonly SealedEntry[],
  archive: ArchivedRows | undefined,
): Promise<readonly RowVersion[]> {
  const versions = await loadAdopted(db, stream, account, entry);
  const moments = new Set(
    versions.flatMap(({ writtenAt, replacedAt }) => [writtenAt, replacedAt ?? writtenAt]),
  );
  // Only the manifests that say when one of these versions was written or replaced.
  const telling = new Map([entry, ...droppers].map((each) => [each.index, each]));
  const waiting: SealedEntry[] = [];
  for (const moment of moments) {
    const storedAt = formatMoment(moment);
    const place = await findPlace(db, account, stream.name, storedAt);
    if (place === undefined) continue;
    const known = { ...entry, index: place, kind: 'page', storedAt, dropped: [] };
    if (place === Infinity) waiting.push(known);
    else telling.set(place, telling.get(place) ?? known);
  }
  const entries = [...telling.values()].toSorted((a, b) => a.index - b.index);
  return loadSealedRows(db, stream, account, entry, [...entries, ...waiting], archive);
}

/** The place in the log of the manifest of a moment; after all others while it waits to be sealed. */
async function findPlace(
  db: Queryable,
  account: string,
  stream: string,
  storedAt: string,
): Promise<number | undefined> {
  const sealed = await findEntries(db, account, storedAt);
  for (const { index, manifest } of sealed)
    if (readEntry(index, manifest, null)?.stream === stream) return index;
  const waiting = await db.query(
    `select 1 from zendesk_evidence.pending
     where account = $1 and stream = $2 and stored_at = $3::timestamptz limit 1`,
    [account, stream, storedAt],
  );
  return waiting.length > 0 ? Infinity : undefined;
}

/** Microseconds since 1970 in the form that manifests use. */
function formatMoment(micros: string): string {
  const seconds = Math.floor(Number(micros) / 1_000_000);
  const rest = String(Number(micros) - seconds * 1_000_000).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${rest}Z`;
}
