/** What a refused login means, and what to do (contract 6). */
import type { ErrorBody } from './answer.ts';
import type { Refusal } from './refusal.ts';
import type { Credentials } from './secrets.ts';

/** Where OAuth clients are set up. */
export const clients = 'Admin Center > Apps and integrations > APIs > OAuth clients';
/** What to look at when something else answers, as a clause. */
export const subdomain = 'check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL';

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
