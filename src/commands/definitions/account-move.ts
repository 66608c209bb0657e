import type { Command } from 'commander';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';

/** The options of `account move`. */
export type MoveFlags = {
  readonly to: string;
  readonly dryRun?: boolean;
  readonly cancel?: boolean;
};

/** `account move`: brings an account into another database, with its sealed log. Safe to run again after it was interrupted. */
export function addAccountMove(account: Command, context: CommandContext): void {
  const command = account
    .command('move')
    .description('move an account to another database with all its proofs; safe to run again')
    .argument('<account>', 'the key of the account')
    .requiredOption('--to <database>', 'one of the databases in ACCOUNTS_FILE')
    .option('--dry-run', 'only show what would move')
    .option('--cancel', 'undo a move that has not ended')
    .action(async (name: string, flags: MoveFlags) => {
      const { runMove } = await import('../account/move.ts');
      context.finish(await runMove(context, name, flags));
    });
  addExample(command, 'zendesk-log-sync account move acme --to west');
}
