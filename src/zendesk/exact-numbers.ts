/** Numbers of JSON that a JavaScript number cannot hold: they stay as they are written. */

/** A number as it is written. `JSON.stringify` writes it back unchanged. */
type WrittenNumber = { readonly rawJSON: string };

/** What Node 24 has but TypeScript's types do not. */
const json = JSON as unknown as {
  readonly rawJSON: (text: string) => WrittenNumber;
  readonly isRawJSON: (value: unknown) => boolean;
};

/** Whether a value is a number that is kept as it is written. */
export function isWrittenNumber(value: unknown): value is WrittenNumber {
  return json.isRawJSON(value);
}

/** A number or text as text; undefined for anything else. */
export function readPlainText(value: unknown): string | undefined {
  if (isWrittenNumber(value)) return value.rawJSON;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** A reviver for `JSON.parse` that keeps numbers as they are written where JavaScript would change them. */
export function keepWritten(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value;
  const source = context?.source;
  return source === undefined || isExact(source, value) ? value : json.rawJSON(source);
}

/**
 * A number of JSON in one form, as a value that `JSON.stringify` writes unchanged: whole numbers of up to 21 digits in full,
 * others as their digits without zeros at either end and the power of ten that they are multiplied by, such as `15e-1`.
 */
export function writeNumber(source: string): WrittenNumber {
  const [digits = '', power = '0'] = normalize(source).split('e');
  const zeros = Number(power);
  const isPlain = zeros > 0 && digits.length + zeros <= 21;
  return json.rawJSON(isPlain ? digits + '0'.repeat(zeros) : normalize(source));
}

function isExact(source: string, value: number): boolean {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return false;
  return normalize(source) === normalize(String(value));
}

/** A number in one form: its digits without zeros at either end, and the position of the decimal point. */
function normalize(text: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const short = digits.replace(/0+$/, '');
  if (short === '') return `${sign}0`;
  const exponent = Number(power) - fraction.length + digits.length - short.length;
  return `${sign}${short}${exponent === 0 ? '' : `e${exponent}`}`;
}
