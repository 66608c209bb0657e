/** Shared parsing of command arguments: from text to trusted values. Problems are collected, so that all are reported at once. */
import type { Command } from 'commander';

/** The arguments for commander, which knows `help report` but not `help report ticket`: that is `report ticket --help`. */
export function listArguments({ argv }: { readonly argv: readonly string[] }): string[] {
  const [node = '', script = '', first, ...words] = argv;
  return first === 'help' && words.length > 1 ? [node, script, ...words, '--help'] : [...argv];
}

/** Adds the example at the end of a command's help. */
export function addExample(command: Command, line: string): Command {
  return command.addHelpText('after', `\nExample:\n  ${line}\n`);
}

/** The values of an option that may be repeated. */
export function gather(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/**
 * Reads a day (`2026-01-31`, midnight UTC) or a date-time with zone (`2026-01-31T08:00:00Z`) given on the command line.
 * Any other text adds a sentence to `problems`, and undefined is returned.
 */
export function readMoment(option: string, text: string, problems: string[]): Date | undefined {
  const form = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.exec(text);
  const moment = form === null ? undefined : new Date(text);
  // Date turns 31 February into a day in March.
  const exists =
    moment !== undefined && !Number.isNaN(moment.getTime()) && isCalendarDay(form?.[1] ?? '');
  if (moment !== undefined && exists) return moment;
  problems.push(
    `${option} is "${text}". Use a day such as 2026-01-31, or a time with its zone such as 2026-01-31T08:00:00Z.`,
  );
  return undefined;
}

function isCalendarDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** A whole number from 1 to `most`; otherwise a problem, and 1. */
export function readCount(
  option: string,
  text: string,
  problems: string[],
  most = 999_999_999,
): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  problems.push(`${option} is "${text}". Use a whole number from 1 to ${most}.`);
  return 1;
}
