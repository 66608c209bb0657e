import { answerJson, type Answer } from './answers.ts';
import { creationMinuteOf, newestTicket, requesterOf } from './access-log-stage.ts';
import { hash, pickNth } from './random.ts';
import { formatSecond } from './clock.ts';
import type { Account, ApiRequest } from './account.ts';

const MAX_IDS = 100;
const MINUTE_MS = 60_000;

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

/** A ticket as the API shows it, as far as anybody has asked. */
export interface TicketRecord {
  id: number;
  url: string;
  subject: string;
  raw_subject: string;
  status: string;
  requester_id: number;
  submitter_id: number;
  created_at: string;
  updated_at: string;
}

/** The ticket of that number; undefined when it was deleted or is not there yet. */
export function buildTicket(account: Account, id: number): TicketRecord | undefined {
  const { clock, options, people } = account;
  const minute = Math.floor(clock.now() / MINUTE_MS);
  if (id < 1 || id > newestTicket(minute) || isDeleted(id)) return undefined;
  const luck = hash(id, 113);
  const subject = pickNth(SUBJECTS, luck);
  const requester = requesterOf({ people }, id);
  const created = formatSecond(creationMinuteOf(id) * 60);
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

/** One ticket in thirty was deleted since it was looked at. */
function isDeleted(id: number): boolean {
  return hash(id, 127) % 30 === 0;
}

/** `GET /api/v2/tickets/show_many?ids=` (contract 5.4): unknown and deleted tickets are missing, the order is its own. */
export function showManyTickets(account: Account, request: ApiRequest): Answer {
  const ids = new Set((request.query.get('ids') ?? '').split(',').filter((id) => /^\d+$/.test(id)));
  if (ids.size === 0)
    return answerJson(400, { error: 'RequiredParameterMissing', description: 'ids is missing' });
  if (ids.size > MAX_IDS)
    return answerJson(400, {
      error: 'TooManyValues',
      description: `ids can hold at most ${MAX_IDS} values`,
    });
  const tickets = [...ids]
    .map(Number)
    .toSorted((a, b) => a - b)
    .flatMap((id) => buildTicket(account, id) ?? []);
  return answerJson(200, { tickets });
}
