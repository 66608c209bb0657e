import { Command, CommanderError } from 'commander';
import { codeOf, exitStatusOf, KnownError } from '../errors.ts';
import { streams as allStreams } from '../streams/registry.ts';
import type { Stream } from '../streams/stream.ts';
import { version } from '../version.ts';
import { addExample } from './arguments.ts';
import { addAudit } from './audit.ts';
import { addBackfill } from './backfill.ts';
import { addClassify } from './classify.ts';
import { addCompletion } from './completion.ts';
import { createContext, type CommandContext, type ProcessLike } from './context.ts';
import { addConnection } from './connection.ts';
import { addDemo } from './demo.ts';
import { addDoctor } from './doctor.ts';
import { addInit } from './init.ts';
import { addLogin } from './login.ts';
import { addMigrate } from './migrate.ts';
import { adviseDashes, checkKeptByNpm } from './npm.ts';
import { addQuarantine } from './quarantine.ts';
import { addReport } from './report.ts';
import { addServe } from './serve.ts';
import { loadSettingsFile, tidySettings } from './settings.ts';
import { addSimulate } from './simulate.ts';
import { addSql } from './sql.ts';
import { addStatus } from './status.ts';
import { addSync } from './sync.ts';
import { addVerify } from './verify.ts';

/** The commands, in the order in which the help lists them. Each has a file of its own. */
const commands: readonly ((program: Command, context: CommandContext) => void)[] = [
  addInit,
  addLogin,
  addServe,
  addSync,
  addBackfill,
  addStatus,
  addReport,
  addVerify,
  addSql,
  addConnection,
  addAudit,
  addQuarantine,
  addClassify,
  addMigrate,
  addDoctor,
  addDemo,
  addSimulate,
  addCompletion,
];

/**
 * Runs the command that the arguments name and returns the exit status, on which scripts may rely: 0 when all that was
 * asked for is done, 1 when not, 2 for bad input. Every error ends here, in one sentence each. `streams` are all that there
 * are to pull; default: those of the registry.
 */
export async function runCommandLine(
  host: ProcessLike,
  streams: readonly Stream[] = allStreams,
): Promise<number> {
  let status = 0;
  const context = createContext(host, streams, (ended) => void (status = ended));
  try {
    loadSettingsFile(host);
    tidySettings(host.env, streams);
    const program = describeProgram(context);
    const kept = checkKeptByNpm(host.env, program);
    if (kept !== undefined) context.printError(kept);
    await program.parseAsync([...host.argv]);
    return status;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      const advice = adviseDashes(host.env);
      if (advice !== undefined) context.printError(advice);
      return exitStatusOf('bad_input');
    }
    return explain(error, context);
  } finally {
    context.close();
  }
}

function explain(error: unknown, { printError, signal }: CommandContext): number {
  const status = exitStatusOf(codeOf(error));
  printError(
    signal.aborted && status === 1
      ? 'Stopped before the end. All stored rows stay; the next run continues from there.'
      : error instanceof KnownError
        ? error.message
        : `A fault of this program: ${describeFault(error)}`,
  );
  return status;
}

/** The stacks of an error and its causes: no other property, because libraries hang requests and rows on their errors. */
function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\nCaused by: ${describeFault(error.cause)}`;
}

function describeProgram(context: CommandContext): Command {
  const program = new Command('zendesk-log-sync')
    .description(
      'Pulls the Zendesk audit log and access log into Postgres, completely, and can prove it.\n' +
        'Settings come from the environment and from the file .env. "init" creates that file.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: context.print.raw, writeErr: context.printError.raw })
    .showHelpAfterError('(see --help)');
  addExample(program, 'zendesk-log-sync demo');
  for (const add of commands) add(program, context);
  return program;
}
