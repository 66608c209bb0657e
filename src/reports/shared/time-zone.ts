/** Moments in a time zone. The zones come from Node's own IANA database, not from the server's. */
import type { ReportSpan } from './report.ts';

/** Whether a text names an IANA time zone. */
export function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).format(0) !== '';
  } catch {
    return false;
  }
}

/**
 * Shows moments as `2026-01-31 08:00:00` in a time zone; without one in UTC. In the hour that is repeated at the end of
 * daylight saving time, the offset follows: `2026-10-25 02:30:00 +02:00`.
 */
export function createMomentFormat(timeZone: string | undefined): (moment: Date) => string {
  if (timeZone === undefined)
    return (moment) => moment.toISOString().replace('T', ' ').slice(0, 19);
  // Sweden writes dates as ISO 8601 does.
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return (moment) => {
    const text = format.format(moment);
    const isRepeated = [-hourMs, hourMs, -hourMs / 2, hourMs / 2].some(
      (ms) => format.format(moment.getTime() + ms) === text,
    );
    return isRepeated ? `${text} ${formatOffset(text, moment)}` : text;
  };
}

const hourMs = 3_600_000;

/** The difference between local time and UTC, as `+02:00`. */
function formatOffset(text: string, moment: Date): string {
  const minutes = Math.round(
    (Date.parse(`${text.replace(' ', 'T')}Z`) - moment.getTime()) / 60_000,
  );
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

function pad(part: number): string {
  return String(part).padStart(2, '0');
}

/** The first moment of a day such as `2026-01-31` in a time zone; not always midnight, which some clock changes skip. */
export function startOfDay(day: string, timeZone: string | undefined): Date {
  const utc = Date.parse(`${day}T00:00:00Z`);
  if (timeZone === undefined) return new Date(utc);
  const show = createMomentFormat(timeZone);
  // No zone is more than 14 hours from UTC; one more hour to be sure.
  let before = utc / 1000 - 15 * 3600;
  let reached = utc / 1000 + 15 * 3600;
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2);
    if (show(new Date(middle * 1000)).slice(0, 10) >= day) reached = middle;
    else before = middle;
  }
  return new Date(reached * 1000);
}

/** A span for a title: "2026-01-01 to 2026-02-01 (Europe/Madrid)", with times of day if they matter. */
export function describeSpan({ from, to }: ReportSpan, timeZone: string | undefined): string {
  const show = createMomentFormat(timeZone);
  const bounds = [show(from), show(to)];
  const wholeDays = bounds.every((bound) => bound.endsWith(' 00:00:00'));
  const [start, end] = wholeDays ? bounds.map((bound) => bound.slice(0, 10)) : bounds;
  return `${start} to ${end} (${timeZone ?? 'UTC'})`;
}

const dayMs = 86_400_000;

/** The first moments of the days that a span touches, in a time zone and in order; the first may be before the span. */
export function listDayStarts({ from, to }: ReportSpan, timeZone: string | undefined): Date[] {
  const show = createMomentFormat(timeZone);
  const last = show(to).slice(0, 10);
  const starts: Date[] = [];
  for (let day = show(from).slice(0, 10); day <= last; day = nextDay(day))
    starts.push(startOfDay(day, timeZone));
  return starts;
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + dayMs).toISOString().slice(0, 10);
}
