/** Finds out what exactly is wrong with the rows of one manifest. */
import type { Database } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import { hashStanding, loadRemnants, nameVersion } from '../remnants.ts';
import { canonicalRow, layOut } from '../row-leaf.ts';
import { joinLeaves, sortRows, type SealedRow } from '../rows-root.ts';
import { createKeyFinder, type PersonKeys } from '../salts.ts';
import { loadSealedRows } from './adopted.ts';
import type { ArchivedRows } from './archived-rows.ts';
import type { SealedEntry } from './entry.ts';
import { microsOfIso } from './open-manifests.ts';
import { finding, type Finding } from './finding.ts';
import type { RowVersion } from './standing-row.ts';
import { compareTags, unpackTags } from './tags.ts';
import { formatMicros } from './time-text.ts';

type RowsOf = {
  readonly account: string;
  readonly stream: LogStream;
  readonly keys: PersonKeys;
  readonly archive?: ArchivedRows | undefined;
};

/**
 * What is wrong with the rows of a manifest; empty if all is well.
 *
 * @param entries all manifests of the log, in order: they show what became of a row. Default: this one alone
 */
export async function comparePage(
  db: Database,
  { stream, account, keys, archive }: RowsOf,
  entry: SealedEntry,
  entries: readonly SealedEntry[] = [entry],
): Promise<readonly Finding[]> {
  const { table, name } = stream;
  const written = await loadSealedRows(db, stream, account, entry, entries, archive);
  const remnants = await loadRemnants(db, { account, stream: name }, spellBounds(entry));
  const findKey = createKeyFinder(keys);
  const layout = layOut(table);
  const keyless: RowVersion[] = [];
  const leaves: HashedVersion[] = [...(remnants.dropped.get(microsOfIso(entry.storedAt)) ?? [])];
  for (const version of sortRows(table, written)) {
    const { id, micros, row, writtenAt } = version;
    const key = findKey(row[table.actor], Number(micros) / 1000);
    if (key === undefined) keyless.push(version);
    else {
      const canonical = canonicalRow(layout, id, micros, row);
      const named = (): string => nameVersion(writtenAt, micros, id);
      leaves.push({ id, micros, leaf: hashStanding(canonical, key, remnants, named) });
    }
  }
  const known = sortRows(table, leaves);
  const { root, tags } = joinLeaves(known.map(({ leaf }) => leaf));
  const { count = 0, root: sealedRoot } = entry.rows ?? {};
  // The number of rows is right but keys are gone: nothing more can be said about the page.
  if (keyless.length > 1 && known.length + keyless.length === count)
    return [describeGoneKeys(name, entry, keyless.length)];
  const strangers = keyless.map(describeKeyless(name, entry));
  if (known.length === count && root.toString('base64') === sealedRoot) return strangers;
  const differences =
    entry.tags === undefined || entry.tags.length * 2 < count
      ? undefined
      : compareTags(unpackTags(entry.tags, count), unpackTags(tags, known.length));
  const found = differences === undefined ? [] : nameRows(name, entry, known, differences);
  return [...strangers, ...(found.length > 0 ? found : [describeWhole(name, entry, known.length)])];
}

/** A version of a row, or one that was dropped, with the hash of its leaf. */
type HashedVersion = Omit<SealedRow, 'row'> & { readonly leaf: string };

/** Times of the first and the last row of a manifest, for Postgres. */
export function spellBounds({ bounds: [first, last] }: SealedEntry): readonly [string, string] {
  return [formatMicros(first), formatMicros(last)];
}

/** Rows that exist although their keys are gone. */
function describeGoneKeys(stream: string, entry: SealedEntry, rows: number): Finding {
  const { count = 0 } = entry.rows ?? {};
  const [first, last] = spellBounds(entry);
  const sentence = `Of the ${count} rows of ${stream} that ${describePage(entry)} from ${first} to ${last}, ${rows} have no key in zendesk_evidence.person_keys any more: whether they are as they were stored cannot be proved.`;
  const facts = { stream, entry: entry.index, fetch: entry.fetch, time: first, until: last, rows };
  return finding('row_changed', sentence, facts);
}

/** A key is made with the first row of a person and month. */
function describeKeyless(stream: string, entry: SealedEntry): (row: RowVersion) => Finding {
  return ({ id, micros }) => {
    const time = formatMicros(micros);
    const sentence = `Row ${id} of ${time} in ${stream} has no key, and stands among the rows that ${describePage(entry)}: this program did not store it in this form.`;
    const facts = { stream, entry: entry.index, fetch: entry.fetch, id, time };
    return finding('row_added', sentence, facts);
  };
}

function describePage({ index, kind, fetch }: SealedEntry): string {
  const place = index < 0 ? 'not sealed yet' : `entry ${index} of the log`;
  if (kind === 'adopted') return `were there before the log was begun (${place})`;
  if (kind === 'retry') return `a retry of the quarantine stored (${place})`;
  return `fetch ${fetch ?? '?'} stored (${place})`;
}

function nameRows(
  stream: string,
  entry: SealedEntry,
  rows: readonly HashedVersion[],
  { changed, added, missing }: NonNullable<ReturnType<typeof compareTags>>,
): readonly Finding[] {
  const facts = { stream, entry: entry.index, fetch: entry.fetch };
  const rowsOrPage = entry.kind === 'page' ? 'page' : 'rows';
  const page = `of the ${rowsOrPage} that ${describePage(entry)}`;
  const name =
    (kind: 'row_changed' | 'row_added', words: string) =>
    (place: number): Finding => {
      const { id, micros = '0' } = rows[place] ?? {};
      const time = formatMicros(micros);
      const sentence = `Row ${id} of ${time} in ${stream} ${words}, ${page}.`;
      return finding(kind, sentence, { ...facts, id, time });
    };
  return [
    ...changed.map(name('row_changed', 'is not as it was stored')),
    ...added.map(name('row_added', 'was not there when it was stored')),
    ...missing.map((place) => {
      const [before, after] = [rows[place - 1], rows[place]].map((row) => row && spellRow(row));
      const neighbours = [before && `after ${before}`, after && `before ${after}`];
      const where = neighbours.filter((words) => words !== undefined).join(' and ');
      const sentence = `A row of ${stream} is missing${where === '' ? '' : ` ${where}`}, ${page}.`;
      const time = formatMicros(rows[place - 1]?.micros ?? entry.bounds[0]);
      const until = formatMicros(rows[place]?.micros ?? entry.bounds[1]);
      return finding('row_missing', sentence, { ...facts, time, until });
    }),
  ];
}

function spellRow({ id, micros }: HashedVersion): string {
  return `${id} of ${formatMicros(micros)}`;
}

/** Where no single row can be named. */
function describeWhole(stream: string, entry: SealedEntry, now: number): Finding {
  const { count = 0 } = entry.rows ?? {};
  const [first, last] = entry.bounds.map(formatMicros);
  const which = `${count} rows of ${stream} that ${describePage(entry)} from ${first} to ${last}`;
  const facts = { stream, entry: entry.index, fetch: entry.fetch, time: first, until: last };
  if (now < count)
    return finding('row_missing', `Of ${which}, ${now} are there.`, {
      ...facts,
      rows: count - now,
    });
  if (now > count)
    return finding('row_added', `Of ${which}, there are ${now} now.`, {
      ...facts,
      rows: now - count,
    });
  return finding('row_changed', `Not all of the ${which} are as they were stored.`, facts);
}
