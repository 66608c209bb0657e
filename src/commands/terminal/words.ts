/** Numbers, moments and durations for people, and results for scripts. */
import prettyMilliseconds from 'pretty-ms';

/** A number with thousands separated. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** A moment to the minute, UTC; empty for none. */
export function formatMoment(moment: Date | null): string {
  return moment === null ? '' : moment.toISOString().slice(0, 16).replace('T', ' ');
}

/** A duration in its largest units, rounded to seconds, at least one. */
export function formatSeconds(seconds: number, unitCount = 2): string {
  return formatMs(Math.max(1, Math.round(seconds)) * 1000, unitCount);
}

/** A duration in its `unitCount` largest units, without fractions of seconds. */
export function formatMs(ms: number, unitCount = Infinity): string {
  return prettyMilliseconds(ms, { secondsDecimalDigits: 0, unitCount });
}

/** The remaining time, at least a second. */
export function formatTimeToGo(ms: number): string {
  return formatMs(Math.max(1000, ms), 2);
}

/** A result for scripts. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
