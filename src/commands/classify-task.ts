/** What `classify` is asked to do, and what it works with. */
import type { LocalConfig } from '../config/config.ts';
import { refuseInput } from '../errors.ts';
import type { Database } from '../database/client.ts';
import type { ReportContext } from './report-run.ts';

/** The flags as commander gives them. */
export type ClassifyFlags = {
  readonly report?: boolean;
  readonly apply?: boolean;
  readonly days?: string;
  readonly limit?: string;
  readonly again?: boolean;
  readonly account?: string;
  readonly json?: boolean;
};

/** The flags, checked. */
type ClassifyChoices =
  | { readonly task: 'report'; readonly days: number | undefined; readonly limit: number }
  | { readonly task: 'apply'; readonly again: boolean };

/** What both tasks work with. */
export type ClassifyScope = {
  readonly context: ReportContext;
  readonly config: LocalConfig;
  readonly db: Database;
  readonly account: string;
  readonly json: boolean;
};

/** Forms listed unless asked otherwise. */
export const defaultLimit = 20;
const mostDays = 36_500;
const mostListed = 10_000;

/** Checks the flags. @throws {KnownError} `bad_input` with every problem at once */
export function readClassifyFlags(flags: ClassifyFlags): ClassifyChoices {
  const { report = false, apply = false, again = false } = flags;
  if (report === apply) {
    throw refuseInput([
      `classify is given ${report ? 'both --report and --apply' : 'neither --report nor --apply'}; expected one of them.`,
    ]);
  }
  const problems: string[] = [];
  const days = readNumber('--days', flags.days, mostDays, problems);
  const limit = readNumber('--limit', flags.limit, mostListed, problems);
  if (apply) {
    for (const name of ['days', 'limit'] as const)
      if (flags[name] !== undefined)
        problems.push(`--${name} is for --report; leave it out with --apply.`);
  } else if (again) {
    problems.push('--again is for --apply; leave it out with --report.');
  }
  if (problems.length > 0) throw refuseInput(problems);
  return apply ? { task: 'apply', again } : { task: 'report', days, limit: limit ?? defaultLimit };
}

function readNumber(
  option: string,
  text: string | undefined,
  most: number,
  problems: string[],
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  problems.push(`${option} is "${text}"; expected a whole number from 1 to ${most}.`);
  return undefined;
}
