/** The parameters that several views have, from text to trusted values. */
import { refuseInput } from '../errors.ts';
import type { ReportSpan } from '../reports/shared/report.ts';
import { isTimeZone } from '../reports/shared/time-zone.ts';
import type { Asked } from './question.ts';

/** The account that a question is about. @throws {KnownError} `bad_input` for another one than this process follows */
export function readAccount({
  parameters,
  service,
}: Pick<Asked, 'parameters' | 'service'>): string {
  const served = service.accounts.map(({ account }) => account);
  const asked = parameters.get('account') ?? '';
  if (asked === '' && served.length === 1 && served[0] !== undefined) return served[0];
  if (served.includes(asked)) return asked;
  throw refuseInput([
    asked === ''
      ? `Choose an account: ${served.join(', ')}.`
      : `There is no account "${asked}" here. Choose one of ${served.join(', ')}.`,
  ]);
}

const dayMs = 86_400_000;

/**
 * The time range from `from` until `to`; without them the last days until now.
 *
 * @throws {KnownError} `bad_input` for what is no moment, or a range that does not begin before it ends
 */
export function readSpan(
  { parameters, now }: Pick<Asked, 'parameters' | 'now'>,
  usualDays: number,
): ReportSpan {
  const given = { from: parameters.get('from') ?? '', to: parameters.get('to') ?? '' };
  const to = given.to === '' ? now : readMoment(given.to);
  const end = to === undefined ? now : new Date(Math.min(to.getTime(), now.getTime()));
  const usual = new Date(Math.floor(end.getTime() / 1000) * 1000 - usualDays * dayMs);
  const from = given.from === '' ? usual : readMoment(given.from);
  for (const [name, moment] of Object.entries({ from, to }))
    if (moment === undefined)
      throw refuseInput([
        `The ${name === 'from' ? 'start' : 'end'} of the time range cannot be read. Use a moment such as 2026-11-03T00:00:00Z.`,
      ]);
  if (from === undefined || to === undefined || from >= end)
    throw refuseInput(['The time range must begin before it ends, and not in the future.']);
  return { from, to: end };
}

function readMoment(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?Z$/.test(text)) return undefined;
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}

/** The zone of the reader, in which sentences show times; UTC for one that is not known. */
export function readZone({ parameters }: Pick<Asked, 'parameters'>): string | undefined {
  const zone = parameters.get('zone') ?? '';
  return zone !== '' && zone !== 'UTC' && isTimeZone(zone) ? zone : undefined;
}

/** How many rows of an answer come before the shown ones. */
export function readOffset({ parameters }: Pick<Asked, 'parameters'>): number {
  const text = parameters.get('offset') ?? '';
  if (!/^\d{0,5}$/.test(text) || Number(text) > mostRows)
    throw refuseInput([
      `The page shows the first ${mostRows} rows. Choose a shorter time range, or download the rows as CSV.`,
    ]);
  return Number(text);
}

/** With more rows, nobody turns pages. */
const mostRows = 10_000;
