import { requesterOf } from '../../account/tickets.ts';
import { hash, repeatByWeight } from '../../random.ts';
import { ask, callFrom, chooseCustomer, chooseTicket, type AccessStage } from './stage.ts';
import { KINDS, OPERATIONS, SEARCH_TEXTS, type RequestKind } from './vocabulary.ts';

/** Somebody opens a ticket in the agent workspace: one action, many requests. */
function openTicketInWorkspace(stage: AccessStage): void {
  const { random } = stage;
  const ticket = chooseTicket(stage);
  const call = callFrom(stage, `/agent/tickets/${ticket}`);
  const variables = `{\\"id\\":\\"${ticket}\\",\\"includeSkills\\":${random.chance(0.5)}}`;
  ask(stage, OPERATIONS.ticket, variables);
  call(KINDS.ticketConversations, `/api/lotus/tickets/${ticket}/conversations.json?include={...}`);
  call(KINDS.showUser, `/api/v2/users/${requesterOf(stage.people, ticket)}/{...}`);
  if (random.chance(0.5)) call(KINDS.ticketRelated, `/api/v2beta/tickets/${ticket}/related`);
  if (random.chance(0.4)) call(KINDS.assignableGroups, '/api/lotus/assignables/groups.json?{...}');
  if (random.chance(0.3))
    call(KINDS.ticketForms, '/api/v2/ticket_forms/show_many.json?ids=360000101,360000102');
}

/** The same through the older screens and apps. */
function openTicketByRest(stage: AccessStage): void {
  const { random } = stage;
  const ticket = chooseTicket(stage);
  const requester = requesterOf(stage.people, ticket);
  const organization = 360_000_000_000 + (requester % 900);
  const call = callFrom(stage, `/agent/tickets/${ticket}`);
  call(KINDS.showTicket, `/api/v2/tickets/${ticket}?[...]`);
  call(KINDS.listComments, `/api/v2/tickets/${ticket}/comments.json?include=users`);
  if (random.chance(0.5)) call(KINDS.userIdentities, `/api/v2/users/${requester}/identities.json`);
  if (random.chance(0.3))
    call(KINDS.showOrganization, `/api/v2/organizations/${organization}.json`);
  if (random.chance(0.2)) call(KINDS.ticketAudits, `/api/v2/tickets/${ticket}/audits.json?{...}`);
  if (random.chance(0.15)) call(KINDS.showAttachment, `/api/v2/attachments/${ticket * 1000 + 7}`);
}

/** Somebody answers or solves a ticket. */
function updateTicket(stage: AccessStage): void {
  const ticket = chooseTicket(stage);
  const variables = `{\\"id\\":\\"${ticket}\\",\\"input\\":{\\"status\\":\\"solved\\"}}`;
  if (stage.random.chance(0.5)) ask(stage, OPERATIONS.updateTicket, variables);
  else {
    const call = callFrom(stage, `/agent/tickets/${ticket}`);
    call(KINDS.updateTicket, `/api/v2/tickets/${ticket}.json`);
  }
}

/** Somebody works through a list of tickets. */
function workOnView(stage: AccessStage): void {
  const { random } = stage;
  const view = 360_000_200 + random.below(24);
  const call = callFrom(stage, `/agent/filters/${view}`);
  if (random.chance(0.5))
    ask(stage, OPERATIONS.viewTickets, `{\\"viewId\\":\\"${view}\\",\\"first\\":30}`);
  else call(KINDS.executeView, `/api/v2/views/${view}/execute.json?{...}`);
  call(KINDS.countViews, `/api/v2/views/count_many.json?ids=${view},${view + 1},${view + 2}`);
  if (random.chance(0.03)) call(KINDS.exportView, `/api/v2/views/${view}/export`);
  if (random.chance(0.05))
    callFrom(stage, '/admin/workspaces/agent-workspace/views')(
      KINDS.previewView,
      '/api/v2/views/preview.json',
    );
}

