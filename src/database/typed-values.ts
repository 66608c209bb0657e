/** Values of any statement in the form that reports use, by their Postgres types. */

/** A value of a row. */
export type TypedValue = string | number | boolean | Date | null;

/** A column of an answer; without a type: text. */
export type TypedColumn = {
  readonly name: string;
  readonly type: 'moment' | 'integer' | 'number' | 'boolean' | undefined;
};

/** By the numbers of Postgres's built-in types. */
const types = {
  bool: 16,
  int8: 20,
  int2: 21,
  int4: 23,
  float4: 700,
  float8: 701,
  timestamptz: 1184,
  numeric: 1700,
} as const;

/** The type of a column. Long integers are numbers, but ids are not: nobody adds them up, and spreadsheets round them. */
export function typeOfColumn(name: string, type: number): TypedColumn['type'] {
  if (type === types.timestamptz) return 'moment';
  if (type === types.bool) return 'boolean';
  if (type === types.int2 || type === types.int4) return 'integer';
  if (type === types.int8) return /(^|_)ids?$/.test(name) ? undefined : 'integer';
  return type === types.float4 || type === types.float8 || type === types.numeric
    ? 'number'
    : undefined;
}

/** Reads a value of a type; a value that a number or a moment cannot hold exactly stays the text that Postgres sent. */
export function readTypedValue(type: number): (text: string) => TypedValue {
  if (type === types.timestamptz) return readMoment;
  if (type === types.bool) return (text) => text === 't';
  const isNumber = Object.values<number>(types).includes(type);
  return isNumber ? readNumber : (text) => text;
}

function readNumber(text: string): number | string {
  const value = Number(text);
  const isExact = /^-?\d+$/.test(text) ? Number.isSafeInteger(value) : Number.isFinite(value);
  return isExact ? value : text;
}

/** Such as "2026-11-27 04:00:00.123456+00"; infinity and years before Christ are not dates. */
function readMoment(text: string): Date | string {
  const form = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)(:\d\d)?$/.exec(text);
  if (form === null) return text;
  const [, day, time, hours, minutes = ':00'] = form;
  return new Date(`${day}T${time}${hours}${minutes}`);
}
