/** The flags for the time range of a report, from text to a span. */
import type { Command } from 'commander';
import type { ReportSpan } from '../../reports/shared/report.ts';
import { createMomentFormat, startOfDay } from '../../reports/shared/time-zone.ts';
import { readCount, readMoment } from '../arguments.ts';
import type { ReportChoices } from './flags.ts';

/** The flags of a span as commander gives them. */
export type SpanFlags = {
  readonly days?: string;
  readonly since?: string;
  readonly month?: string;
  readonly from?: string;
  readonly to?: string;
};

type Zone = Pick<ReportChoices, 'timeZone'>;

const dayMs = 86_400_000;
const mostDays = 36_500;

/** Adds the flags of a report about a span of time. */
export function addSpanFlags(command: Command): Command {
  return command
    .option('--days <number>', 'the last days, as many as this')
    .option('--since <time>', '"2 days ago", "yesterday", or a time as in --from; until now')
    .option('--month <month>', 'a calendar month: 2026-09, last or this')
    .option('--from <time>', 'start: 2026-01-31 (the start of that day) or 2026-01-31T08:00:00Z')
    .option('--to <time>', 'end, not included; in the same form (default: now)');
}

/** Checks the flags of a span: exactly one form must be given. Days begin in the time zone. Undefined after a problem. */
export function readSpanFlags(
  flags: SpanFlags,
  zone: Zone,
  now: Date,
  problems: string[],
): ReportSpan | undefined {
  const { days, since, month, from, to } = flags;
  const ways = [
    ...(days === undefined ? [] : ['--days']),
    ...(since === undefined ? [] : ['--since']),
    ...(month === undefined ? [] : ['--month']),
    ...(from === undefined && to === undefined ? [] : ['--from or --to']),
  ];
  if (ways.length > 1) {
    problems.push(`${ways.join(' and ')} are both set. Specify the time range in one way only.`);
    return undefined;
  }
  if (days !== undefined) return readDays(days, now, problems);
  if (since !== undefined) return readSince(since, zone, now, problems);
  if (month !== undefined) return readMonth(month, zone, now, problems);
  if (from !== undefined) return readBounds({ from, to }, zone, now, problems);
  problems.push(
    'Specify a time range: --days 30, --since "2 days ago", --month 2026-09, or --from 2026-01-31 with or without --to.',
  );
  return undefined;
}

function readDays(days: string, now: Date, problems: string[]): ReportSpan {
  const count = readCount('--days', days, problems, mostDays);
  return { from: new Date(wholeSecond(now) - count * dayMs), to: now };
}

/** Logs have whole seconds. */
function wholeSecond(moment: Date): number {
  return Math.floor(moment.getTime() / 1000) * 1000;
}

const units: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: dayMs,
  week: 7 * dayMs,
};

function readSince(
  text: string,
  zone: Zone,
  now: Date,
  problems: string[],
): ReportSpan | undefined {
  const words = text.trim().toLowerCase();
  const [, number, unit = ''] =
    /^(\d{1,5}|an?) (minute|hour|day|week|month|year)s?( ago)?$/.exec(words) ?? [];
  if (number !== undefined) {
    const count = /^\d/.test(number) ? Number(number) : 1;
    const start = new Date(wholeSecond(now));
    const ms = units[unit];
    if (ms !== undefined) start.setTime(start.getTime() - count * ms);
    else goBackMonths(start, unit === 'year' ? 12 * count : count);
    return { from: start, to: now };
  }
  if (words === 'today' || words === 'yesterday') {
    const day = words === 'today' ? now : new Date(now.getTime() - dayMs);
    const local = createMomentFormat(zone.timeZone)(day).slice(0, 10);
    return { from: startOfDay(local, zone.timeZone), to: now };
  }
  if (/^\d{4}-/.test(words)) return readBounds({ from: text, to: undefined }, zone, now, problems);
  problems.push(
    `--since is "${text}". Use a length of time such as "2 days ago" or "3 hours ago", "yesterday", or a day such as 2026-01-31.`,
  );
  return undefined;
}

/** The same day some months before, or the last day of that month if it has no such day. */
function goBackMonths(moment: Date, months: number): void {
  const day = moment.getUTCDate();
  moment.setUTCDate(1);
  moment.setUTCMonth(moment.getUTCMonth() - months);
  const last = new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + 1, 0));
  moment.setUTCDate(Math.min(day, last.getUTCDate()));
}

function readMonth(
  text: string,
  { timeZone }: Zone,
  now: Date,
  problems: string[],
): ReportSpan | undefined {
  const named = nameMonth(text.trim().toLowerCase(), createMomentFormat(timeZone)(now));
  const [, year = '', month = ''] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(named) ?? [];
  if (year === '') {
    problems.push(`--month is "${text}". Use a month such as 2026-09, or last or this.`);
    return undefined;
  }
  const next = new Date(Date.UTC(Number(year), Number(month), 1)).toISOString().slice(0, 10);
  const from = startOfDay(`${year}-${month}-01`, timeZone);
  if (from > now) {
    problems.push(`--month ${text} is in the future. Use a month that has begun.`);
    return undefined;
  }
  const end = startOfDay(next, timeZone);
  return { from, to: end > now ? now : end };
}

/** The month that a word means on a day, as `2026-09`; any other text unchanged. */
function nameMonth(text: string, today: string): string {
  if (text !== 'last' && text !== 'this') return text;
  const first = new Date(`${today.slice(0, 7)}-01T00:00:00Z`);
  if (text === 'last') first.setUTCMonth(first.getUTCMonth() - 1);
  return first.toISOString().slice(0, 7);
}

function readBounds(
  { from: start, to: end }: { readonly from: string; readonly to: string | undefined },
  { timeZone }: Zone,
  now: Date,
  problems: string[],
): ReportSpan | undefined {
  const from = readLocalMoment('--from', start, timeZone, problems);
  const to = end === undefined ? now : readLocalMoment('--to', end, timeZone, problems);
  if (from === undefined || to === undefined) return undefined;
  if (from > now) {
    problems.push(`--from ${start} is in the future. Use a time in the past.`);
  } else if (from >= to) {
    problems.push(`--from ${start} is not before --to ${end ?? 'now'}. Swap the two.`);
  }
  return { from, to };
}

function readLocalMoment(
  option: string,
  text: string,
  timeZone: string | undefined,
  problems: string[],
): Date | undefined {
  const moment = readMoment(option, text, problems);
  return moment !== undefined && !text.includes('T') ? startOfDay(text, timeZone) : moment;
}
