import assert from 'node:assert/strict';
import { ask, minutesAgo, startAtNow, type Reply } from './simulated-account.ts';
import type { Fault, Simulator } from '../../src/simulator/simulator.ts';

/** The lists of the three streams. */
export const PATHS = {
  audit_logs: '/api/v2/audit_logs',
  access_logs: '/api/v2/access_logs',
  users: '/api/v2/users',
};

/** A stream that has a list. */
export type ListStream = keyof typeof PATHS;

const HOUR = [
  ['page[size]', 10],
  ['filter[start]', minutesAgo(60)],
  ['filter[end]', minutesAgo(0)],
  ['filter[created_at][]', minutesAgo(60)],
  ['filter[created_at][]', minutesAgo(0)],
] as const;

/** Starts an account busy enough for several pages an hour. */
export function startBusyAccount(): Promise<Simulator> {
  return startAtNow({ auditLogRowsPerDay: 3000, accessLogRowsPerDay: 20_000 });
}

/** Reads ten records of the last hour. */
export function read(
  simulator: Simulator,
  stream: ListStream,
  ...more: (readonly [string, string])[]
): Promise<Reply> {
  return ask(simulator, PATHS[stream], [...HOUR, ...more]);
}

/** The answer to a request with the fault; asserts that the next one is good again. */
export async function strike(
  simulator: Simulator,
  fault: Fault,
  stream: ListStream = 'audit_logs',
): Promise<Reply> {
  simulator.addFault(fault);
  const struck = await read(simulator, stream);
  assert.equal((await read(simulator, stream)).status, 200, 'it happens once');
  return struck;
}
