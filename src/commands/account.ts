import type { Command } from 'commander';
import { addAccountMove } from './definitions/account-move.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';

/** `account`: what is done with a whole account. */
export function addAccount(account: Command, context: CommandContext): void {
  addExample(account, 'zendesk-log-sync account move acme --to west --dry-run');
  addAccountMove(account, context);
}
