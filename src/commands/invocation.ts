/** A command with everything that it needs: settings, signals, and one message for each error. */
import { CommanderError, type Command } from 'commander';
import { writeHere } from '../database/schema-names.ts';
import { codeOf, exitStatusOf, KnownError } from '../errors.ts';
import { streams as allStreams } from '../streams/registry.ts';
import type { Stream } from '../streams/stream.ts';
import { listArguments } from './arguments.ts';
import type { CommandContext, ProcessLike } from './context.ts';
import { createContext } from './process-context.ts';
import { addDatabaseOption } from './databases.ts';
import type { Wanted } from './wanted.ts';
import { loadSettingsFile, nameSchemas } from './environment.ts';
import { usualCommand, type MenuEntry } from './menu.ts';
import { adviseDashes, checkKeptByNpm } from './npm.ts';

/** Runs the command that the arguments ask for; these commands are loaded completely. All errors are handled here. */
export async function runCommand(
  host: ProcessLike,
  program: Command,
  wanted: readonly MenuEntry[],
  streams: readonly Stream[] = allStreams,
): Promise<number> {
  let status = 0;
  let named: Wanted = {};
  const context = createContext(
    host,
    streams,
    (ended) => void (status = Math.max(status, ended)),
    () => named,
  );
  program.hook('preAction', async (_, command) => {
    named = command.opts<Wanted>();
    // A word that is no command arrives at the usual one, which refuses it.
    if (command.name() !== usualCommand || command.args.length === 0) await context.prepare();
  });
  try {
    loadSettingsFile(host);
    nameSchemas(host.env);
    await describeCommands(program, wanted, context);
    const kept = checkKeptByNpm(host.env, program);
    if (kept !== undefined) context.printError(kept);
    await program.parseAsync(listArguments(host));
    return status;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      const advice = adviseDashes(host, error.code);
      if (advice !== undefined) context.printError(advice);
      return exitStatusOf('bad_input');
    }
    return explain(error, context);
  } finally {
    context.close();
  }
}

async function describeCommands(
  program: Command,
  wanted: readonly MenuEntry[],
  context: CommandContext,
): Promise<void> {
  for (const { name, load } of wanted) {
    const describe = await load();
    const command = program.commands.find((each) => each.name() === name);
    if (command === undefined) continue;
    describe(command, context);
    addDatabaseOption(command);
  }
}

function explain(error: unknown, { printError, signal }: CommandContext): number {
  const status = exitStatusOf(codeOf(error));
  printError(
    signal.aborted && status === 1
      ? 'Stopped before the end. All stored rows stay; the next run continues from there.'
      : error instanceof KnownError
        ? // What somebody has typed is repeated as it was.
          error.code === 'bad_input'
          ? error.message
          : writeHere(error.message)
        : `A fault of this program: ${describeFault(error)}`,
  );
  return status;
}

/** The stacks of an error and its causes: no other property, because libraries add requests and rows to their errors. */
function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\nCaused by: ${describeFault(error.cause)}`;
}
