import type { Command } from 'commander';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { addList } from './quarantine/list.ts';
import { addRetry } from './quarantine/retry.ts';
import { addShow } from './quarantine/show.ts';

/** `quarantine`: the records that could not be stored. */
export function addQuarantine(program: Command, context: CommandContext): void {
  const quarantine = program
    .command('quarantine')
    .description('the records that could not be stored: list, show, retry');
  addExample(quarantine, 'zendesk-log-sync quarantine list');
  addList(quarantine, context);
  addShow(quarantine, context);
  addRetry(quarantine, context);
}
