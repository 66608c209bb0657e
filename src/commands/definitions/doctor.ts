/** `doctor` as the help shows it; what it does is loaded when it runs. */
import type { Command } from 'commander';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import type { DoctorFlags } from '../doctor.ts';

/** `doctor`: checks the installation, account by account, and says what to do. Writes nothing. */
export function addDoctor(command: Command, context: CommandContext): void {
  command
    .option('--account <key>', 'one of the accounts in ACCOUNTS_FILE (default: all)')
    .option('--json', 'print the checks as JSON')
    .action(async (flags: DoctorFlags) => {
      const { runDoctor } = await import('../doctor.ts');
      context.finish(await runDoctor(context, flags));
    });
  addExample(command, 'zendesk-log-sync doctor');
}
