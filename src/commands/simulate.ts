import { Option, type Command } from 'commander';
import { foreignCodeOf, refuseInput } from '../errors.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';

/** The options as commander gives them. */
type SimulateFlags = {
  readonly port: string;
  readonly seed: string;
  readonly agents: string;
  readonly accessLogDays: string;
  readonly accessLogsPerDay: string;
  readonly auditLogDays: string;
  readonly auditLogsPerDay: string;
  readonly answerMs: string;
  readonly limits: boolean;
};

/** `simulate`: only the simulated Zendesk, until a signal comes. */
export function addSimulate(command: Command, context: CommandContext): void {
  command
    .addOption(number('port', 'port on 127.0.0.1; 0 for any free port', '8787'))
    .addOption(number('seed', 'decides all data', '1'))
    .addOption(number('agents', 'team members', '40'))
    .addOption(number('access-log-days', 'days of access log, up to 90', '90'))
    .addOption(number('access-logs-per-day', 'access log rows a day', '1200'))
    .addOption(number('audit-log-days', 'days of audit log', '365'))
    .addOption(number('audit-logs-per-day', 'audit log rows a day', '20'))
    .addOption(number('answer-ms', 'how long each response takes', '0'))
    .option('--no-limits', 'switch off the rate limits')
    .action(async (flags: SimulateFlags) => context.finish(await runSimulate(context, flags)));
  addExample(command, 'zendesk-log-sync simulate --port 8787 --access-logs-per-day 50000');
}

function number(name: string, meaning: string, usual: string): Option {
  return new Option(`--${name} <number>`, meaning).default(usual);
}

/** The options of the simulator that have another name as a flag. */
const flagNames: Readonly<Record<string, string>> = {
  accessLogRowsPerDay: 'access-logs-per-day',
  auditLogRowsPerDay: 'audit-logs-per-day',
};

/** A problem of the simulator with the name of the flag instead of its option. */
function nameFlag(problem: string): string {
  return problem.replace(
    /^\w+/,
    (option) =>
      `--${flagNames[option] ?? option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  );
}

/** Only now is the simulator loaded. */
async function runSimulate(context: CommandContext, flags: SimulateFlags): Promise<number> {
  const problems: string[] = [];
  const whole = (option: string, text: string): number => {
    if (!/^\d{1,9}$/.test(text)) problems.push(`${option} is "${text}". Use a whole number.`);
    return Number(text);
  };
  const options = {
    port: whole('--port', flags.port),
    seed: whole('--seed', flags.seed),
    agents: whole('--agents', flags.agents),
    accessLogDays: whole('--access-log-days', flags.accessLogDays),
    accessLogRowsPerDay: whole('--access-logs-per-day', flags.accessLogsPerDay),
    auditLogDays: whole('--audit-log-days', flags.auditLogDays),
    auditLogRowsPerDay: whole('--audit-logs-per-day', flags.auditLogsPerDay),
    answerMs: whole('--answer-ms', flags.answerMs),
    limits: flags.limits,
  };
  if (problems.length > 0) throw refuseInput(problems);

  const { SimulatorError, startSimulator } = await import('../simulator/simulator.ts');
  const simulator = await startSimulator(options).catch((error: unknown) => {
    if (error instanceof SimulatorError) throw refuseInput(error.problems.map(nameFlag));
    if (foreignCodeOf(error) === 'EADDRINUSE') {
      throw refuseInput([
        `Port ${options.port} is already in use. Choose another one with --port.`,
      ]);
    }
    throw error;
  });
  const { subdomain, credentials } = simulator.options;
  context.print(
    `The simulated Zendesk account "${subdomain}" answers at ${simulator.url} until Ctrl-C.`,
  );
  context.print('Pull it from another terminal with:\n');
  context.print(`  export ZENDESK_SUBDOMAIN=${subdomain} ZENDESK_BASE_URL=${simulator.url}`);
  context.print(
    `  export ZENDESK_CLIENT_ID=${credentials.clientId} ZENDESK_CLIENT_SECRET=${credentials.clientSecret}`,
  );
  context.print('  npm start -- sync');
  await new Promise<void>((resolve) =>
    context.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  await simulator.stop();
  return 0;
}
