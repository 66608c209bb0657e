import type { SimulatedAccount } from '../account/account.ts';
import { accessLogs } from './access-logs/access-logs.ts';
import { auditLogs } from './audit-logs/audit-logs.ts';
import type { OpenLog } from './log.ts';

/** The logs of an account. To add a log, add one file that describes it, and one line here. */
export const LOGS = [auditLogs, accessLogs];

/** The options that the logs add to those of the account: all of what any one of them asks for. */
export type OptionsOfLogs = (typeof LOGS)[number]['open'] extends (
  account: SimulatedAccount,
  options: infer Options,
) => OpenLog
  ? Options
  : never;
