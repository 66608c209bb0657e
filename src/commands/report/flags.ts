/** The flags that all reports share, from text to trusted values. Problems are collected, so that all are reported at once. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import { findForm, forms, type FormName } from '../../reports/forms/forms.ts';
import { isTimeZone } from '../../reports/shared/time-zone.ts';

/** `table` is the page for people. */
export type ReportFormat = 'table' | FormName;
const formNames = Object.keys(forms) as FormName[];
const formats: readonly ReportFormat[] = ['table', ...formNames];

/** The shared flags as commander gives them. */
export type ReportFlags = {
  readonly format?: ReportFormat;
  readonly output?: string;
  readonly account?: string;
  readonly timeZone?: string;
};

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
  return addFormFlags(
    command.option('--time-zone <zone>', 'IANA time zone of days and shown times (default: UTC)'),
  ).option('--account <key>', 'the account (default: ZENDESK_SUBDOMAIN, or the only one stored)');
}

/** Adds the flags for the form of an answer and its destination. */
export function addFormFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--format <format>',
        'output format (default: by the ending of --output, otherwise table)',
      ).choices(formats),
    )
    .option('--output <file>', 'write to a file, completely or not at all');
}

/** Checks the shared flags. */
export function readReportFlags(flags: ReportFlags, problems: string[]): ReportChoices {
  const { output, timeZone } = flags;
  const asked = flags.format ?? chooseFormat(output, problems);
  const knownZone = timeZone === undefined || isTimeZone(timeZone);
  if (!knownZone) {
    problems.push(
      `--time-zone is "${timeZone}". Use an IANA time zone such as Europe/Madrid or UTC.`,
    );
  }
  return {
    format: asked,
    output,
    account: flags.account,
    timeZone: knownZone ? timeZone : undefined,
  };
}

/** The form that the name of a file selects; a name that is not a regular file, such as /dev/stdout, gets the page for people. */
function chooseFormat(output: string | undefined, problems: string[]): ReportFormat {
  if (output === undefined || output.startsWith('/dev/') || isFolder(output)) return 'table';
  const name = basename(output).toLowerCase();
  const endsAs = (endings: readonly string[]): boolean => endings.some((end) => name.endsWith(end));
  if (endsAs(['.txt'])) return 'table';
  const found = formNames.find((form) => endsAs(findForm(form).endings));
  if (found !== undefined) return found;
  const endings = formNames.map((form) => findForm(form).endings[0]).join(', ');
  problems.push(
    output === ''
      ? '--output is empty. Use the name of a file.'
      : `--output is "${output}", which does not end like a known format. Use ${endings} or .txt, or add --format.`,
  );
  return 'table';
}

/** A folder is refused when it is opened. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
