/** The names of the files of scheduled reports. Pure. */
import type { ReportSpan } from '../shared/report.ts';
import { createMomentFormat, startOfDay } from '../shared/time-zone.ts';

/** The parts of the name of a file. */
type FileParts = {
  readonly account: string;
  /** Name of the report. */
  readonly name: string;
  /** The time that the report is about; undefined for one about the last activities. */
  readonly span: ReportSpan | undefined;
  /** When it is due. */
  readonly due: Date;
  readonly timeZone: string | undefined;
  /** With its dot. */
  readonly ending: string;
};

/**
 * The name of a file: account, report and the time that it is about, as `acme-log-2026-10.csv` for a month,
 * `acme-log-2026-10-01.csv` for a day, `acme-log-2026-10-01_2026-10-07.csv` for days with the last one, and with times of
 * day for anything else. If the report has no time range, the name has the time at which it is due.
 */
export function nameReportFile({ account, name, span, due, timeZone, ending }: FileParts): string {
  const show = createMomentFormat(timeZone);
  const window = span === undefined ? nameMoment(show(due)) : nameSpan(span, show, timeZone);
  return `${account}-${name}-${window}${ending}`;
}

function nameSpan(
  { from, to }: ReportSpan,
  show: (moment: Date) => string,
  timeZone: string | undefined,
): string {
  const [first, end] = [show(from).slice(0, 10), show(to).slice(0, 10)];
  const startsDay = startOfDay(first, timeZone).getTime() === from.getTime();
  const endsDay = startOfDay(end, timeZone).getTime() === to.getTime();
  if (!startsDay || !endsDay) return `${nameMoment(show(from))}_${nameMoment(show(to))}`;
  const last = show(new Date(to.getTime() - 1)).slice(0, 10);
  if (first === last) return first;
  const isMonth =
    first.endsWith('-01') && end.endsWith('-01') && first.slice(0, 7) === last.slice(0, 7);
  return isMonth ? first.slice(0, 7) : `${first}_${last}`;
}

/** A time without characters that some file systems do not allow; with seconds and offset only if needed. */
function nameMoment(text: string): string {
  const [day = '', time = '', offset = ''] = text.split(' ');
  const digits = time.replaceAll(':', '');
  return `${day}T${digits.endsWith('00') ? digits.slice(0, 4) : digits}${offset.replace(':', '')}`;
}
