import { Command, CommanderError, Option } from 'commander';
import { codeOf, exitStatusOf, KnownError } from '../errors.ts';
import { listLogs, streams as allStreams } from '../streams/registry.ts';
import type { Stream } from '../streams/stream.ts';
import { version } from '../version.ts';
import { addAuditCommands } from './audit-program.ts';
import { runBackfill, type BackfillFlags } from './backfill.ts';
import { addClassifyCommand } from './classify.ts';
import { createContext, type CommandContext, type ProcessLike } from './context.ts';
import { runDemo } from './demo.ts';
import { runDoctor, type DoctorFlags } from './doctor.ts';
import { runMigrate } from './migrate.ts';
import { addReportCommands } from './report-program.ts';
import type { ReportContext } from './report-run.ts';
import { runServe } from './serve.ts';
import { runSimulate, type SimulateFlags } from './simulate.ts';
import { runStatus } from './status.ts';
import { runSync, type SyncFlags } from './sync.ts';

/**
 * Runs the command that the arguments name and returns the exit status, on which scripts may rely: 0 when all that was
 * asked for is done, 1 when not, 2 for bad input. Every error ends here, in one sentence each. `streams` are all that there
 * are to pull; default: those of the registry.
 */
export async function runCommandLine(
  host: ProcessLike,
  streams: readonly Stream[] = allStreams,
): Promise<number> {
  const context = createContext(host, streams);
  let status = 0;
  const program = describeProgram({ ...context, stdout: host.stdout }, (done) => {
    status = done;
  });
  try {
    await program.parseAsync([...host.argv]);
    return status;
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? 0 : exitStatusOf('bad_input');
    return explain(error, context);
  } finally {
    context.close();
  }
}

function explain(error: unknown, { printError, signal }: CommandContext): number {
  const status = exitStatusOf(codeOf(error));
  printError(
    signal.aborted && status === 1
      ? 'Stopped before the end. What was stored stays; the next run goes on there.'
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

function describeProgram(context: ReportContext, finish: (status: number) => void): Command {
  const program = new Command('zendesk-log-sync')
    .description(
      'Pulls the Zendesk audit log and access log into Postgres: complete, resumable, and able to prove it.\n' +
        'Settings come from the environment; see the README.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: context.print.raw, writeErr: context.printError.raw })
    .showHelpAfterError('(see --help)')
    .addHelpText('after', example('zendesk-log-sync demo'));

  program
    .command('serve', { isDefault: true })
    .description('follow the logs on their schedules until stopped; the default command')
    .addHelpText(
      'after',
      example('ZENDESK_SUBDOMAIN=acme ZENDESK_OAUTH_TOKEN_FILE=token zendesk-log-sync serve'),
    )
    // What names no command arrives here, as an argument of the default command.
    .allowExcessArguments()
    .action(async (_flags: object, { args }: Command) => {
      if (args[0] !== undefined) program.error(`error: unknown command '${args[0]}'`);
      finish(await runServe(context));
    });

  program
    .command('sync')
    .description('one complete pass now; status 0 only if every stream asked for is complete')
    .argument(
      '[stream...]',
      `${context.streams.map(({ name }) => name).join(', ')}; all of STREAMS when none is named`,
    )
    .option('--account <key>', 'one of the accounts of ACCOUNTS_FILE; all when none is named')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', example('zendesk-log-sync sync access_logs users --json'))
    .action(async (streams: string[], flags: SyncFlags) =>
      finish(await runSync(context, streams, flags)),
    );

  program
    .command('backfill')
    .description('read a span of a log now, whether or not it is covered already')
    .argument(
      '<stream>',
      listLogs(context.streams)
        .map(({ name }) => name)
        .join(' or '),
    )
    .requiredOption('--from <time>', 'start: 2026-01-31 or 2026-01-31T08:00:00Z')
    .requiredOption('--to <time>', 'end, not included; in the same form')
    .option('--account <key>', 'which of the accounts of ACCOUNTS_FILE')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      example('zendesk-log-sync backfill audit_logs --from 2024-01-01 --to 2024-02-01'),
    )
    .action(async (stream: string, flags: BackfillFlags) =>
      finish(await runBackfill(context, stream, flags)),
    );

  program
    .command('status')
    .description('how each stream stands: what is covered, what is missing, how fresh it is')
    .option('--json', 'print the rows of zendesk_sync.status as JSON')
    .addHelpText('after', example('zendesk-log-sync status'))
    .action(async (flags: { json?: boolean }) =>
      finish(await runStatus(context, flags.json ?? false)),
    );

  addReportCommands(program, context, finish);
  addAuditCommands(program, context, finish);
  addClassifyCommand(program, context, finish);

  program
    .command('migrate')
    .description('bring the database to the schema of this program')
    .addHelpText(
      'after',
      example('DATABASE_URL=postgres://owner@db/zendesk zendesk-log-sync migrate'),
    )
    .action(async () => finish(await runMigrate(context)));

  program
    .command('doctor')
    .description('check settings, Zendesk and database, and say what to do; writes nothing')
    .option('--account <key>', 'one of the accounts of ACCOUNTS_FILE; all when none is named')
    .option('--json', 'print the checks as JSON')
    .addHelpText('after', example('zendesk-log-sync doctor'))
    .action(async (flags: DoctorFlags) => finish(await runDoctor(context, flags)));

  program
    .command('demo')
    .description(
      'see it work: an embedded Postgres, a simulated Zendesk account, 90 days of both logs',
    )
    .option('--once', 'end after the first complete pass')
    .addHelpText('after', example('zendesk-log-sync demo --once'))
    .action(async (flags: { once?: boolean }) =>
      finish(await runDemo(context, flags.once ?? false)),
    );

  program
    .command('simulate')
    .description('run the simulated Zendesk alone, to try this program or another one against it')
    .addOption(
      new Option('--port <number>', 'port on 127.0.0.1; 0 takes a free one').default('8787'),
    )
    .addOption(new Option('--seed <number>', 'decides all data').default('1'))
    .addOption(new Option('--agents <number>', 'team members').default('40'))
    .addOption(
      new Option('--access-log-days <number>', 'days of access log, up to 90').default('90'),
    )
    .addOption(
      new Option('--access-logs-per-day <number>', 'access log rows a day').default('1200'),
    )
    .addOption(new Option('--audit-log-days <number>', 'days of audit log').default('365'))
    .addOption(new Option('--audit-logs-per-day <number>', 'audit log rows a day').default('20'))
    .addOption(new Option('--answer-ms <number>', 'how long each answer takes').default('0'))
    .option('--no-limits', 'answer any number of requests')
    .addHelpText(
      'after',
      example('zendesk-log-sync simulate --port 8787 --access-logs-per-day 50000'),
    )
    .action(async (flags: SimulateFlags) => finish(await runSimulate(context, flags)));

  return program;
}

function example(line: string): string {
  return `\nExample:\n  ${line}\n`;
}
