/**
 * Reading a record of Zendesk into columns without losing anything: a value that does not fit its column goes to `extra`,
 * and so does every field that has no column. All functions are pure but for the `extra` they fill.
 */
import { isIP } from 'node:net';
import { KnownError } from '../errors.ts';

/** What has no column or did not fit it, by field name. */
export type Extra = Record<string, unknown>;

/** A fresh `extra`. Without a prototype, so that a field named `__proto__` is a field like any other. */
export function createExtra(): Extra {
  return Object.create(null) as Extra;
}

/** The value for the `extra` column: null for normal rows. */
export function closeExtra(extra: Extra): Extra | null {
  for (const _ in extra) return extra;
  return null;
}

/** The record as an object. @throws {KnownError} `record_unreadable` when it is not one */
export function readRecord(record: unknown, itemsKey: string): Record<string, unknown> {
  if (typeof record === 'object' && record !== null && !Array.isArray(record))
    return record as Record<string, unknown>;
  throw refuseRecord(`Zendesk sent a record in ${itemsKey} that is not an object`);
}

/** Text for a text column. Postgres cannot hold U+0000 and halves of surrogate pairs: they become U+FFFD, the original goes to `extra`. */
export function readText(value: unknown, field: string, extra: Extra): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'string') {
    extra[field] = preserve(value);
    return null;
  }
  if (fitsText(value)) return value;
  extra[field] = preserve(value);
  return cleanText(value);
}

/** An integer for a bigint column: a whole number, or text that is one. */
export function readBigint(value: unknown, field: string, extra: Extra): number | string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (typeof value === 'string' && isBigint(value)) return value;
  extra[field] = preserve(value);
  return null;
}

/** An integer for a smallint column: a whole number between -32,768 and 32,767, or text that is one. */
export function readSmallint(value: unknown, field: string, extra: Extra): number | null {
  if (value === null || value === undefined) return null;
  const number = typeof value === 'string' && /^-?\d{1,5}$/.test(value) ? Number(value) : value;
  if (
    typeof number === 'number' &&
    Number.isInteger(number) &&
    number >= -32_768 &&
    number <= 32_767
  )
    return number;
  extra[field] = preserve(value);
  return null;
}

/** A boolean for a boolean column; anything else is unknown. */
export function readBoolean(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

/** An address for an inet column: IPv4 or IPv6 without a zone. */
export function readAddress(value: unknown, field: string, extra: Extra): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' && isIP(value) !== 0 && !value.includes('%')) return value;
  extra[field] = preserve(value);
  return null;
}

/** A time stamp that a row cannot do without: its text for Postgres, and milliseconds since 1970. @throws {KnownError} `record_unreadable` when there is none */
export function readTime(value: unknown, field: string, id: string): { text: string; ms: number } {
  const ms = readOptionalTime(value);
  if (ms === null) throw refuseRecord(`Record ${id} has no usable ${field}`);
  return { text: value as string, ms };
}

/** Milliseconds since 1970 of an ISO 8601 date-time with zone (contract 0.6), or null. */
export function readOptionalTime(value: unknown): number | null {
  if (typeof value !== 'string' || !isoTime.test(value)) return null;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
}

/** The id of an audit record or user. @throws {KnownError} `record_unreadable` when there is none */
export function readId(value: unknown, itemsKey: string): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'string' && isBigint(value)) return value;
  throw refuseRecord(`Zendesk sent a record in ${itemsKey} without a usable id`);
}

/** The error for a record that cannot be stored. `found` names the field, never its content. */
export function refuseRecord(found: string): KnownError {
  return new KnownError('record_unreadable', { found: `${found}; the page cannot be stored` });
}

/** Puts the fields that have no column into `extra`. */
export function keepUnknown(
  record: Record<string, unknown>,
  known: ReadonlySet<string>,
  extra: Extra,
  prefix = '',
): void {
  for (const field in record) {
    if (!known.has(field)) extra[cleanText(prefix + field)] = preserve(record[field]);
  }
}

/** A value as jsonb can hold it: as it is, or as `{"json": "…"}` around its JSON text when Postgres could not. */
export function preserve(value: unknown): unknown {
  const json = JSON.stringify(value);
  return /\\u(0000|d[89a-f])/.test(json) ? { json } : value;
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;

function fitsText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function cleanText(text: string): string {
  return fitsText(text) ? text : text.replaceAll('\0', '\uFFFD').toWellFormed();
}

function isBigint(text: string): boolean {
  return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}
