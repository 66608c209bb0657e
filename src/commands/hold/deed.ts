/** Who does something that is recorded permanently, and why: flags of several commands. */
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';

/** The flags as commander gives them. */
export type DeedFlags = { readonly reason?: string; readonly by?: string };

/** Adds the flags. */
export function addDeedFlags(command: Command): Command {
  return command
    .option('--reason <text>', 'why; it is recorded permanently')
    .option('--by <name>', 'who says so (default: the variable USER)');
}

/** The checked flags; both must be there. */
export function readDeed(
  { env }: Pick<CommandContext, 'env'>,
  { reason = '', by = env['USER'] ?? '' }: DeedFlags,
  problems: string[],
): { readonly reason: string; readonly by: string } {
  if (reason.trim() === '') problems.push('The reason is missing. Add --reason "why".');
  if (by.trim() === '')
    problems.push('Nobody is named, and USER is not set. Add --by "your name".');
  return { reason: reason.trim(), by: by.trim() };
}
