import type { Command } from 'commander';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { addList } from './quarantine/list.ts';
import { addRetry } from './quarantine/retry.ts';
import { addShow } from './quarantine/show.ts';

/** `quarantine`: the records that could not be stored. */
export function addQuarantine(quarantine: Command, context: CommandContext): void {
  addExample(quarantine, 'zendesk-log-sync quarantine list');
  addList(quarantine, context);
  addShow(quarantine, context);
  addRetry(quarantine, context);
}
