/** A report with checked flags, ready to be made, now or at the times of a schedule. */
import type { LiveSource } from '../../reports/shared/live-source.ts';
import type { ReportContent, ReportScope, ReportSpan } from '../../reports/shared/report.ts';
import type { ReportChoices } from './flags.ts';

/** A report that can be made. */
export type PreparedReport = {
  readonly choices: ReportChoices;
  readonly now: Date;
  /** Its time range; undefined for one about the last activities. */
  readonly span: ReportSpan | undefined;
} & (
  | {
      readonly source: 'database';
      readonly build: (scope: ReportScope) => Promise<ReportContent>;
    }
  | {
      readonly source: 'zendesk';
      /** The flag that makes it ask Zendesk, for messages: `--live`. */
      readonly flag: string;
      readonly build: (scope: ReportScope, source: LiveSource) => Promise<ReportContent>;
    }
);

/** Checks flags for a report that is made at a moment. @throws {KnownError} `bad_input` with every problem */
export type PrepareReport = (now: Date) => PreparedReport;

/** Takes a requested report: makes it at once, or keeps it for later. */
export type TakeReport = (prepare: PrepareReport) => Promise<void>;
