/** What no report can say, because Zendesk does not record it. */

/** Limits of the audit log (contract 1, and Zendesk's own description of it). */
export const auditLogLimits = [
  'Zendesk records successful sign-ins only; failed ones are in no log.',
  'Zendesk does not record that a user was created, nor what end users do.',
  'Some changes are made by Zendesk itself: they carry the name "Zendesk" and the id -1.',
] as const;

/** Limits of the access log (contract 4, and Zendesk's own description of it). */
export const accessLogLimits = [
  'Zendesk records what admins and agents do, not what end users do.',
  'Zendesk recorded nothing before the Access Log API was switched on, nothing of Explore and Sell, and loses what was recorded before an account moved to another pod.',
  'A list, a search or an export does not say which records it showed.',
  'A request names tickets by their ids; who requested a ticket is not in the log.',
  'What a GraphQL request was about is known only where a rule knows its operation.',
] as const;
