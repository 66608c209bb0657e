/** What the failure that ends a request means: its code, what is wrong and what to do (contract 0.5, 4.4, 6, Q12, Q13). */
import { KnownError, type ErrorCode, type ErrorFacts } from '../errors.ts';
import type { ErrorBody, Failure } from './answer.ts';
import { isUntrusted, type NextAttempt, type Tries } from './retry.ts';
import type { Credentials, Secrets } from './secrets.ts';

/** Who asked, for the sentence. */
export type Asker = {
  /** What the request was for: a path. */
  readonly path: string;
  readonly origin: string;
  /** Texts of this request that must not be quoted: its cursor and parameters. */
  readonly privateTexts: readonly string[];
  readonly secrets: Secrets;
  /** What an answer 4xx means that means something special to this asker. */
  readonly explainRefusal: (status: number, body: ErrorBody) => Refusal | undefined;
};

/** The code of a refusal, and its sentence without Zendesk's own words. */
type Refusal = Pick<ErrorFacts, 'subject' | 'found' | 'wayOut'> & {
  readonly code: ErrorCode;
};

/** What access to an endpoint takes, and how it is named, for the sentences about a refusal. */
export type Needs = {
  /** How a sentence begins: "The audit log". */
  readonly name: string;
  /** Who may read it: "admin", "agent or admin". */
  readonly role: string;
  /** All that it takes, as a clause: "it needs the plan … and the role admin". */
  readonly entitlement: string;
  /** What to look at when some of that is missing, as a clause: "check the plan, and the role of …". */
  readonly wayOut: string;
  /** What a 403 means that does not say what is missing. */
  readonly code: Extract<ErrorCode, 'plan_missing' | 'add_on_missing' | 'role_missing'>;
};

const clients = 'Admin Center > Apps and integrations > APIs > OAuth clients';
const itsUser = 'the user whose credentials are used';
const subdomain = 'check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL';

/** The error for a failure that ends a request. */
export function explainFailure(failure: Failure, tries: Tries, asker: Asker): KnownError {
  if (failure.kind === 'no-answer') {
    const { code, ...sentence } = isUntrusted(failure.code)
      ? explainDistrust(failure.code, asker)
      : explainExhaustion(failure, tries, asker);
    return new KnownError(code, { ...sentence, cause: failure.cause });
  }
  const { status, requestId } = failure;
  if (failure.kind === 'broken-answer' || status === 429 || status >= 500) {
    const { code, ...sentence } =
      status === 429 ? explainLimit(tries, asker) : explainExhaustion(failure, tries, asker);
    return new KnownError(code, { ...sentence, status, requestId });
  }
  const body = cleanBody(failure, asker);
  const { code, ...sentence } =
    asker.explainRefusal(status, body) ?? explainRejection(failure, asker);
  return new KnownError(code, { ...sentence, quote: quoteBody(body, asker), status, requestId });
}

/** The fields of the log line about a failure after which another attempt follows. */
export function describeRetry(
  failure: Failure,
  next: NextAttempt,
  { attempt }: Tries,
  asker: Asker,
): Record<string, unknown> {
  return {
    path: asker.path,
    reason: describeFailure(failure, asker),
    attempt,
    next: next.action,
    waitMs: next.action === 'renew-token' ? 0 : next.waitMs,
  };
}

/** A failed attempt in a few words. */
function describeFailure(failure: Failure, asker: Asker): string {
  if (failure.kind === 'no-answer')
    return `no complete answer (${failure.code ?? failure.cause.name})`;
  if (failure.kind === 'broken-answer') return `the answer ${failure.fault}`;
  const said = quoteBody(cleanBody(failure, asker), asker);
  return `status ${failure.status}${said === '' ? '' : ` "${said}"`}`;
}

function explainDistrust(code: string | undefined, { origin }: Asker): Refusal {
  return {
    code: 'certificate_untrusted',
    found: `The certificate of ${origin} is not trusted (${code}), so nothing was sent`,
    wayOut: 'check ZENDESK_BASE_URL, or trust its issuer with NODE_EXTRA_CA_CERTS',
  };
}

function explainLimit({ pauses }: Tries, { path }: Asker): Refusal {
  return {
    code: 'rate_limited',
    found: `Zendesk answered 429 to ${path} ${pauses} times in a row, each time after the pause it had asked for`,
  };
}

