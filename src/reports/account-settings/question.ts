/** Who changed the settings of the account, or other things, and when. */
import type { FieldChoice } from '../shared/record-fields.ts';
import type { ReportSpan } from '../shared/report.ts';

/** What is asked for. */
export type SettingsQuestion = {
  readonly span: ReportSpan;
  /** The types of things whose changes are wanted, as Zendesk names them. */
  readonly sourceTypes: readonly string[];
  /** How much of each record is wanted. */
  readonly fields: FieldChoice;
};

/** The type of thing that the report is about unless others are asked for. */
export const accountSetting = 'account_setting';