const SEARCHES: readonly string[] = SEARCH_TEXTS.map((text) => JSON.stringify(text).slice(1, -1));
const ENCODED_SEARCHES: readonly string[] = SEARCH_TEXTS.map((text) => encodeURIComponent(text));

/** Somebody searches, and often opens what was found. */
function searchSomething(stage: AccessStage): void {
  const { random } = stage;
  const which = random.below(SEARCHES.length);
  const text = SEARCHES[which] ?? '';
  const encoded = ENCODED_SEARCHES[which] ?? '';
  const place = random.below(10);
  const callFromSearch = callFrom(stage, '/agent/search/1');
  if (place < 5)
    callFromSearch(KINDS.searchIncremental, `/api/v2/search/incremental?{...}&query=${text}`);
  else if (place < 7) callFromSearch(KINDS.search, `/api/v2/search.json?{...}&query=${text}`);
  else if (place < 9)
    callFrom(stage, '/agent/dashboard')(
      KINDS.searchArticles,
      `/hc/api/v2/articles/search?[...]query=${encoded}`,
    );
  else
    callFrom(stage, '/agent/tickets/new/1')(
      KINDS.autocompleteUsers,
      `/api/v2/users/autocomplete.json?name=${encoded}`,
    );
  if (random.chance(0.4)) openTicketByRest(stage);
}

/** Somebody looks at a customer's profile. */
function viewProfile(stage: AccessStage): void {
  const { random } = stage;
  const user = chooseCustomer(stage);
  const call = callFrom(stage, `/agent/users/${user}`);
  if (random.chance(0.3)) ask(stage, OPERATIONS.user, `{\\"userId\\":\\"${user}\\"}`);
  else call(KINDS.showUser, `/api/v2/users/${user}/{...}`);
  call(KINDS.userRelated, `/api/v2/users/${user}/related.json`);
  if (random.chance(0.6))
    call(KINDS.userTickets, `/api/v2/users/${user}/tickets/requested.json?{...}`);
}

/** A screen or an app loads several records in one request. */
function showMany(stage: AccessStage): void {
  const { random } = stage;
  const call = callFrom(stage, '/agent/dashboard');
  const count = 2 + random.below(8);
  const isOfTickets = random.chance(0.5);
  const ids = Array.from({ length: count }, () =>
    isOfTickets ? chooseTicket(stage) : chooseCustomer(stage),
  );
  if (isOfTickets) call(KINDS.showManyTickets, `/api/v2/tickets/show_many?ids=${ids.join(',')}`);
  else call(KINDS.showManyUsers, `/api/v2/users/show_many.json?ids=${ids.join('%2C')}`);
}

/** The browser keeps itself up to date. */
function pollInBackground(stage: AccessStage): void {
  callFrom(stage, '/agent/dashboard')(KINDS.ownSettings, '/api/v2/users/me/settings.json');
  if (stage.random.chance(0.3)) ask(stage, OPERATIONS.currentUser, '');
}

/** Somebody changes or deletes many tickets at once. */
function changeMany(stage: AccessStage): void {
  const { random } = stage;
  const call = callFrom(stage, '/agent/filters/360000203');
  const tickets = Array.from({ length: 3 + random.below(20) }, () => chooseTicket(stage)).join(',');
  if (random.chance(0.2))
    call(KINDS.destroyManyTickets, `/api/v2/tickets/destroy_many?ids=${tickets}`);
  else call(KINDS.updateManyTickets, `/api/v2/tickets/update_many.json?ids=${tickets}`);
}

/** Somebody works with custom objects. */
function useCustomObjects(stage: AccessStage): void {
  const call = callFrom(stage, '');
  const choice = stage.random.below(4);
  const luck = hash(stage.minute, 5).toString(36).toUpperCase().padStart(22, '0');
  const record = `01J9${luck.replaceAll(/[ILOU]/g, '7')}`;
  const records = '/api/v2/custom_objects/contract/records';
  if (choice === 0) call(KINDS.searchRecords, `${records}/search?{...}`);
  else if (choice === 1) call(KINDS.patchRecord, `${records}/${record}`);
  else call(KINDS.listRecords, `${records}?{...}`);
}

