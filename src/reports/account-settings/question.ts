/** Who changed the settings of the account, or other objects, and when. */
import type { FieldChoice } from '../shared/record-fields.ts';
import type { ReportSpan } from '../shared/report.ts';

/** What is asked for. */
export type SettingsQuestion = {
  readonly span: ReportSpan;
  /** The types of objects whose changes to show, as Zendesk names them. */
  readonly sourceTypes: readonly string[];
  /** How much of each record to show. */
  readonly fields: FieldChoice;
};

/** The default type of object for the report. */
export const accountSetting = 'account_setting';
