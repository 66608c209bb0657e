/**
 * The leaf of a row in the tree of its manifest: two commitments, one to what is not personal and one, behind a salt, to
 * what is. Without the salt nobody can find out by guessing what a personal value was (docs/evidence.md). Pure.
 */
import { hash } from 'node:crypto';
import type { LogTable, Row } from '../streams/stream.ts';
import { canonicalJson } from './canonical-json.ts';
import { hashBytes } from './forms/merkle.ts';

/** The version of the form of rows; part of every leaf. */
const leafVersion = 1;

/** A row as what its leaf is made of. */
type CanonicalRow = {
  /** Its id, its time in microseconds since 1970, and what is not personal. */
  readonly plain: string;
  /** What is personal. */
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
  let open = `${escapeText(id)}\t${micros}`;
  for (const name of plain) open += `\t${renderValue(name, row[name])}`;
  let hidden = '';
  for (const name of personal) hidden += `${renderValue(name, row[name])}\t`;
  return { plain: open, personal: hidden };
}

/** The data of a leaf, 65 bytes: the version, the hash of what is not personal, and the hash of the salt with what is. */
const leaf = Buffer.alloc(1 + 1 + 2 * hashBytes);
leaf[1] = leafVersion;
let salted = Buffer.alloc(4096);

/** The hash of a row's leaf (RFC 6962, section 2.1) as Latin-1 text. */
export function hashRow({ plain, personal }: CanonicalRow, salt: string): string {
  const mostBytes = hashBytes + 3 * personal.length;
  if (salted.length < mostBytes) salted = Buffer.alloc(2 * mostBytes);
  salted.write(salt, 0, 'latin1');
  const length = hashBytes + salted.write(personal, hashBytes, 'utf8');
  leaf.write(hash('sha256', plain, 'binary'), 2, 'latin1');
  leaf.write(hash('sha256', salted.subarray(0, length), 'binary'), 2 + hashBytes, 'latin1');
  return hash('sha256', leaf, 'binary');
}

/** The time of a row in microseconds since 1970: milliseconds rounded down, and the text that has the rest. */
export function microsOf(timeMs: number, text: unknown): string {
  // Nearly every time has whole seconds.
  if (typeof text === 'string' && !text.includes('.')) return String(timeMs * 1000);
  const [, digits = ''] = /\.(\d+)/.exec(String(text)) ?? [];
  const rest = digits.padEnd(6, '0').slice(3, 6);
  return String(timeMs * 1000 + Number(rest));
}

function renderValue(name: string, value: unknown): string {
  if (value === null || value === undefined) return '\\N';
  if (name === 'extra')
    return escapeText(canonicalJson(typeof value === 'string' ? value : JSON.stringify(value)));
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'string') return escapeText(value);
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

const special = /[\\\n\r\t]/;
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** As the text format of COPY escapes it, but for the characters that Postgres need not escape. */
function escapeText(text: string): string {
  return special.test(text)
    ? text.replaceAll(/[\\\n\r\t]/g, (character) => escapes[character] ?? '')
    : text;
}
