/**
 * A kind of logged request, without its address. All texts are plain ASCII without quotes, so they go into JSON unchanged.
 */
export type RequestKind = {
  readonly method: string;
  readonly category: string;
  readonly summary: string;
  /** The `origin_service`; the newest reference no longer names the field, older answers have it. */
  readonly origin: string;
  /** Usual size of an answer in bytes. */
  readonly bytes: number;
};

function kind(
  method: string,
  category: string,
  summary: string,
  bytes = 4000,
  origin = 'Zendesk',
): RequestKind {
  return { method, category, summary, origin, bytes };
}

/** Kinds of requests, named after what a person does; categories and summaries as in Zendesk's lists of use cases. */
export const KINDS = {
  showTicket: kind('GET', 'Tickets', 'Show ticket', 9000),
  listComments: kind('GET', 'Ticket comments', 'List comments', 24000),
  ticketConversations: kind('GET', 'Tickets', 'List ticket conversations', 30000, 'Lotus'),
  ticketRelated: kind('GET', 'Tickets', 'Show ticket related information', 600),
  ticketAudits: kind('GET', 'Ticket audits', 'List audits for a ticket', 32000),
  updateTicket: kind('PUT', 'Tickets', 'Update ticket', 12000),
  showManyTickets: kind('GET', 'Tickets', 'Show multiple tickets', 60000),
  updateManyTickets: kind('PUT', 'Tickets', 'Update many tickets', 400),
  destroyManyTickets: kind('DELETE', 'Tickets', 'Bulk delete tickets', 400),
  listTickets: kind('GET', 'Tickets', 'List tickets', 90000),
  suspendedTickets: kind('GET', 'Suspended tickets', 'List suspended tickets', 20000),
  assignableGroups: kind('GET', '', '', 3000, 'Lotus'),
  ticketForms: kind('GET', 'Ticket forms', 'Show many ticket forms', 15000),
  showUser: kind('GET', 'Users', 'Show user', 2600),
  userRelated: kind('GET', 'Users', 'Show user related information', 400),
  userIdentities: kind('GET', 'User identities', 'List identities', 900),
  userTickets: kind('GET', 'Tickets', 'List tickets requested by user', 40000),
  showManyUsers: kind('GET', 'Users', 'Show many users', 30000),
  autocompleteUsers: kind('GET', 'Users', 'Autocomplete users', 5000),
  listUsers: kind('GET', 'Users', 'List users', 120000),
  ownSettings: kind('GET', 'Users', 'Show settings of current user', 1800),
  showOrganization: kind('GET', 'Organizations', 'Show organization', 1500),
  executeView: kind('GET', 'Views', 'Execute view', 70000),
  countViews: kind('GET', 'Views', 'Count tickets in views', 900),
  previewView: kind('POST', 'Views', 'Preview view', 30000),
  exportView: kind('GET', 'Views', 'Export view', 900000),
  search: kind('GET', 'Search', 'List search results', 45000),
  searchIncremental: kind('GET', 'Search', 'Incremental search', 20000),
  searchExport: kind('GET', 'Search', 'Export search results', 700000),
  searchArticles: kind('GET', 'Help Center search', 'Search articles', 26000, 'Help Center'),
  exportTickets: kind('GET', 'Incremental exports', 'Incremental ticket export', 2_500_000),
  exportUsers: kind('GET', 'Incremental exports', 'Incremental user export', 1_400_000),
  showAttachment: kind('GET', 'Attachments', 'Show attachment', 350000),
  teamMembers: kind('GET', 'Staff', 'Fetch staff users', 50000, 'Admin Center'),
  securitySettings: kind('GET', 'Account settings', 'Show security settings', 2200, 'Admin Center'),
  updateSettings: kind('PUT', 'Account settings', 'Update account settings', 2200, 'Admin Center'),
  listTriggers: kind('GET', 'Triggers', 'List ticket triggers', 80000),
  updateTrigger: kind('PUT', 'Triggers', 'Update ticket trigger', 2500),
  listMacros: kind('GET', 'Macros', 'List macros', 60000),
  listOauthClients: kind('GET', 'OAuth clients', 'List clients', 4000),
  showSigningSecret: kind('GET', 'Webhooks', 'Show webhook signing secret', 120, 'Webhooks'),
  listRecords: kind('GET', 'Custom objects', 'List custom object records', 22000),
  searchRecords: kind('POST', 'Custom objects', 'Search custom object records', 18000),
  patchRecord: kind('PATCH', 'Custom objects', 'Update custom object record', 900),
  createTicket: kind('POST', 'Tickets', 'Create ticket', 7000),
  listAccessLogs: kind('GET', 'Access logs', 'List access logs', 1_600_000),
  listAuditLogs: kind('GET', 'Audit logs', 'List audit logs', 45000),
} satisfies Record<string, RequestKind>;

/** An operation of the agent workspace; only `ticket` is documented (contract 4.2). `query` is cut as Zendesk cuts it. */
export type GraphqlOperation = {
  readonly name: string;
  readonly type: 'QUERY' | 'MUTATION';
  readonly query: string;
};

/** The known operations, the most informative first. */
export const OPERATIONS = {
  ticket: {
    name: 'ticket',
    type: 'QUERY',
    query:
      'query ticket($id: ID!, $includeSkills: Boolean = false) { ticket(id: $id) { id assignee { user { id name __typename }...',
  },
  user: {
    name: 'getUser',
    type: 'QUERY',
    query: 'query getUser($userId: ID!) { user(id: $userId) { id name email...',
  },
  viewTickets: {
    name: 'viewTickets',
    type: 'QUERY',
    query:
      'query viewTickets($viewId: ID!, $first: Int) { view(id: $viewId) { tickets(first: $first) { edges...',
  },
  updateTicket: {
    name: 'updateTicket',
    type: 'MUTATION',
    query:
      'mutation updateTicket($id: ID!, $input: TicketInput!) { updateTicket(id: $id, input: $input) { ticket...',
  },
  currentUser: { name: 'currentUser', type: 'QUERY', query: '{ currentUser { id name locale } }' },
} satisfies Record<string, GraphqlOperation>;

/** What people type into search boxes; some of it is personal data. */
export const SEARCH_TEXTS: readonly string[] = [
  'agent guidelines',
  'credit card',
  'refund policy',
  '"order 88213"',
  'status:open priority:high',
  'Müller',
  'jane.roe@customer.example',
  'passport copy',
  '4111 1111 1111 1111',
  'type:user Hughes',
  'password reset loop',
  'requester:me status<solved',
  'invoice 2026-0417',
  'Łódź delivery',
];
