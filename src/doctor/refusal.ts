import type { ZendeskError } from '../errors.ts';
import { problem, problemOf, type Check } from './check.ts';

/** A check that ended with an error of Zendesk: its sentence, and the advice in it. */
export function explainRefusal(name: string, { kind, message, requestId }: ZendeskError): Check {
  const reference = requestId === undefined ? '' : ` with the request id ${requestId}`;
  const lookAgain = `Try again in a few minutes; if it stays, ask the support of Zendesk${reference}.`;
  // Such a sentence goes on with the last answer, not with advice.
  if (kind === 'failed') return problem(name, message, lookAgain);
  return problemOf(name, message.replace(/^.*? is (?=not available)/, ''), lookAgain);
}
