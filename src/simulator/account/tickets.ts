import { formatSecond } from '../clock.ts';
import { answerJson, NO_RECORD, SUPPORT } from '../http/answers.ts';
import { readIds, matchPath, type Endpoint } from '../http/endpoints.ts';
import { hash, pickNth } from '../random.ts';
import type { SimulatedAccount } from './account.ts';
import { CUSTOMERS, type People } from './people.ts';

const MINUTE_MS = 60_000;
const MINUTES_BETWEEN_TICKETS = 40;
const FIRST_TICKET = 650_000;

const SUBJECTS: readonly string[] = [
  'Where is my order?',
  'Invoice shows the wrong address',
  'Cannot sign in since the update',
  'Reembolso de un pedido cancelado',
  'Łódź delivery never arrived',
  '=SUM(A1:A9) in an export opens as a formula',
  'Change the e-mail address of my account',
  'Two charges, one order',
  'Passwort vergessen, Rücksetzung geht nicht',
  'Feature request: dark mode',
];
const STATUSES: readonly string[] = ['open', 'pending', 'hold', 'solved', 'closed'];

/** The number of the last ticket that exists at that minute since 1970. */
export function newestTicket(minute: number): number {
  return Math.floor(minute / MINUTES_BETWEEN_TICKETS) - FIRST_TICKET;
}

/** The id of the customer who asked for that ticket. */
export function requesterOf(people: People, ticket: number): number {
  return people.customer(hash(ticket, 3) % CUSTOMERS).id;
}

/**
 * The fields of a ticket that anybody has needed so far, as the API shows them; undefined if it was deleted or does not
 * exist yet.
 */
function buildTicket({ clock, options, people }: SimulatedAccount, id: number): object | undefined {
  const isDeleted = hash(id, 127) % 30 === 0;
  if (id < 1 || id > newestTicket(Math.floor(clock.now() / MINUTE_MS)) || isDeleted)
    return undefined;
  const luck = hash(id, 113);
  const subject = pickNth(SUBJECTS, luck);
  const requester = requesterOf(people, id);
  const created = formatSecond((id + FIRST_TICKET) * MINUTES_BETWEEN_TICKETS * 60);
  return {
    id,
    url: `https://${options.subdomain}.zendesk.com/api/v2/tickets/${id}.json`,
    subject,
    raw_subject: subject,
    status: pickNth(STATUSES, luck >>> 4),
    requester_id: requester,
    submitter_id: requester,
    created_at: created,
    updated_at: created,
  };
}

/** Tickets by their ids (contract 5.4): unknown and deleted ones are missing, or give a 404 if only one is requested. */
export function createTicketEndpoints(account: SimulatedAccount): readonly Endpoint[] {
  const common = {
    method: 'GET',
    stream: 'tickets',
    service: SUPPORT,
    gate: account.supportGate,
    scopes: ['read', 'tickets:read'],
    pageSize: 100,
  } as const;
  return [
    {
      ...common,
      path: matchPath('/api/v2/tickets/{id}'),
      answer({ id }) {
        const ticket = buildTicket(account, id);
        return ticket === undefined ? NO_RECORD : answerJson(200, { ticket });
      },
    },
    {
      ...common,
      path: matchPath('/api/v2/tickets/show_many'),
      answer({ query }) {
        const ids = readIds(query);
        if ('status' in ids) return ids;
        const numbers = [...ids].map(Number).toSorted((a, b) => a - b);
        const tickets = numbers.flatMap((id) => buildTicket(account, id) ?? []);
        return answerJson(200, { tickets });
      },
    },
  ];
}
