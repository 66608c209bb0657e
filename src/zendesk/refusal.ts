/** What it means when Zendesk refuses: its code, what is missing and what to do (contract 0.5, 4.4, 6, Q12, Q13). */
import type { ErrorCode, ErrorFacts } from '../errors.ts';
import type { Credentials } from './credentials.ts';
import type { ErrorBody } from './error-body.ts';

/** The code of a refusal, and its sentence without Zendesk's own words. */
export type Refusal = Pick<ErrorFacts, 'subject' | 'found' | 'wayOut'> & {
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
