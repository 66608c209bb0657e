/** Answers about the whole account: it is suspended, expired, cancelled, or does not exist (contract 0.5, 0.7). */
import type { ErrorBody } from './answer.ts';
import type { Asker, Refusal } from './asker.ts';

const statuses = new Set([401, 402, 403, 404, 410, 422, 423]);
const states =
  'suspended|expired|cancell?ed|closed|deactivated|disabled|inactive|not active|locked';
/** The account must be suspended: a suspended person or token is a different case. */
const subjects = 'account|help ?desk|subscription|trial|instance';
const suspension = new RegExp(
  `\\b(?:${subjects})\\b[^.]{0,60}\\b(?:${states})\\b|\\b(?:${states})\\b[ -](?:${subjects})\\b`,
  'i',
);

/** What to do about an account that was not paid for, as a clause. */
export const billing =
  'let the owner of the account look at the billing in Admin Center, or ask the support of Zendesk; what was stored stays';

/** Why the account is not available; undefined for an answer about something else. */
export function explainInactive(
  status: number,
  { code = '', words = '' }: ErrorBody,
  { origin }: Pick<Asker, 'origin'>,
): Refusal | undefined {
  if (!statuses.has(status)) return undefined;
  const said = `${code.replaceAll(/(?<=[a-z])(?=[A-Z])|_/g, ' ')}. ${words}`;
  if (/no help ?desk (?:at|configured)/i.test(said))
    return {
      code: 'account_unknown',
      found: `There is no Zendesk account at ${origin} (${status})`,
      wayOut:
        'check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL; an account that was cancelled is deleted after a while',
    };
  if (!suspension.test(said) || /\buser\b/i.test(said)) return undefined;
  return {
    code: 'account_suspended',
    found: `The Zendesk account at ${origin} is suspended, expired or cancelled (${status}), so nothing of it can be read`,
    wayOut: billing,
  };
}
