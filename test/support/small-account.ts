import type { SimulatorSettings } from '../../src/simulator/simulator.ts';

/**
 * A small log of three days, with one second that has more rows than a page: on any day, some requests need a cursor. The
 * other log is empty, and there are no rate limits.
 */
export function smallAccount(stream: 'audit_logs' | 'access_logs'): SimulatorSettings {
  const isAudit = stream === 'audit_logs';
  return {
    limits: false,
    auditLogDays: 3,
    auditLogRowsPerDay: isAudit ? 40 : 0,
    accessLogDays: 3,
    accessLogRowsPerDay: isAudit ? 0 : 100,
    burst: { stream, at: new Date(Date.now() - 93_600_000), count: isAudit ? 220 : 2600 },
  };
}
