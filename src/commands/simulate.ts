import { refuseInput } from '../errors.ts';
import { startSimulator } from '../simulator/simulator.ts';
import type { CommandContext } from './context.ts';

/** The options of `simulate` as commander gives them. */
export type SimulateFlags = {
  port: string;
  seed: string;
  agents: string;
  accessLogDays: string;
  accessLogsPerDay: string;
  auditLogDays: string;
  auditLogsPerDay: string;
  answerMs: string;
  limits: boolean;
};

/** `simulate`: the simulated Zendesk alone, until a signal comes. */
export async function runSimulate(context: CommandContext, flags: SimulateFlags): Promise<number> {
  const problems: string[] = [];
  const whole = (option: string, text: string): number => {
    if (!/^\d{1,9}$/.test(text)) problems.push(`${option} is "${text}"; expected a whole number.`);
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

  const simulator = await startSimulator(options).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw refuseInput([
        `Port ${options.port} is taken; expected a free one; give another with --port.`,
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
