import type { ReportSpan } from './report.ts';
import { createMomentFormat, startOfDay } from './time-zone.ts';

const dayMs = 86_400_000;

/** The first moments of the days that a span touches, in a time zone and in order; the first may lie before the span. */
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
