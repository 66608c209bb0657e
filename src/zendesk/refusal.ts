/**
 * What the failure at the end of a request means: its code, what is wrong and what to do (contract 0.5, 4.4, 6, Q12, Q13).
 */
import { KnownError, type ErrorCode } from '../errors.ts';
import { isOwnWord, type ErrorBody, type Failure } from './answer.ts';
import { describeSilence, explainDistrust, explainProxyFault } from './proxy-fault.ts';
import {
  isPassing,
  isUnreachable,
  isUntrusted,
  refusesCursor,
  type NextAttempt,
  type Tries,
} from './retry.ts';
import { billing, explainInactive } from './inactive-account.ts';
import { clients, subdomain, unauthorizedRefusals } from './login-refusal.ts';
import type { Credentials } from './secrets.ts';
import type { Asker, Refusal } from './asker.ts';

/** What an endpoint requires, and its name, for the messages about a refusal. */
export type Needs = {
  /** The beginning of a message: "The audit log". */
  readonly name: string;
  /** Who may read it: "admin", "agent or admin". */
  readonly role: string;
  /** Everything that it requires, as a clause: "it needs the plan … and the role admin". */
  readonly entitlement: string;
  /** What to check when some of that is missing, as a clause: "check the plan, and the role of …". */
  readonly wayOut: string;
  /** The meaning of a 403 that does not say what is missing. */
  readonly code: Extract<ErrorCode, 'plan_missing' | 'add_on_missing' | 'role_missing'>;
};

const maintenance =
  'look at status.zendesk.com whether Zendesk is in maintenance; nothing is lost, and the next run continues there';
const itsUser = 'the user whose credentials are used';
const foreignWayOut = `check whether a proxy or a firewall answers instead, and ${subdomain}`;

/** The error for a failure that ends a request. */
export function explainFailure(failure: Failure, tries: Tries, asker: Asker): KnownError {
  if (failure.kind === 'no-answer') {
    const { code, ...sentence } = isUntrusted(failure.code)
      ? explainDistrust(failure, asker.origin)
      : (explainProxyFault(failure) ?? explainExhaustion(failure, tries, asker));
    return new KnownError(code, { ...sentence, cause: failure.cause });
  }
  const { status, requestId } = failure;
  if (failure.kind === 'refusal' && status !== 429) {
    const body = cleanBody(failure, asker);
    const special =
      explainInactive(status, body, asker) ??
      explainCursor(failure, asker) ??
      explainRedirect(failure, asker);
    if (special !== undefined || !isPassing(failure)) {
      const { code, ...sentence } =
        special ?? asker.explainRefusal(status, body) ?? explainRejection(failure, asker);
      const quote = quoteBody(body, asker);
      return new KnownError(code, { ...sentence, quote, status, requestId });
    }
  }
  const { code, ...sentence } =
    status === 429 ? explainLimit(tries, asker) : explainExhaustion(failure, tries, asker);
  return new KnownError(code, { ...sentence, status, requestId });
}

/** The fields of the log line about a failure after which another attempt follows. */
export function describeRetry(
  failure: Failure,
  next: NextAttempt,
  { attempt }: Tries,
  asker: Asker,
  nowMs: number,
): Record<string, unknown> {
  const waitMs = next.action === 'renew-token' ? 0 : next.waitMs;
  return {
    path: asker.path,
    reason: describeFailure(failure, asker),
    attempt,
    next: next.action,
    waitMs,
    until: new Date(nowMs + waitMs).toISOString(),
  };
}

/** A failed attempt in a few words. */
function describeFailure(failure: Failure, asker: Asker): string {
  if (failure.kind === 'no-answer') return describeSilence(failure);
  if (failure.kind === 'broken-answer') return `the answer ${failure.fault}`;
  const said = quoteBody(cleanBody(failure, asker), asker);
  return `status ${failure.status}${said === '' ? '' : ` "${said}"`}`;
}

function explainLimit({ pauses }: Tries, { path }: Asker): Refusal {
  const code = 'rate_limited';
  if (pauses === 1)
    return {
      code,
      found: `Zendesk answered 429 to ${path}: the limit for this minute is used up, so nothing was done`,
      wayOut: 'try again in a minute',
    };
  const found = `Zendesk answered 429 to ${path} ${pauses} times in a row, each time after the pause that it asked for`;
  return { code, found };
}

