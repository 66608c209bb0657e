/**
 * The leaf of a row in the tree of its manifest: two commitments, one to what is not personal and one, behind a salt, to
 * what is. Without the salt nobody can find out by guessing what a personal value was (docs/canonical-form.md). Pure.
 *
 * A call of a hash costs more than the bytes it is given, and a buffer for its digest three times as much: there are four
 * calls a row, and digests are taken as text.
 */
import { hash } from 'node:crypto';
import type { LogTable, Row } from '../streams/stream.ts';
import { canonicalJson } from './canonical-json.ts';
import { hashBytes } from './forms/merkle.ts';

/** The version of the form of rows; part of every leaf. */
const leafVersion = 1;

/** The parts of a row's leaf: values as Postgres writes them in the text format of COPY. */
export type CanonicalRow = {
  /** Its id, and its time in microseconds since 1970. */
  readonly id: string;
  readonly micros: string;
  /** What is not personal, and what is: each value behind a tab. */
  readonly plain: string;
  readonly personal: string;
};

/** Which columns of a log belong to which commitment, in the order in which they are written. */
type RowLayout = { readonly plain: readonly string[]; readonly personal: readonly string[] };

/** The layout of a log's rows: the columns in the order of the table, the personal ones apart. */
export function layOut({ columns, personal }: Pick<LogTable, 'columns' | 'personal'>): RowLayout {
  return {
    plain: columns.filter((column) => !personal.includes(column)),
    personal: columns.filter((column) => personal.includes(column)),
  };
}

/** The canonical form of a row: as it is read from an answer, or with every value as Postgres writes it as text. */
export function canonicalRow(
  { plain, personal }: RowLayout,
  id: string,
  micros: string,
  row: Row,
): CanonicalRow {
  return {
    id: escapeText(id),
    micros,
    plain: renderValues(plain, row),
    personal: renderValues(personal, row),
  };
}

/** The data of a leaf, 65 bytes: the version, the hash of what is not personal, and the hash of the salt with what is. */
const leaf = Buffer.alloc(1 + 1 + 2 * hashBytes);
leaf[1] = leafVersion;
/** What a salt is made of: the key of the person and month, and the hash of what is not personal. */
const seed = Buffer.alloc(2 * hashBytes);

/** The hash of a row's leaf (RFC 6962, section 2.1) as Latin-1 text; its salt comes from the key of its person and month. */
export function hashRow({ id, micros, plain, personal }: CanonicalRow, key: Buffer): string {
  const open = hash('sha256', `${id}\t${micros}${plain}`, 'binary');
  leaf.write(open, 2, 'latin1');
  leaf.write(hash('sha256', deriveSalt(key, open) + personal, 'binary'), 2 + hashBytes, 'latin1');
  return hash('sha256', leaf, 'binary');
}

let salted = Buffer.alloc(4096);

/**
 * The same of bytes: id, time and what is not personal as `id ⇥ micros ⇥ …`, and what is personal, each value behind a tab.
 */
export function hashRowBytes(plain: Uint8Array, personal: Uint8Array, key: Buffer): string {
  const open = hash('sha256', plain, 'binary');
  leaf.write(open, 2, 'latin1');
  const length = 2 * hashBytes + personal.length;
  if (salted.length < length) salted = Buffer.alloc(2 * length);
  salted.write(deriveSalt(key, open), 'latin1');
  salted.set(personal, 2 * hashBytes);
  leaf.write(hash('sha256', salted.subarray(0, length), 'binary'), 2 + hashBytes, 'latin1');
  return hash('sha256', leaf, 'binary');
}

/** The commitment to what is personal in a row, as Latin-1 text: what is kept when that is taken away. */
export function commitToPersonal(
  { id, micros, plain, personal }: CanonicalRow,
  key: Buffer,
): string {
  const open = hash('sha256', `${id}\t${micros}${plain}`, 'binary');
  return hash('sha256', deriveSalt(key, open) + personal, 'binary');
}

/** The hash of the leaf of a row of which only the commitment to its personal part is left. */
export function hashStripped({ id, micros, plain }: CanonicalRow, personal: string): string {
  leaf.write(hash('sha256', `${id}\t${micros}${plain}`, 'binary'), 2, 'latin1');
  leaf.write(personal, 2 + hashBytes, 'latin1');
  return hash('sha256', leaf, 'binary');
}

/** What shows that a row is in a tree, without the key of its person and month. */
export type DisclosedRow = {
  /** What is hashed behind 0x00 as its leaf. */
  readonly leaf: Buffer;
  /** The hash of the leaf as Latin-1 text. */
  readonly hash: string;
  /** The salt of what is personal. */
  readonly salt: string;
};

/** The leaf of a row, and the salt with which anybody can make it. */
export function discloseRow(row: CanonicalRow, key: Buffer): DisclosedRow {
  const hashed = hashRow(row, key);
  const salt = deriveSalt(key, leaf.toString('latin1', 2, 2 + hashBytes));
  return { leaf: Buffer.from(leaf.subarray(1)), hash: hashed, salt };
}

/** What is hashed behind 0x00 as the leaf of a row whose salt was disclosed. */
export function saltedLeaf({ id, micros, plain, personal }: CanonicalRow, salt: string): Buffer {
  return Buffer.concat([
    Buffer.of(leafVersion),
    hash('sha256', `${id}\t${micros}${plain}`, 'buffer'),
    hash('sha256', salt + personal, 'buffer'),
  ]);
}

/**
 * The salt of a row, 64 hexadecimal digits. One block of SHA-256 of a fixed length is a function of the key that tells
 * nothing of it, so that no HMAC is needed, which costs three times as much. What differs in two rows makes two salts.
 */
function deriveSalt(key: Buffer, plainHash: string): string {
  seed.set(key);
  seed.write(plainHash, hashBytes, 'latin1');
  return hash('sha256', seed, 'hex');
}

/** The time of a row in microseconds since 1970: milliseconds rounded down, and the text that has the rest. */
export function microsOf(timeMs: number, text: unknown): string {
  // Nearly every time has whole seconds.
  if (typeof text === 'string' && !text.includes('.')) return String(timeMs * 1000);
  const [, digits = ''] = /\.(\d+)/.exec(String(text)) ?? [];
  const rest = digits.padEnd(6, '0').slice(3, 6);
  return String(timeMs * 1000 + Number(rest));
}

function renderValues(names: readonly string[], row: Row): string {
  let values = '';
  for (const name of names) values += `\t${renderValue(name, row[name])}`;
  return values;
}

function renderValue(name: string, value: unknown): string {
  if (value === null || value === undefined) return nothing;
  if (typeof value === 'number') return String(value);
  if (name === 'extra')
    return escapeText(canonicalJson(typeof value === 'string' ? value : JSON.stringify(value)));
  if (typeof value === 'string') return escapeText(value);
  return typeof value === 'boolean' ? (value ? 't' : 'f') : JSON.stringify(value);
}

const special = /[\\\b\f\n\r\t\v]/;
const everySpecial = /[\\\b\f\n\r\t\v]/g;
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Nothing, as Postgres writes it in the text format of COPY. */
export const nothing = '\\N';

/** A text as Postgres writes it in the text format of COPY. */
export function escapeText(text: string): string {
  return special.test(text)
    ? text.replaceAll(everySpecial, (character) => escapes[character] ?? '')
    : text;
}

const characters = new Map(
  Object.entries(escapes).map(([character, escape]) => [escape, character]),
);

/** The text that Postgres has written in the text format of COPY. */
export function unescapeText(text: string): string {
  return text.replaceAll(/\\./g, (escape) => characters.get(escape) ?? escape);
}
