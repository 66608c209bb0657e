/** Which agents and admins accessed the resources of one type. */
import type { AccessRule } from '../../classification/access-rule.ts';
import type { AccessOutcome } from '../shared/accesses.ts';
import type { ReportSpan } from '../shared/report.ts';

/** What is asked for. */
export type AccessedQuestion = {
  readonly span: ReportSpan;
  /** As somebody writes it: tickets, ticket_form, "Custom objects". */
  readonly type: string;
  /** The rules by which requests are classified: they know the types. */
  readonly rules: readonly AccessRule[];
  /** Only requests of these: ids, e-mail addresses or names; empty: of everybody. */
  readonly agents: readonly string[];
  /** Only requests of people who had one of these roles then; empty: of everybody. */
  readonly roles: readonly string[];
};

/** One request and one resource of the type that it was about. */
export type Access = {
  readonly time: Date;
  readonly user_id: string | null;
  /** Null where the request was about the only thing of its type, such as the settings. */
  readonly resource_id: string | null;
  readonly kind: string;
  readonly status: number | null;
  readonly outcome: AccessOutcome;
  readonly by_program: boolean;
  readonly ip_address: string | null;
};
