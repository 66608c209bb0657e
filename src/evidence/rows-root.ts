/** The root over the rows of a manifest: an RFC 6962 tree whose leaves stand in the order of the rows' keys. Pure. */
import type { LogTable, Row } from '../streams/stream.ts';
import { hashBytes, hashPackedTree } from './forms/merkle.ts';
import { canonicalRow, hashRow, layOut } from './row-leaf.ts';
import { keyNameOf, saltOf, type PersonKeys } from './salts.ts';

/** A row: its id, its time in microseconds since 1970, and its columns. */
export type SealedRow = { readonly id: string; readonly micros: string; readonly row: Row };

/** Whose rows they are. */
type RowsOf = {
  readonly account: string;
  readonly stream: string;
  readonly table: Pick<LogTable, 'id' | 'columns' | 'personal' | 'actor'>;
};

/** The root over rows, and a tag of four bits for each, two a byte: enough to tell which row it was that changed. */
type HashedRows = { readonly root: Buffer; readonly tags: Buffer };

/** The name of the key of each row's salt. */
export function nameKeys(
  { actor }: Pick<LogTable, 'actor'>,
  rows: readonly SealedRow[],
): readonly string[] {
  return rows.map(({ micros, row }) => keyNameOf(row[actor], micros));
}

/** Hashes rows in the order of their keys. */
export function hashRows(
  { account, stream, table }: RowsOf,
  rows: readonly SealedRow[],
  keys: PersonKeys,
  names = nameKeys(table, rows),
): HashedRows {
  const layout = layOut(table);
  const leaves = Buffer.allocUnsafe(rows.length * hashBytes);
  for (const [place, { id, micros, row }] of rows.entries()) {
    const key = keys.get(names[place] ?? '');
    if (key === undefined) throw new Error('A row has no key for its salt.');
    const hashed = hashRow(canonicalRow(layout, id, micros, row), saltOf(key, account, stream, id));
    leaves.write(hashed, place * hashBytes, 'latin1');
  }
  return { root: hashPackedTree(leaves), tags: packTags(leaves) };
}

/** The last four bits of each leaf's hash; the first of two rows has the upper ones. */
function packTags(leaves: Buffer): Buffer {
  const rows = leaves.length / hashBytes;
  const tags = Buffer.alloc(Math.ceil(rows / 2));
  for (let row = 0; row < rows; row += 1) {
    const tag = tagOf(leaves, row) << (row % 2 === 0 ? 4 : 0);
    tags[row >> 1] = (tags[row >> 1] ?? 0) | tag;
  }
  return tags;
}

/** The tag of a row among packed hashes. */
function tagOf(leaves: Buffer, row: number): number {
  return (leaves[row * hashBytes + hashBytes - 1] ?? 0) & 15;
}

/** The rows in the order of their keys: by time, then by id, numbers as numbers and texts byte by byte. */
export function sortRows<Each extends Omit<SealedRow, 'row'>>(
  { id }: Pick<LogTable, 'id'>,
  rows: readonly Each[],
): readonly Each[] {
  const compareIds = id.type === 'bigint' ? compareNumbers : compareBytes;
  const compare = (a: Each, b: Each): number =>
    a.micros === b.micros ? compareIds(a.id, b.id) : Number(a.micros) - Number(b.micros);
  const isSorted = rows.every((row, at) => at === 0 || compare(rows[at - 1] ?? row, row) <= 0);
  return isSorted ? rows : rows.toSorted(compare);
}

function compareNumbers(a: string, b: string): number {
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function compareBytes(a: string, b: string): number {
  // UTF-16 and UTF-8 sort alike but for characters beyond U+D800.
  if (isBasic(a) && isBasic(b)) return a < b ? -1 : a > b ? 1 : 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function isBasic(text: string): boolean {
  return !/[\uD800-\uFFFF]/.test(text);
}
