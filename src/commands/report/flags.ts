/** The flags that all reports share, from text to trusted values. Problems are gathered, so that all are told at once. */
import { Option, type Command } from 'commander';
import type { ReportSpan } from '../../reports/shared/report.ts';
import { isTimeZone, startOfDay } from '../../reports/shared/time-zone.ts';
import { readMoment } from '../arguments.ts';

const formats = ['table', 'csv', 'json', 'ndjson'] as const;
type ReportFormat = (typeof formats)[number];

/** The shared flags as commander gives them. */
export type ReportFlags = {
  readonly format?: ReportFormat;
  readonly output?: string;
  readonly account?: string;
  readonly timeZone?: string;
};

/** The flags of a span as commander gives them. */
export type SpanFlags = { readonly from: string; readonly to?: string };

/** The shared flags, checked. */
export type ReportChoices = {
  readonly format: ReportFormat;
  /** The file to write; undefined: stdout. */
  readonly output: string | undefined;
  readonly account: string | undefined;
  readonly timeZone: string | undefined;
};

/** Adds the flags that every report has. */
export function addReportFlags(command: Command): Command {
  return command
    .option('--time-zone <zone>', 'IANA time zone of days and shown times (default: UTC)')
    .addOption(
      new Option(
        '--format <format>',
        'how to print it (default: as --output is called, else table)',
      ).choices(formats),
    )
    .option('--output <file>', 'write to a file, complete or not at all')
    .option('--account <key>', 'the account (default: ZENDESK_SUBDOMAIN, or the only one stored)');
}

/** Adds the flags of a report about a span of time. */
export function addSpanFlags(command: Command): Command {
  return command
    .requiredOption(
      '--from <time>',
      'start: 2026-01-31 (the start of that day) or 2026-01-31T08:00:00Z',
    )
    .option('--to <time>', 'end, not included; in the same form (default: now)');
}

/** Checks the shared flags. */
export function readReportFlags(flags: ReportFlags, problems: string[]): ReportChoices {
  const { output, timeZone } = flags;
  if (output === '') problems.push('--output is empty; expected the name of a file.');
  const knownZone = timeZone === undefined || isTimeZone(timeZone);
  if (!knownZone) {
    problems.push(
      `--time-zone is "${timeZone}"; expected an IANA time zone such as Europe/Madrid or UTC.`,
    );
  }
  return {
    format: flags.format ?? formats.find((name) => output?.endsWith(`.${name}`)) ?? 'table',
    output,
    account: flags.account,
    timeZone: knownZone ? timeZone : undefined,
  };
}

/** Checks the flags of a span. Days begin in the time zone. Undefined after a problem. */
export function readSpanFlags(
  flags: SpanFlags,
  { timeZone }: Pick<ReportChoices, 'timeZone'>,
  now: Date,
  problems: string[],
): ReportSpan | undefined {
  const from = readLocalMoment('--from', flags.from, timeZone, problems);
  const to = flags.to === undefined ? now : readLocalMoment('--to', flags.to, timeZone, problems);
  if (from === undefined || to === undefined) return undefined;
  if (from > now) {
    problems.push(`--from ${flags.from} lies in the future; expected a time that has passed.`);
  } else if (from >= to) {
    problems.push(
      `--from ${flags.from} is not before --to ${flags.to ?? 'now'}; expected the earlier time first; swap the two.`,
    );
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
