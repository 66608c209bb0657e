/**
 * Time stamps of records. Zendesk sends whole seconds with a `Z` (contract 0.6); every other form of ISO 8601 with a zone is
 * read too, and never rounded up: a row belongs to the partition of its time as written. Pure.
 */

/** A moment that was read. */
type Moment = {
  /** For Postgres: unchanged if that is exact, otherwise in UTC with at most six digits of the second. */
  readonly text: string;
  /** Milliseconds since 1970, rounded down. */
  readonly ms: number;
  /** False if the text says less than the original: more than six digits, or a leap second. */
  readonly isWhole: boolean;
};

const usual = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/;
const general =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d*))?)?\s?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)$/;

/** The years that Postgres, JavaScript and ISO 8601 write alike: 0001 to 9999. */
const firstMs = -62_135_596_800_000;
const endMs = 253_402_300_800_000;

/** Reads an ISO 8601 date-time with a zone; undefined for anything else, and for the year 0000, which does not exist. */
export function readMoment(value: unknown): Moment | undefined {
  if (typeof value !== 'string') return undefined;
  if (usual.test(value)) {
    const ms = Date.parse(value);
    // V8 reads the 30th of February as the 2nd of March. It does not know leap seconds, which are read below.
    if (ms >= firstMs && hasItsDay(value, ms)) return { text: value, ms, isWhole: true };
  }
  const parts = general.exec(value);
  return parts === null ? undefined : readParts(parts);
}

function hasItsDay(value: string, ms: number): boolean {
  const day = value.slice(8, 10);
  return day <= '28' || new Date(ms).toISOString().slice(8, 10) === day;
}

function readParts(parts: RegExpExecArray): Moment | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((digits) => Number(digits ?? 0));
  const [fraction = '', sign, offsetHours = 0, offsetMinutes = 0] = parts.slice(7);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDate || hour > 23 || minute > 59 || second > 60) return undefined;
  const [away, awayMinutes] = [Number(offsetHours), Number(offsetMinutes)];
  if (away > 23 || awayMinutes > 59) return undefined;
  const offset = (sign === '-' ? -1 : 1) * (away * 60 + awayMinutes);
  // The second 60 is the first one of the next minute, as in Postgres.
  const baseMs = date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000;
  if (baseMs < firstMs || baseMs >= endMs) return undefined;
  const micros = fraction.slice(0, 6).padEnd(6, '0');
  return {
    text: `${new Date(baseMs).toISOString().slice(0, 19)}${/[1-9]/.test(micros) ? `.${micros}` : ''}Z`,
    ms: baseMs + Math.floor(Number(micros) / 1000),
    isWhole: second < 60 && !/[1-9]/.test(fraction.slice(6)),
  };
}
