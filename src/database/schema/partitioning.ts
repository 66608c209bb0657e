/** How the log tables are cut. Apart from the tables, because the running program must not load drizzle-orm. */

/** By which column a table is cut, how long one part is, and which tables are derived from it and cut alike. */
type Partitioning = {
  readonly table: string;
  readonly by: string;
  readonly every: 'month' | 'year';
  readonly derived: readonly string[];
};

/** Audit logs by year, because they are few and kept for ever; access logs by month: 90 days are four partitions. */
export const partitioning = {
  auditLogs: { table: 'zendesk.audit_logs', by: 'created_at', every: 'year', derived: [] },
  accessLogs: {
    table: 'zendesk.access_logs',
    by: 'timestamp',
    every: 'month',
    derived: ['zendesk.access_log_resources'],
  },
} as const satisfies Record<string, Partitioning>;