function explainExhaustion(failure: Failure, { attempt }: Tries, asker: Asker): Refusal {
  const attempts = `${attempt} ${attempt === 1 ? 'attempt' : 'attempts'}`;
  const found = `No usable answer from Zendesk to ${asker.path} after ${attempts}; the last one: ${describeFailure(failure, asker)}`;
  if (failure.kind === 'refusal' && failure.status === 503)
    return { code: 'no_usable_answer', found, wayOut: maintenance };
  if (isUnreachable(failure))
    return {
      code: 'no_usable_answer',
      found,
      wayOut: `check the network, and that ${asker.origin} is the address of the account`,
    };
  if (!isForeign(failure)) return { code: 'no_usable_answer', found };
  const code = failure.status === 404 ? 'address_unknown' : 'no_usable_answer';
  return {
    code,
    found: `${found}, which is not in the format of Zendesk's own errors`,
    wayOut: foreignWayOut,
  };
}

/** Whether something other than Zendesk seems to have refused the request. */
function isForeign(failure: Failure): failure is Extract<Failure, { kind: 'refusal' }> {
  return failure.kind === 'refusal' && failure.status < 500 && !isOwnWord(failure.body);
}

/** The same parameters were accepted for the first page of the span, so the cursor is wrong. */
function explainCursor(
  failure: Extract<Failure, { kind: 'refusal' }>,
  { path }: Asker,
): Refusal | undefined {
  if (!refusesCursor(failure)) return undefined;
  return {
    code: 'cursor_refused',
    found: `Zendesk does not accept the cursor for ${path} (${failure.status}), so the time range must be read again from its start`,
  };
}

function explainRedirect(
  { status, redirectedTo }: Extract<Failure, { kind: 'refusal' }>,
  { origin, path, secrets, privateTexts }: Asker,
): Refusal | undefined {
  if (status >= 400) return undefined;
  const target =
    redirectedTo === undefined
      ? 'an unreadable address'
      : secrets.quote(redirectedTo, privateTexts);
  return {
    code: 'redirected',
    found: `${origin} answered ${path} with a redirect to ${target} (${status}), which the program does not follow, because the credentials go to the configured origin only`,
    wayOut: subdomain,
  };
}

function explainRejection(
  { status }: Extract<Failure, { kind: 'refusal' }>,
  { path }: Asker,
): Refusal {
  return {
    code: 'request_rejected',
    found: `Zendesk rejected the request for ${path} (${status}), and repeating it cannot help`,
    ...(status === 402 ? { wayOut: billing } : {}),
  };
}

/** The body with only texts that may be shown. */
function cleanBody({ body }: Extract<Failure, { kind: 'refusal' }>, asker: Asker): ErrorBody {
  const clean = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : asker.secrets.quote(text, asker.privateTexts);
  return { shape: body.shape, code: clean(body.code), words: clean(body.words) };
}

function quoteBody({ code, words }: ErrorBody, { secrets }: Asker): string {
  return secrets.quote(
    [code, words].filter((part) => part !== undefined && part !== '').join(': '),
  );
}

/** Why an endpoint is refused to those credentials (401, 403, 404); undefined for another status. */
export function explainAccess(
  status: number,
  body: ErrorBody,
  needs: Needs,
  credentials: Credentials['kind'],
): Refusal | undefined {
  if (status === 401) return unauthorizedRefusals[credentials];
  return status === 403 || status === 404 ? explainUnavailable(status, body, needs) : undefined;
}

/** Why an endpoint is not available (403, 404). */
export function explainUnavailable(status: number, body: ErrorBody, needs: Needs): Refusal {
  const { found, ...rest } =
    status === 404 ? explainAbsence(body, needs) : explainForbidden(body, needs);
  return { subject: `${needs.name} is`, found: `not available (${status}): ${found}`, ...rest };
}

function explainForbidden(body: ErrorBody, needs: Needs): Refusal {
  const words = body.words ?? '';
  const scopes = /missing the following required scopes?:?\s*([a-z0-9_:., -]{0,80})/i.exec(words);
  if (scopes !== null) {
    const missing = (scopes[1] ?? '').replace(/[\s.,]+$/, '') || 'read';
    return {
      code: 'scope_missing',
      found: `the token lacks the scope ${missing}`,
      wayOut: missing.includes('write')
        ? `allow it for the OAuth client (${clients}) and set ZENDESK_OAUTH_SCOPE to "read ${missing}"; the user must be an admin too`
        : `allow it for the OAuth client (${clients}) and set ZENDESK_OAUTH_SCOPE to it, or better to read`,
    };
  }
  if (/administrator privileges|authorization failed/i.test(words))
    return {
      code: 'role_missing',
      found: `only the role ${needs.role} can read it`,
      wayOut: `give that role to ${itsUser}`,
    };
  return { code: needs.code, found: needs.entitlement, wayOut: needs.wayOut };
}

function explainAbsence(body: ErrorBody, { entitlement, wayOut }: Needs): Refusal {
  if (body.code === 'RecordNotFound')
    return { code: 'record_unknown', found: 'the record does not exist' };
  return {
    code: 'endpoint_unknown',
    found: 'this account does not have the endpoint',
    wayOut: `${entitlement}; ${wayOut}`,
  };
}
