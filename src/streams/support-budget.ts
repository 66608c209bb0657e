import type { BudgetGroup } from './stream.ts';

/** The account-wide limit of Zendesk's own API, which the customer's other integrations draw on too (contract 0.2). */
export const supportBudget: BudgetGroup = {
  name: 'support',
  setting: {
    name: 'SUPPORT_REQUESTS_PER_MINUTE',
    requestsPerMinute: 100,
    meaning:
      'our share of the account-wide limit (audit logs, users); pauses when less than a fifth of that limit is left',
  },
  grantedPerMinute: undefined,
  sharesAccountLimit: true,
};