const SCRIPTS: readonly (readonly [RequestKind, url: string])[] = [
  [KINDS.listUsers, '/api/v2/users.json?page[size]={...}'],
  [KINDS.createTicket, '/api/v2/tickets.json'],
  [KINDS.searchExport, '/api/v2/search/export?{...}&query=type:ticket created>2026-01-01'],
  [KINDS.listTickets, '/api/v2/tickets.json?{...}'],
  [KINDS.suspendedTickets, '/api/v2/suspended_tickets.json?{...}'],
];

/** A program acts in somebody's name. */
function runScript(stage: AccessStage): void {
  callFrom(stage, '', true)(...stage.random.pick(SCRIPTS));
}

const ADMIN = '/admin/apps-integrations';
const ADMIN_ERRANDS: readonly (readonly [RequestKind, url: string, referer: string])[] = [
  [KINDS.teamMembers, '/admin/api/private/team_members?{...}', '/admin/people/team/members'],
  [
    KINDS.securitySettings,
    '/admin/api/private/accounts/current/security_settings',
    '/admin/account/security/advanced',
  ],
  [KINDS.updateSettings, '/api/v2/account/settings.json', '/admin/account/security/advanced'],
  [KINDS.updateTrigger, '/api/v2/triggers/360000317.json', '/admin/objects-rules/rules/triggers'],
  [KINDS.listTriggers, '/api/v2/triggers.json?{...}', '/admin/objects-rules/rules/triggers'],
  [KINDS.listMacros, '/api/v2/macros.json?{...}', '/admin/workspaces/agent-workspace/macros'],
  [KINDS.listOauthClients, '/api/v2/oauth/clients.json', `${ADMIN}/apis/oauth-clients`],
  [
    KINDS.showSigningSecret,
    '/api/v2/webhooks/01GQ5VN3ZZ4XQH7F9Z4YK8T1QC/signing_secret',
    `${ADMIN}/webhooks`,
  ],
];

/** An administrator looks at or changes settings. */
function administrate(stage: AccessStage): void {
  const [kind, url, referer] = stage.random.pick(ADMIN_ERRANDS);
  callFrom(stage, referer)(kind, url);
}

/** What the integration does at all hours: it reads the logs, and its requests are logged too (contract Q10). */
function pollLogs(stage: AccessStage): void {
  const { random } = stage;
  const call = callFrom(stage, '');
  call(KINDS.listAccessLogs, '/api/v2/access_logs?{...}');
  call(KINDS.listAuditLogs, '/api/v2/audit_logs.json?{...}');
  if (random.chance(0.05)) call(KINDS.listAccessLogs, '/api/services/access_logs');
  if (random.chance(0.05))
    call(KINDS.exportTickets, '/api/v2/incremental/tickets/cursor.json?{...}');
  if (random.chance(0.03)) call(KINDS.exportUsers, '/api/v2/incremental/users/cursor.json?{...}');
}

const AGENT_SCENES = repeatByWeight([
  [30, openTicketInWorkspace],
  [16, openTicketByRest],
  [10, updateTicket],
  [12, workOnView],
  [7, searchSomething],
  [7, viewProfile],
  [3, showMany],
  [8, pollInBackground],
  [1, changeMany],
  [2, useCustomObjects],
  [1, runScript],
]);

/** Plays one scene of the person on stage: a few requests that belong together. */
export function playScene(stage: AccessStage): void {
  const { random, person } = stage;
  if (person.job === 'integration') pollLogs(stage);
  else if (person.job === 'admin' && random.chance(0.35)) administrate(stage);
  else random.pick(AGENT_SCENES)(stage);
}
