/** How the archive is laid out: folders that DuckDB, Athena, Trino and Spark read without a catalogue. Pure. */

/** The most rows of an object: it fits into memory, and a bucket takes it in one request. */
export const mostObjectRows = 100_000;
/** An object of this size, in bytes, is closed. */
export const mostObjectBytes = 4_000_000;
/** Rows of a group: few enough that a question reads little, enough that they compress well. */
export const groupRows = 10_000;

/** A month of an account's log. */
export type ArchivedMonth = {
  readonly account: string;
  readonly stream: string;
  /** Its first day: 2026-11-01. */
  readonly month: string;
};

/** The folder of a month's objects. */
function nameFolder({ account, stream, month }: ArchivedMonth): string {
  return `stream=${stream}/account=${escapeName(account)}/month=${month.slice(0, 7)}`;
}

/** An object: the first one with the rows of a month, or one with rows that arrived later. */
export function nameObject(month: ArchivedMonth, number: number, isDelta: boolean): string {
  return `${nameFolder(month)}/${isDelta ? 'delta' : 'part'}-${String(number).padStart(5, '0')}.parquet`;
}

/** The number of an object. */
export function numberOf(object: string): number {
  return Number(/-(\d+)\.parquet$/.exec(object)?.[1] ?? -1);
}

/** The manifest of an object, which readers of the folder pass over because of its first character. */
export function nameManifest(object: string): string {
  return object.replace(/([^/]*)\.parquet$/, '_$1.json');
}

/** The months that a span of time touches: their first days, with the first instants of each and of the next. */
export function listMonths(
  fromMs: number,
  untilMs: number,
): readonly { readonly month: string; readonly fromMs: number; readonly untilMs: number }[] {
  const months = [];
  const first = new Date(fromMs);
  for (
    let at = Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), 1);
    at < untilMs;
    at = nextMonth(at)
  )
    months.push({
      month: new Date(at).toISOString().slice(0, 10),
      fromMs: at,
      untilMs: nextMonth(at),
    });
  return months;
}

function nextMonth(ms: number): number {
  const moment = new Date(ms);
  return Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + 1, 1);
}

/** As Hive writes the value of a partition in a path. */
function escapeName(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
