import { ask, call, chooseTicket, requesterOf, type Stage } from './access-log-stage.ts';
import { KINDS, OPERATIONS } from './access-log-vocabulary.ts';

/** Somebody opens a ticket in the agent workspace: one look, many requests. */
export function openTicketInWorkspace(stage: Stage): void {
  const { random } = stage;
  const ticket = chooseTicket(stage);
  const screen = `/agent/tickets/${ticket}`;
  ask(
    stage,
    OPERATIONS.ticket,
    `{\\"id\\":\\"${ticket}\\",\\"includeSkills\\":${random.chance(0.5)}}`,
  );
  call(
    stage,
    KINDS.ticketConversations,
    `/api/lotus/tickets/${ticket}/conversations.json?include={...}`,
    screen,
  );
  call(stage, KINDS.showUser, `/api/v2/users/${requesterOf(stage, ticket)}/{...}`, screen);
  if (random.chance(0.5))
    call(stage, KINDS.ticketRelated, `/api/v2beta/tickets/${ticket}/related`, screen);
  if (random.chance(0.4))
    call(stage, KINDS.assignableGroups, '/api/lotus/assignables/groups.json?{...}', screen);
  if (random.chance(0.3))
    call(
      stage,
      KINDS.ticketForms,
      '/api/v2/ticket_forms/show_many.json?ids=360000101,360000102',
      screen,
    );
}

/** The same through the older screens and apps. */
export function openTicketByRest(stage: Stage): void {
  const { random } = stage;
  const ticket = chooseTicket(stage);
  const requester = requesterOf(stage, ticket);
  const screen = `/agent/tickets/${ticket}`;
  call(stage, KINDS.showTicket, `/api/v2/tickets/${ticket}?[...]`, screen);
  call(stage, KINDS.listComments, `/api/v2/tickets/${ticket}/comments.json?include=users`, screen);
  if (random.chance(0.5))
    call(stage, KINDS.userIdentities, `/api/v2/users/${requester}/identities.json`, screen);
  if (random.chance(0.3))
    call(
      stage,
      KINDS.showOrganization,
      `/api/v2/organizations/${360_000_000_000 + (requester % 900)}.json`,
      screen,
    );
  if (random.chance(0.2))
    call(stage, KINDS.ticketAudits, `/api/v2/tickets/${ticket}/audits.json?{...}`, screen);
  if (random.chance(0.15))
    call(stage, KINDS.showAttachment, `/api/v2/attachments/${ticket * 1000 + 7}`, screen);
}

/** Somebody answers or solves a ticket. */
export function updateTicket(stage: Stage): void {
  const ticket = chooseTicket(stage);
  const screen = `/agent/tickets/${ticket}`;
  if (stage.random.chance(0.5)) {
    ask(
      stage,
      OPERATIONS.updateTicket,
      `{\\"id\\":\\"${ticket}\\",\\"input\\":{\\"status\\":\\"solved\\"}}`,
    );
  } else {
    call(stage, KINDS.updateTicket, `/api/v2/tickets/${ticket}.json`, screen);
  }
}
