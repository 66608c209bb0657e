import type { Command } from 'commander';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { addHoldAdd } from './hold/add.ts';
import { addHoldList } from './hold/list.ts';
import { addHoldRelease } from './hold/release.ts';

/** `hold`: what may not be dropped, archived away or erased. */
export function addHold(hold: Command, context: CommandContext): void {
  addExample(hold, 'zendesk-log-sync hold list');
  addHoldAdd(hold, context);
  addHoldList(hold, context);
  addHoldRelease(hold, context);
}