function explainExhaustion(failure: Failure, { attempt }: Tries, asker: Asker): Refusal {
  const attempts = `${attempt} ${attempt === 1 ? 'attempt' : 'attempts'}`;
  return {
    code: 'no_usable_answer',
    found: `No usable answer from Zendesk to ${asker.path} after ${attempts}; the last one: ${describeFailure(failure, asker)}`,
  };
}

function explainRejection(
  { status, redirectedTo, cursorSent }: Extract<Failure, { kind: 'refusal' }>,
  { origin, path }: Asker,
): Refusal {
  if (status < 400)
    return {
      code: 'redirected',
      found: `${origin} answered ${path} with a redirect to ${redirectedTo ?? 'an unreadable address'} (${status}), which is not followed, because the credentials go to the configured origin only`,
      wayOut: subdomain,
    };
  // The same parameters were accepted with the first page of the span, so the cursor is what is wrong.
  if (status === 400 && cursorSent)
    return {
      code: 'cursor_refused',
      found: `Zendesk does not accept the cursor for ${path} (${status}), so the span has to be read again from its start`,
    };
  return {
    code: 'request_rejected',
    found: `Zendesk rejected the request for ${path} (${status}), and repeating it cannot help`,
  };
}

/** The body with texts that may be shown. */
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
      wayOut: `allow it for the OAuth client (${clients}) and set ZENDESK_OAUTH_SCOPE to it, best to read`,
    };
  }
  if (/administrator privileges|authorization failed/i.test(words))
    return {
      code: 'role_missing',
      found: `only the role ${needs.role} may read it`,
      wayOut: `give that role to ${itsUser}`,
    };
  return { code: needs.code, found: needs.entitlement, wayOut: needs.wayOut };
}

function explainAbsence(body: ErrorBody, { entitlement, wayOut }: Needs): Refusal {
  if (body.code === 'RecordNotFound')
    return { code: 'record_unknown', found: 'Zendesk knows no such record' };
  if (body.code === 'InvalidEndpoint' || body.shape === 'list')
    return {
      code: 'endpoint_unknown',
      found: 'this account does not have the endpoint',
      wayOut: `${entitlement}; ${wayOut}`,
    };
  return {
    code: 'address_unknown',
    found: 'nothing answers there',
    wayOut: `${subdomain}, and know that ${entitlement}; ${wayOut}`,
  };
}

/** Why the credentials are refused (401). */
export const unauthorizedRefusals: Readonly<Record<Credentials['kind'], Refusal>> = {
  'oauth-client': {
    code: 'unauthorized',
    found: 'Zendesk refuses the access token (401), even a newly minted one',
    wayOut: `check that the OAuth client is confidential and that its user is an active admin (${clients})`,
  },
  'oauth-token': {
    code: 'unauthorized',
    found: 'Zendesk refuses ZENDESK_OAUTH_TOKEN (401): it is wrong, expired or revoked',
    wayOut:
      'make a new one, or set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET so that tokens are renewed',
  },
  'api-token': {
    code: 'unauthorized',
    found:
      'Zendesk refuses ZENDESK_USER_EMAIL with ZENDESK_API_TOKEN (401): one is wrong, or the token was deactivated, as Zendesk does after 30 days without use and for good on 2027-04-30',
    wayOut: 'set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET of an OAuth client instead',
  },
};

/** Why no token was minted (4xx of the token endpoint). */
export function explainMintRefusal(status: number, body: ErrorBody, scope: string): Refusal {
  if (body.code === 'invalid_scope')
    return {
      code: 'scope_not_granted',
      found: `Zendesk does not grant the scope ${scope} to the OAuth client (${status})`,
      wayOut: `set ZENDESK_OAUTH_SCOPE to scopes that the client is allowed (${clients})`,
    };
  if (status === 404)
    return {
      code: 'token_endpoint_unknown',
      found: 'No token endpoint answers (404)',
      wayOut: subdomain,
    };
  return {
    code: 'client_refused',
    found: `Zendesk refuses the OAuth client (${status})`,
    wayOut: `check ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET, and that the client is confidential (${clients})`,
  };
}

/** Why a token with too little scope is not used. */
export function explainNarrowScope(requested: string, granted: string, missing: string): Refusal {
  return {
    code: 'scope_not_granted',
    found: `Zendesk granted the scope ${granted || '(none)'} where ${requested} was asked for, so ${missing} is missing`,
    wayOut: `allow it for the OAuth client (${clients}) or change ZENDESK_OAUTH_SCOPE`,
  };
}
