/** The flags that say what a line of a report is and how much of a record it shows. */
import type { Command } from 'commander';
import type { FieldChoice } from '../../reports/shared/record-fields.ts';

/** The flags of a report about records as commander gives them. */
export type FieldFlags = { readonly allFields?: boolean; readonly raw?: boolean };

/** The flags of a report about accesses as commander gives them. */
export type LineFlags = FieldFlags & { readonly requests?: boolean };

/** What a line is: a single request, or a visit; with the fields of requests it cannot be a visit. */
type Lines = { readonly requests: boolean; readonly fields: FieldChoice };

/** Adds the flags of a report about records. */
export function addFieldFlags(command: Command): Command {
  return command
    .option('--all-fields', 'every field of each record, with the names that Zendesk uses')
    .option('--raw', 'each record as Zendesk sent it, as JSON');
}

/** Checks the flags of a report about records. */
export function readFieldFlags({ allFields, raw }: FieldFlags, problems: string[]): FieldChoice {
  if (allFields === true && raw === true)
    problems.push('--all-fields and --raw are both set. Use only one of them.');
  return raw === true ? 'raw' : allFields === true ? 'all' : 'usual';
}

/** Adds the flags of a report about accesses. */
export function addLineFlags(command: Command): Command {
  return command
    .option('--requests', 'show each request instead of visits')
    .option('--all-fields', 'each request with every field from Zendesk')
    .option('--raw', 'each request as Zendesk sent it, as JSON');
}

/** Checks the flags of a report about accesses. */
export function readLineFlags(flags: LineFlags, problems: string[]): Lines {
  const fields = readFieldFlags(flags, problems);
  return { requests: flags.requests === true || fields !== 'usual', fields };
}
