import type { BudgetGroup } from '../zendesk/request.ts';

/** A request budget of an account, as its settings name it. */
export type StreamBudgetGroup = BudgetGroup & { readonly name: 'support' | 'access_logs' };

/** Audit logs, users and all else of the Support API. */
export const supportGroup: StreamBudgetGroup = { name: 'support', sharesAccountLimit: true };

/** The separate service of the access log, with a limit of its own. */
export const accessLogsGroup: StreamBudgetGroup = {
  name: 'access_logs',
  sharesAccountLimit: false,
};
