/** The addresses of the activity. */
import { refuseInput } from '../../../errors.ts';
import type { Asked, Question } from '../../question.ts';
import { loadActivityDays, loadActivityTotals, type ActivityRange } from './load-activity.ts';

export const activityQuestions: readonly Question[] = [
  {
    path: 'activity/days',
    role: 'reader',
    rights: 'page',
    ask: (db, asked) => loadActivityDays(db, readRange(asked)),
  },
  {
    path: 'activity/totals',
    role: 'reader',
    rights: 'page',
    ask: (db, asked) => loadActivityTotals(db, readRange(asked)),
  },
];

const dayMs = 86_400_000;
/** What is shown when nothing else is asked for. */
const usualDays = 90;

/** @throws {KnownError} `bad_input` with what is expected */
function readRange({ parameters, now }: Asked): ActivityRange {
  const read = (name: string, usual: string): string => {
    const day = parameters.get(name) || usual;
    const ms = Date.parse(`${day}T00:00:00Z`);
    if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(ms) || writeDay(ms) !== day)
      throw refuseInput([`The day "${name}" must be like 2026-11-03.`]);
    return day;
  };
  const today = Math.floor(now.getTime() / dayMs) * dayMs;
  const until = read('until', writeDay(today + dayMs));
  const from = read('from', writeDay(Date.parse(until) - readDays(parameters) * dayMs));
  if (from >= until) throw refuseInput(['until must be later than from.']);
  return { account: parameters.get('account') || undefined, from, until };
}

function readDays(parameters: URLSearchParams): number {
  const text = parameters.get('days') || String(usualDays);
  if (/^\d{1,4}$/.test(text) && Number(text) > 0) return Number(text);
  throw refuseInput(['days must be a number from 1 to 9999.']);
}

function writeDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
