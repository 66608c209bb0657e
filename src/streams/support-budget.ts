import type { BudgetGroup } from './stream.ts';

/** The account-wide limit of Zendesk's own API, which the customer's other integrations use too (contract 0.2). */
export const supportBudget: BudgetGroup = {
  name: 'support',
  setting: {
    name: 'SUPPORT_REQUESTS_PER_MINUTE',
    requestsPerMinute: 100,
    meaning:
      'a fixed number of requests of the account-wide limit (audit logs, users), instead of `SUPPORT_SHARE`',
  },
  share: {
    name: 'SUPPORT_SHARE',
    usual: 0.5,
    meaning:
      "our share of what other integrations leave of the account's limit (audit logs, users), from 0.01 to 0.8; begins with 100 a minute until an answer has told the limit, and pauses when less than a fifth of it is left",
  },
  grantedPerMinute: undefined,
  sharesAccountLimit: true,
};
