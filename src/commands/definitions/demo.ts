/** `demo` as the help shows it; what it does is loaded when it runs. */
import type { Command } from 'commander';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';

/** `demo`: runs everything on this machine, then follows the logs until Ctrl-C. */
export function addDemo(command: Command, context: CommandContext): void {
  command
    .option('--once', 'end after the first complete pass')
    .action(async ({ once = false }: { readonly once?: boolean }) => {
      const { runDemo } = await import('../demo.ts');
      context.finish(await runDemo(context, once));
    });
  addExample(command, 'zendesk-log-sync demo --once');
}
