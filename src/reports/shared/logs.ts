/** The logs as reports know them. */

/** What a statement about coverage has to know of a log. */
export type StatedLog = {
  readonly name: string;
  /** Its name in sentences: `audit log`. */
  readonly title: string;
  /** How long Zendesk keeps a record, in days; undefined: for ever. */
  readonly retentionDays: number | undefined;
  /** The setting that says how far back the log is wanted; undefined where the retention alone says it. */
  readonly horizonSetting: { readonly name: string } | undefined;
  /** What the log cannot tell, because Zendesk does not record it. */
  readonly blindSpots: readonly string[];
  readonly table: { readonly derived: object | undefined };
};

/** The audit log (contract 1, and Zendesk's own description of it). */
export const auditLog: StatedLog = {
  name: 'audit_logs',
  title: 'audit log',
  retentionDays: undefined,
  horizonSetting: { name: 'AUDIT_LOGS_START' },
  blindSpots: [
    'Zendesk records successful sign-ins only; failed ones are in no log.',
    'Zendesk does not record that a user was created, nor what end users do.',
    'Some changes are made by Zendesk itself: they carry the name "Zendesk" and the id -1.',
  ],
  table: { derived: undefined },
};

/** The access log (contract 4, and Zendesk's own description of it). */
export const accessLog: StatedLog = {
  name: 'access_logs',
  title: 'access log',
  retentionDays: 90,
  horizonSetting: undefined,
  blindSpots: [
    'Zendesk records what admins and agents do, not what end users do.',
    'Zendesk recorded nothing before the Access Log API was switched on, nothing of Explore and Sell, and loses what was recorded before an account moved to another pod.',
    'A list, a search or an export does not say which records it showed.',
    'A request names tickets by their ids; who requested a ticket is not in the log.',
    'What a GraphQL request was about is known only where a rule knows its operation.',
  ],
  table: { derived: {} },
};
