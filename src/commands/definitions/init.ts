/** `init` as the help shows it; what it does is loaded when it runs. */
import type { Command } from 'commander';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import type { InitFlags } from '../init.ts';

/** `init`: asks for what an account needs, explains where to find it, tests it, and writes the settings. */
export function addInit(command: Command, context: CommandContext): void {
  command
    .option(
      '--login',
      'set it up for a person who logs in afterwards, instead of for the OAuth client alone',
    )
    .action(async (flags: InitFlags) => {
      const { runInit } = await import('../init.ts');
      context.finish(await runInit(context, flags));
    });
  addExample(command, 'zendesk-log-sync init');
}
