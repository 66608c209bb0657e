/** Numbers, moments and lengths of time as people read them, and results as scripts do. */
import prettyMilliseconds from 'pretty-ms';

/** A number with thousands separated. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** A moment to the minute, UTC; empty for none. */
export function formatMoment(moment: Date | null): string {
  return moment === null ? '' : moment.toISOString().slice(0, 16).replace('T', ' ');
}

/** A length of time in its largest units, rounded to seconds, at least one. */
export function formatSeconds(seconds: number, unitCount = 2): string {
  return formatMs(Math.max(1, Math.round(seconds)) * 1000, unitCount);
}

/** A length of time in its `unitCount` largest units, without parts of seconds. */
export function formatMs(ms: number, unitCount = Infinity): string {
  return prettyMilliseconds(ms, { secondsDecimalDigits: 0, unitCount });
}

/** How long something will still take, at least a second. */
export function formatTimeToGo(ms: number): string {
  return formatMs(Math.max(1000, ms), 2);
}

/** A result for scripts. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
