/** One answer from those of several databases. Pure. */
import type { FindingsAnswer } from './views/findings/load-findings.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Joins answers of one form: lists one after the other, numbers together. Rows that say the same of something else than an
 * account, such as a day, become one with the sums.
 */
export function mergeAnswers(answers: readonly unknown[]): unknown {
  const [first, ...others] = answers;
  return others.reduce((merged: unknown, each) => join(merged, each, ''), first);
}

function join(one: unknown, other: unknown, key: string): unknown {
  if (one === null || one === undefined) return other;
  if (other === null || other === undefined) return one;
  if (Array.isArray(one) && Array.isArray(other)) return joinLists([...one, ...other]);
  if (typeof one === 'number' && typeof other === 'number') return one + other;
  if (typeof one === 'boolean' && typeof other === 'boolean') return one || other;
  if (isFields(one) && isFields(other)) return joinFields(one, other);
  const isFirst = /^(?:first|from|since|begun)/.test(key);
  return orderOf(one) < orderOf(other) === isFirst ? one : other;
}

function joinFields(one: Fields, other: Fields): Fields {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...keys].map((key) => [key, join(one[key], other[key], key)]));
}

function joinLists(items: readonly unknown[]): readonly unknown[] {
  const rows = items.filter(isFields);
  if (rows.length < items.length) return [...new Set(items)];
  const joined = new Map<string, Fields>();
  for (const [place, row] of rows.entries()) {
    const name = 'account' in row ? String(place) : identify(row);
    const before = joined.get(name);
    joined.set(name, before === undefined ? row : joinFields(before, row));
  }
  return sortRows([...joined.values()]);
}

/** What a row is about: its texts. */
function identify(row: Fields): string {
  return JSON.stringify(
    Object.entries(row).filter(([, value]) => typeof value === 'string' || value === null),
  );
}

/** Days one after the other, and what has happened lately first. */
function sortRows(rows: readonly Fields[]): readonly Fields[] {
  const [first] = rows;
  if (first === undefined) return rows;
  if ('day' in first) return rows.toSorted((a, b) => compare(a['day'], b['day']));
  const time = ['at', 'startedAt'].find((name) => name in first);
  return time === undefined ? rows : rows.toSorted((a, b) => compare(b[time], a[time]));
}

function compare(one: unknown, other: unknown): number {
  const [a, b] = [orderOf(one), orderOf(other)];
  return a < b ? -1 : Number(a > b);
}

function orderOf(value: unknown): string | number {
  return value instanceof Date ? value.getTime() : String(value);
}

function isFields(value: unknown): value is Fields {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

/** Parts of the list of findings: no further than every database has told. */
export function mergeFindings(answers: readonly unknown[]): unknown {
  const parts = answers as readonly FindingsAnswer[];
  const merged = mergeAnswers(parts) as FindingsAnswer;
  const ends = parts.flatMap(({ hasMore, findings }) =>
    hasMore ? [findings.at(-1)?.at.getTime() ?? Infinity] : [],
  );
  const end = Math.max(-Infinity, ...ends);
  return { ...merged, findings: merged.findings.filter(({ at }) => at.getTime() >= end) };
}
