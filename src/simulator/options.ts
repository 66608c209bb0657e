import {
  SHARED_CHECKS,
  SHARED_DEFAULTS,
  DEFAULT_CREDENTIALS,
  DISTURBANCE_CHECKS,
  type AcceptedCredentials,
  type SharedOptions,
} from './shared-options.ts';
import { findProblems, oneOf, SimulatorError, type OptionChecks } from './checks.ts';
import type { SimulatedLog } from './logs/log.ts';
import type { OptionsOfLogs } from './logs/logs.ts';

/** All options of a simulated account. */
export type SimulatorOptions = SharedOptions & OptionsOfLogs;

/** The argument of `startSimulator`: any part of the options, and any part of the credentials. */
export type SimulatorSettings = Partial<Omit<SimulatorOptions, 'credentials'>> & {
  readonly credentials?: Partial<AcceptedCredentials>;
};

/** Fills in the defaults of the account and its logs. Throws SimulatorError that lists every value out of bounds. */
export function resolveOptions(
  settings: SimulatorSettings,
  logs: readonly SimulatedLog<SimulatorOptions>[],
): SimulatorOptions {
  const options = Object.assign(
    { ...SHARED_DEFAULTS },
    ...logs.map((log) => log.defaults),
    settings,
    { credentials: { ...DEFAULT_CREDENTIALS, ...settings.credentials } },
  ) as SimulatorOptions;
  const checks: OptionChecks = Object.assign(
    { ...SHARED_CHECKS },
    ...logs.map((log) => log.checks),
    { 'burst.stream': oneOf(logs.map(({ name }) => name)), ...DISTURBANCE_CHECKS },
  );
  const problems = findProblems(options, checks);
  if (problems.length > 0) throw new SimulatorError(problems);
  return options;
}
