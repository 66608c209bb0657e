/** The command line. Only what a command needs is loaded: the help costs no more than its list. */
import { Command, CommanderError } from 'commander';
import { writeHere } from '../database/schema-names.ts';
import { version } from '../version.ts';
import type { Stream } from '../streams/stream.ts';
import { addExample, listArguments } from './arguments.ts';
import type { ProcessLike } from './context.ts';
import { findNamed, menu, usualCommand } from './menu.ts';
import { isRunByNpm } from './npm.ts';

/**
 * Runs the command that the arguments name and returns the exit status, on which scripts may rely: 0 if everything requested
 * is done, 1 if not, 2 for bad input. `streams` are all streams that can be pulled; default: those of the registry.
 */
export async function runCommandLine(
  host: ProcessLike,
  streams?: readonly Stream[],
): Promise<number> {
  host.stdout.on('error', (error) => explainClosed(error, host));
  const program = describeProgram(host);
  // npm may have kept options of any command.
  const named = isRunByNpm(host.env) ? undefined : findNamed(listArguments(host).slice(2));
  if (named?.length === 0) return showHelp(program, host);
  const { runCommand } = await import('./invocation.ts');
  return runCommand(host, program, named ?? menu, streams);
}

async function showHelp(program: Command, { argv }: ProcessLike): Promise<number> {
  try {
    await program.parseAsync([...argv]);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

/** The reader of a pipe may stop before the end (`| head`): that is not an error. A full disk is one. */
function explainClosed(error: NodeJS.ErrnoException, { stderr, exit }: ProcessLike): void {
  if (error.code === 'EPIPE') return;
  stderr.write(`The output could not be written completely (${error.code ?? error.message}).\n`);
  exit(1);
}

/** The program with its commands as the help lists them. */
function describeProgram({ stdout, stderr }: ProcessLike): Command {
  const program = new Command('zendesk-log-sync')
    .description(
      'Pulls the Zendesk audit log and access log into Postgres, completely, and can prove it.\n' +
        'Settings come from the environment and from the file .env. "init" creates that file.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      // Texts use the table names of this database.
      writeOut: (text) => void stdout.write(writeHere(text)),
      writeErr: (text) => void stderr.write(writeHere(text)),
    })
    .showHelpAfterError('(see --help)');
  addExample(program, 'zendesk-log-sync demo');
  for (const { name, summary } of menu)
    program.command(name, { isDefault: name === usualCommand }).description(summary);
  // Set after the commands, which would inherit it: their options are not known here yet.
  return program.configureHelp({ subcommandTerm: (command) => command.name() });
}
