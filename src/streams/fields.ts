/**
 * Reading the fields of a record into columns without losing anything: a value that does not fit its column goes to
 * `extra`, and so does every field that has no column. Pure.
 */
import { KnownError } from '../errors.ts';
import { isWrittenNumber } from '../zendesk/exact-numbers.ts';
import { readAddress } from './address.ts';
import { shortenKey } from './key-text.ts';
import { readMoment } from './moment.ts';
import { preserve } from './preserved.ts';

/** How a value becomes the value of a column; a `Misfit` for a value that the column cannot hold unchanged. */
type Fit<Value> = (value: unknown) => Value | Misfit;

/** The whole value goes to `extra`; the column gets the part that fits. */
type Misfit = { readonly part: string | null };

/** A column and where its value is in a record: the names of the fields that lead to it; by default its own name. */
export type Field<Value> = {
  readonly fit: Fit<Value>;
  readonly path: readonly [string, string] | undefined;
};

/** Values without a column, and values that did not fit, by field name. */
export type Extra = Record<string, unknown>;

/** Says that no part of a value fits. */
const misfit: Misfit = { part: null };

/**
 * Text for a text column. Postgres cannot hold U+0000 and halves of surrogate pairs: the column gets U+FFFD instead, see
 * `readFields`.
 */
export const text: Field<string> = field((value) => (typeof value === 'string' ? value : misfit));

/** Text for a text column in an index, which cannot hold long texts: see `shortenKey`. */
export const keyText: Field<string> = field((value) => {
  if (typeof value !== 'string') return misfit;
  const part = shortenKey(value);
  return part === value ? value : { part };
});

/** A whole number for a bigint column, or text that is one. */
export const bigint: Field<string | number> = field((value) => {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : misfit;
  const digits = isWrittenNumber(value) ? value.rawJSON : value;
  return typeof digits === 'string' && isBigint(digits) ? digits : misfit;
});

/** In the form in which Postgres writes it back: leading zeros, or a minus before 0, would be lost. */
const wholeNumber = /^(?:0|-?[1-9]\d{0,18})$/;

/** A whole number between -32,768 and 32,767 for a smallint column, or text that is one. */
export const smallint: Field<number> = field((value) => {
  const number = typeof value === 'string' && wholeNumber.test(value) ? Number(value) : value;
  const fits = typeof number === 'number' && Number.isInteger(number);
  return fits && number >= -32_768 && number <= 32_767 ? number : misfit;
});

/** An address for an inet column: IPv4 or IPv6 without a zone, in the form in which Postgres writes it back. */
export const address: Field<string> = field((value) => readAddress(value) ?? misfit);

/** A boolean for a boolean column. */
export const boolean: Field<boolean> = field((value) =>
  typeof value === 'boolean' ? value : misfit,
);

/** An ISO 8601 date-time with a zone for a timestamptz column (contract 0.6). */
export const moment: Field<string> = field((value) => readMoment(value)?.text ?? misfit);

/** A field inside another field. */
export function within<Value>(
  path: readonly [string, string],
  { fit }: Field<Value>,
): Field<Value> {
  return { fit, path };
}

function field<Value>(fit: Fit<Value>): Field<Value> {
  return { fit, path: undefined };
}

/**
 * Prepares the reading of all columns. The function it returns makes a row from the fields of a record: `extra` is its last
 * column, and the columns of the `key`, which are read separately, are null.
 */
