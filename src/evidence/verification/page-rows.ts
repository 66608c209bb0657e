/** What exactly is wrong with the rows of one manifest. */
import type { Database } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import { hashRows, sortRows } from '../rows-root.ts';
import { keyNameOf, type PersonKeys } from '../salts.ts';
import type { SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';
import { loadWritten, type RowVersion } from './row-source.ts';
import { compareTags, unpackTags } from './tags.ts';
import { formatMicros } from './time-text.ts';

type RowsOf = { readonly account: string; readonly stream: LogStream; readonly keys: PersonKeys };

/** What is wrong with the rows of a manifest, from one snapshot; nothing where all is well. */
export async function comparePage(
  db: Database,
  { stream, account, keys }: RowsOf,
  entry: SealedEntry,
): Promise<readonly Finding[]> {
  const { table, name } = stream;
  const written = sortRows(table, await loadWritten(db, stream, account, entry));
  const known = written.filter(({ row, micros }) => keys.has(keyNameOf(row[table.actor], micros)));
  const { root, tags } = hashRows({ account, stream: name, table }, known, keys);
  const { count = 0, root: sealedRoot } = entry.rows ?? {};
  const isWhole = known.length === written.length && known.length === count;
  if (isWhole && root.toString('base64') === sealedRoot) return [];
  const differences =
    entry.tags === undefined || entry.tags.length * 2 < count
      ? undefined
      : compareTags(unpackTags(entry.tags, count), unpackTags(tags, known.length));
  const found = differences === undefined ? [] : nameRows(name, entry, known, differences);
  return found.length > 0 ? found : [describeWhole(name, entry, known.length)];
}

function describePage({ index, fetch }: SealedEntry): string {
  const place = index < 0 ? 'not sealed yet' : `entry ${index} of the log`;
  return `fetch ${fetch ?? '?'} stored (${place})`;
}

function nameRows(
  stream: string,
  entry: SealedEntry,
  rows: readonly RowVersion[],
  { changed, added, missing }: NonNullable<ReturnType<typeof compareTags>>,
): readonly Finding[] {
  const facts = { stream, entry: entry.index, fetch: entry.fetch };
  const page = `of the page that ${describePage(entry)}`;
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
      return finding('row_missing', sentence, { ...facts, time });
    }),
  ];
}

function spellRow({ id, micros }: RowVersion): string {
  return `${id} of ${formatMicros(micros)}`;
}

/** Where no single row can be named. */
function describeWhole(stream: string, entry: SealedEntry, now: number): Finding {
  const { count = 0 } = entry.rows ?? {};
  const [first, last] = entry.bounds.map(formatMicros);
  const which = `${count} rows of ${stream} that ${describePage(entry)} from ${first} to ${last}`;
  const facts = { stream, entry: entry.index, fetch: entry.fetch, time: first };
  if (now < count) return finding('row_missing', `Of ${which}, ${now} are there.`, facts);
  if (now > count) return finding('row_added', `Of ${which}, there are ${now} now.`, facts);
  return finding('row_changed', `Not all of the ${which} are as they were stored.`, facts);
}
