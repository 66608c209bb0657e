/** Which agents and admins accessed the resources of one type. */
import type { AccessRule } from '../../classification/access-rule.ts';
import type { FieldChoice } from '../shared/record-fields.ts';
import type { ReportSpan } from '../shared/report.ts';

/** What is asked for. */
export type AccessedQuestion = {
  readonly span: ReportSpan;
  /** As people write it: tickets, ticket_form, "Custom objects". */
  readonly type: string;
  /** The rules that classify requests: they define the types. */
  readonly rules: readonly AccessRule[];
  /** Only requests of these people: ids, e-mail addresses or names; empty: of everybody. */
  readonly agents: readonly string[];
  /** Only requests of people who had one of these roles at that time; empty: of everybody. */
  readonly roles: readonly string[];
  /** Whether each request has a line of its own, instead of visits. */
  readonly requests: boolean;
  /** How much of the record of each request to show. */
  readonly fields: FieldChoice;
};
