import type { Command } from 'commander';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { addMake } from './keys/make.ts';
import { addRotate } from './keys/rotate.ts';
import { addShow } from './keys/show.ts';

/** `keys`: the keys that sign the sealed logs. */
export function addKeys(keys: Command, context: CommandContext): void {
  addExample(keys, 'zendesk-log-sync keys show');
  addMake(keys, context);
  addShow(keys, context);
  addRotate(keys, context);
}