export function createFieldReader(
  columns: Readonly<Record<string, Field<unknown>>>,
  key: readonly string[],
): (record: Fields) => Record<string, unknown> {
  const places = listPlaces(columns, key);
  const names = [...key, ...Object.keys(columns), 'extra'];
  const empty: Readonly<Record<string, unknown>> = Object.fromEntries(
    names.map((name) => [name, null]),
  );
  return (record) => {
    // A copy has its final shape from the start, which is much faster than adding the columns one by one.
    const row = { ...empty };
    row['extra'] = readFields(record, places, '', row, null);
    return row;
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** What a field becomes: the value of a column, an object with such fields, or nothing if it is read separately. */
type Place =
  | { readonly kind: 'column'; readonly column: string; readonly fit: Fit<unknown> }
  | { readonly kind: 'parent'; readonly places: Places }
  | { readonly kind: 'key' };
type Places = Map<string, Place>;

function listPlaces(
  columns: Readonly<Record<string, Field<unknown>>>,
  key: readonly string[],
): Places {
  const places: Places = new Map(key.map((name) => [name, { kind: 'key' }]));
  for (const [column, { fit, path }] of Object.entries(columns)) {
    const [name, inner] = path ?? [column];
    const place = { kind: 'column', column, fit } as const;
    if (inner === undefined) {
      places.set(name, place);
      continue;
    }
    const parent = places.get(name);
    if (parent?.kind === 'parent') parent.places.set(inner, place);
    else places.set(name, { kind: 'parent', places: new Map([[inner, place]]) });
  }
  return places;
}

/** Sets the columns of a row, and returns what belongs in `extra`; `prefix` comes before the names there. */
function readFields(
  fields: Fields,
  places: Places,
  prefix: string,
  row: Record<string, unknown>,
  known: Extra | null,
): Extra | null {
  let extra = known;
  for (const name in fields) {
    const place = places.get(name);
    const value = fields[name];
    if (place === undefined) {
      extra = keep(extra, cleanText(prefix + name), value);
    } else if (value === null || value === undefined || place.kind === 'key') {
      continue;
    } else if (place.kind === 'column') {
      const fitting = place.fit(value);
      if (typeof fitting === 'string' ? fitsText(fitting) : !isMisfit(fitting)) {
        row[place.column] = fitting;
      } else {
        extra = keep(extra, prefix + name, value);
        const part = isMisfit(fitting) ? fitting.part : String(fitting);
        row[place.column] = part === null ? null : cleanText(part);
      }
    } else {
      extra = isObject(value)
        ? readFields(value, place.places, `${prefix}${name}.`, row, extra)
        : keep(extra, prefix + name, value);
    }
  }
  return extra;
}

function isMisfit(fitting: unknown): fitting is Misfit {
  return typeof fitting === 'object';
}

/** Adds a value to `extra`. The object has no prototype, so that a field named `__proto__` is a normal field. */
export function keep(extra: Extra | null, name: string, value: unknown): Extra {
  const kept = extra ?? (Object.create(null) as Extra);
  kept[name] = preserve(value);
  return kept;
}

/** The record as an object. @throws {KnownError} `record_unreadable` when it is not one */
export function readRecord(record: unknown, stream: string): Readonly<Record<string, unknown>> {
  if (isObject(record)) return record;
  throw refuseRecord(
    `Zendesk sent a record in ${stream} that is ${record === undefined ? 'not valid JSON' : 'not an object'}`,
  );
}

/** The id of a record as text, for a bigint column. @throws {KnownError} `record_unreadable` when there is none */
export function readBigintId(value: unknown, stream: string): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  const digits = isWrittenNumber(value) ? value.rawJSON : value;
  if (typeof digits === 'string' && isBigint(digits)) return digits;
  throw missingId(stream);
}

/**
 * The id of a record as text, for a text column. It must only be possible to store and compare it, because the documented
 * samples of ULIDs differ in form. A long one is shortened. @throws {KnownError} `record_unreadable` when there is none
 */
export function readTextId(value: unknown, stream: string): string {
  if (typeof value === 'number') return String(value);
  if (isWrittenNumber(value)) return shortenKey(value.rawJSON);
  if (typeof value === 'string' && value !== '' && fitsText(value)) return shortenKey(value);
  throw missingId(stream);
}

function missingId(stream: string): KnownError {
  return refuseRecord(`Zendesk sent a record in ${stream} without a usable id`);
}

/** The error for a record that cannot be stored. `found` names the field, never its content. */
function refuseRecord(found: string): KnownError {
  return new KnownError('record_unreadable', { found });
}

/** A time stamp that a row must have. @throws {KnownError} `record_unreadable` when there is none */
export function readTime(
  value: unknown,
  name: string,
  id: string,
): NonNullable<ReturnType<typeof readMoment>> {
  const time = readMoment(value);
  if (time === undefined) throw refuseRecord(`${nameRecord(id)} has no usable ${name}`);
  return time;
}

/** Names a record by its id if that looks like an id: anything else there may be content. */
function nameRecord(id: string): string {
  return /^[\w.:-]{1,64}$/.test(id) ? `Record ${id}` : 'A record with an unusual id';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !isWrittenNumber(value)
  );
}

function fitsText(value: string): boolean {
  return !value.includes('\0') && value.isWellFormed();
}

/** Text that Postgres can hold: U+FFFD instead of U+0000 and of halves of surrogate pairs. */
export function cleanText(value: string): string {
  return fitsText(value) ? value : value.replaceAll('\0', '\uFFFD').toWellFormed();
}

function isBigint(value: string): boolean {
  return wholeNumber.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value);
}
