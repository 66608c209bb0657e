/** Numbers in the form that the checks use. */

const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** A whole number with thousands separated. */
function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** An estimate with only two significant digits. */
export function roundOff(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1);
  return Math.round(value / unit) * unit;
}

/** A count and its noun: "1 request", "2 requests". */
export function countOf(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${Math.round(value) === 1 ? '' : 's'}`;
}

/** A size in the largest unit that fits: "4.2 GB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : formatCount(value)} ${byteUnits[unit] ?? ''}`;
}

/** A duration in a suitable unit: "40 seconds", "3 hours", "12 days". Rounded up. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return countOf(Math.max(1, Math.ceil(seconds)), 'second');
  if (seconds < 90 * 60) return countOf(Math.ceil(seconds / 60), 'minute');
  if (seconds < 48 * 3600) return countOf(Math.ceil(seconds / 3600), 'hour');
  return countOf(Math.ceil(seconds / 86_400), 'day');
}

/** A moment in UTC, to the minute. */
export function formatMinute(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
