import { integer, primaryKey, text } from 'drizzle-orm/pg-core';
import { identifier, instant } from './columns.ts';
import { zendeskSync } from './sync.ts';

/** The reports that `serve` writes at their times (REPORTS_FILE), and the last time of each. Of several processes one writes. */
export const scheduledReports = zendeskSync.table(
  'scheduled_reports',
  {
    /** Key of the Zendesk account. */
    account: identifier().notNull(),
    /** Name of the report: the first part of the names of its files. */
    report: identifier().notNull(),
    /** Its times: cron and time zone. When they change, the schedule starts again. */
    schedule: text().notNull(),
    /** The last time for which it was written, or is being written. */
    due_at: instant().notNull(),
    /** The next time. If it passed while nothing ran, the report is written at the next start. */
    next_due_at: instant().notNull(),
    /** The process that writes it, or wrote it last; null until then. */
    holder: text(),
    /** When another process may take the writing over; renewed while the holder lives. */
    expires_at: instant(),
    /** When it was written or had failed; null while it is being written. */
    finished_at: instant(),
    /** The file that was written last. */
    file: text(),
    /** Its number of rows. */
    rows: integer(),
    /** Why the last time failed; null when it did not. */
    error: text(),
  },
  (t) => [primaryKey({ columns: [t.account, t.report] })],
);
