import { ask, call, chooseCustomer, chooseTicket, type Stage } from './access-log-stage.ts';
import { KINDS, OPERATIONS, SEARCH_TEXTS, type RequestKind } from './access-log-vocabulary.ts';
import { openTicketByRest } from './access-log-ticket-scenes.ts';
import { hash } from './random.ts';

const SEARCHES: readonly string[] = SEARCH_TEXTS.map((text) => JSON.stringify(text).slice(1, -1));
const ENCODED_SEARCHES: readonly string[] = SEARCH_TEXTS.map((text) => encodeURIComponent(text));
/** Somebody works through a list of tickets. */
export function workOnView(stage: Stage): void {
  const { random } = stage;
  const view = 360_000_200 + random.below(24);
  const screen = `/agent/filters/${view}`;
  if (random.chance(0.5))
    ask(stage, OPERATIONS.viewTickets, `{\\"viewId\\":\\"${view}\\",\\"first\\":30}`);
  else call(stage, KINDS.executeView, `/api/v2/views/${view}/execute.json?{...}`, screen);
  call(
    stage,
    KINDS.countViews,
    `/api/v2/views/count_many.json?ids=${view},${view + 1},${view + 2}`,
    screen,
  );
  if (random.chance(0.03)) call(stage, KINDS.exportView, `/api/v2/views/${view}/export`, screen);
  if (random.chance(0.05))
    call(
      stage,
      KINDS.previewView,
      '/api/v2/views/preview.json',
      '/admin/workspaces/agent-workspace/views',
    );
}

/** Somebody searches, and often opens what was found. */
export function searchSomething(stage: Stage): void {
  const { random } = stage;
  const which = random.below(SEARCHES.length);
  const text = SEARCHES[which] ?? '';
  const encoded = ENCODED_SEARCHES[which] ?? '';
  const place = random.below(10);
  if (place < 5)
    call(
      stage,
      KINDS.searchIncremental,
      `/api/v2/search/incremental?{...}&query=${text}`,
      '/agent/search/1',
    );
  else if (place < 7)
    call(stage, KINDS.search, `/api/v2/search.json?{...}&query=${text}`, '/agent/search/1');
  else if (place < 9)
    call(
      stage,
      KINDS.searchArticles,
      `/hc/api/v2/articles/search?[...]query=${encoded}`,
      '/agent/dashboard',
    );
  else
    call(
      stage,
      KINDS.autocompleteUsers,
      `/api/v2/users/autocomplete.json?name=${encoded}`,
      '/agent/tickets/new/1',
    );
  if (random.chance(0.4)) openTicketByRest(stage);
}

/** Somebody looks at a customer's profile. */
export function viewProfile(stage: Stage): void {
  const { random } = stage;
  const user = chooseCustomer(stage);
  const screen = `/agent/users/${user}`;
  if (random.chance(0.3)) ask(stage, OPERATIONS.user, `{\\"userId\\":\\"${user}\\"}`);
  else call(stage, KINDS.showUser, `/api/v2/users/${user}/{...}`, screen);
  call(stage, KINDS.userRelated, `/api/v2/users/${user}/related.json`, screen);
  if (random.chance(0.6))
    call(stage, KINDS.userTickets, `/api/v2/users/${user}/tickets/requested.json?{...}`, screen);
}

/** A screen or an app loads several records in one request. */
export function showMany(stage: Stage): void {
  const { random } = stage;
  const count = 2 + random.below(8);
  if (random.chance(0.5)) {
    const tickets = Array.from({ length: count }, () => chooseTicket(stage));
    call(
      stage,
      KINDS.showManyTickets,
      `/api/v2/tickets/show_many?ids=${tickets.join(',')}`,
      '/agent/dashboard',
    );
  } else {
    const users = Array.from({ length: count }, () => chooseCustomer(stage));
    call(
      stage,
      KINDS.showManyUsers,
      `/api/v2/users/show_many.json?ids=${users.join('%2C')}`,
      '/agent/dashboard',
    );
  }
}

/** The browser keeps itself up to date. */
export function pollInBackground(stage: Stage): void {
  call(stage, KINDS.ownSettings, '/api/v2/users/me/settings.json', '/agent/dashboard');
  if (stage.random.chance(0.3)) ask(stage, OPERATIONS.currentUser, '');
}

/** Somebody changes or deletes many tickets at once. */
export function changeMany(stage: Stage): void {
  const { random } = stage;
  const tickets = Array.from({ length: 3 + random.below(20) }, () => chooseTicket(stage)).join(',');
  if (random.chance(0.2))
    call(
      stage,
      KINDS.destroyManyTickets,
      `/api/v2/tickets/destroy_many?ids=${tickets}`,
      '/agent/filters/360000203',
    );
  else
    call(
      stage,
      KINDS.updateManyTickets,
      `/api/v2/tickets/update_many.json?ids=${tickets}`,
      '/agent/filters/360000203',
    );
}

/** Somebody works with custom objects. */
export function useCustomObjects(stage: Stage): void {
  const { random } = stage;
  const choice = random.below(4);
  const record = `01J9${hash(stage.minute, 5)
    .toString(36)
    .toUpperCase()
    .padStart(22, '0')
    .replaceAll(/[ILOU]/g, '7')}`;
  if (choice === 0)
    call(stage, KINDS.searchRecords, '/api/v2/custom_objects/contract/records/search?{...}');
  else if (choice === 1)
    call(stage, KINDS.patchRecord, `/api/v2/custom_objects/contract/records/${record}`);
  else call(stage, KINDS.listRecords, '/api/v2/custom_objects/contract/records?{...}');
}

/** A program acts in somebody's name. */
export function runScript(stage: Stage): void {
  stage.byProgram = true;
  const choice = stage.random.below(5);
  if (choice === 0) call(stage, KINDS.listUsers, '/api/v2/users.json?page[size]={...}');
  else if (choice === 1) call(stage, KINDS.createTicket, '/api/v2/tickets.json');
  else if (choice === 2)
    call(
      stage,
      KINDS.searchExport,
      '/api/v2/search/export?{...}&query=type:ticket created>2026-01-01',
    );
  else if (choice === 3) call(stage, KINDS.listTickets, '/api/v2/tickets.json?{...}');
  else call(stage, KINDS.suspendedTickets, '/api/v2/suspended_tickets.json?{...}');
}

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
  [
    KINDS.listOauthClients,
    '/api/v2/oauth/clients.json',
    '/admin/apps-integrations/apis/oauth-clients',
  ],
  [
    KINDS.showSigningSecret,
    '/api/v2/webhooks/01GQ5VN3ZZ4XQH7F9Z4YK8T1QC/signing_secret',
    '/admin/apps-integrations/webhooks',
  ],
];

/** An administrator looks at or changes settings. */
export function administrate(stage: Stage): void {
  const [kind, url, referer] = stage.random.pick(ADMIN_ERRANDS);
  call(stage, kind, url, referer);
}

/** What the integration does at all hours: it reads the logs, and so writes them (contract Q10). */
export function pollLogs(stage: Stage): void {
  const { random } = stage;
  call(stage, KINDS.listAccessLogs, '/api/v2/access_logs?{...}');
  call(stage, KINDS.listAuditLogs, '/api/v2/audit_logs.json?{...}');
  if (random.chance(0.05)) call(stage, KINDS.listAccessLogs, '/api/services/access_logs');
  if (random.chance(0.05))
    call(stage, KINDS.exportTickets, '/api/v2/incremental/tickets/cursor.json?{...}');
  if (random.chance(0.03))
    call(stage, KINDS.exportUsers, '/api/v2/incremental/users/cursor.json?{...}');
}
