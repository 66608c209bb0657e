/** What a refused login means, and what to do (contract 6). */
import type { ErrorBody } from './answer.ts';
import type { Refusal } from './asker.ts';
import type { Credentials } from './secrets.ts';

/** Where OAuth clients are set up. */
export const clients = 'Admin Center > Apps and integrations > APIs > OAuth clients';
/** What to check when something else answers, as a clause. */
export const subdomain = 'check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL';

/** What to do when only a person can fix it. */
const logInAgain = 'then log in again with the command "login"';

/** Why the credentials are refused (401). */
export const unauthorizedRefusals: Readonly<Record<Credentials['kind'], Refusal>> = {
  'oauth-client': {
    code: 'unauthorized',
    found: 'Zendesk refuses the access token (401), even a new one',
    wayOut: `check that the OAuth client is confidential and that its user is an active admin (${clients})`,
  },
  'oauth-refresh': {
    code: 'unauthorized',
    found: 'Zendesk refuses the access token (401), even a newly refreshed one',
    wayOut: `check that whoever logged in is still an active admin, and that the OAuth client is not limited (${clients}); ${logInAgain}`,
  },
  'oauth-token': {
    code: 'unauthorized',
    found: 'Zendesk refuses ZENDESK_OAUTH_TOKEN (401): it is wrong, expired or revoked',
    wayOut:
      'create a new one, or set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET so that tokens are renewed automatically',
  },
  'api-token': {
    code: 'unauthorized',
    found:
      'Zendesk refuses ZENDESK_USER_EMAIL with ZENDESK_API_TOKEN (401): one is wrong, or the token was deactivated (Zendesk does this after 30 days without use, and permanently on 2027-04-30)',
    wayOut: 'set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET of an OAuth client instead',
  },
};

/** Why no token was minted (4xx of the token endpoint). */
export function explainMintRefusal(status: number, body: ErrorBody, scope: string): Refusal {
  if (body.code === 'invalid_scope')
    return {
      code: 'scope_not_granted',
      found: `Zendesk does not grant the scope ${scope} to the OAuth client (${status})`,
      wayOut: `set ZENDESK_OAUTH_SCOPE to scopes that are allowed for the client (${clients})`,
    };
  if (status === 404)
    return {
      code: 'token_endpoint_unknown',
      found: 'There is no token endpoint (404)',
      wayOut: subdomain,
    };
  return {
    code: 'client_refused',
    found: `Zendesk refuses the OAuth client (${status})`,
    wayOut: `check ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET, and that the client is confidential (${clients})`,
  };
}

/** Why a token with too narrow a scope is not used. A login keeps the scope that it began with. */
export function explainNarrowScope(
  requested: string,
  granted: string,
  missing: string,
  kind: Credentials['kind'],
): Refusal {
  return {
    code: 'scope_not_granted',
    found: `Zendesk granted the scope ${granted || '(none)'} instead of ${requested}, so ${missing} is missing`,
    wayOut: `allow it for the OAuth client (${clients}) or change ZENDESK_OAUTH_SCOPE${kind === 'oauth-refresh' ? `; ${logInAgain}` : ''}`,
  };
}

/** What to do when there is no login. */
export const loginWayOut = 'log in with the command "login"';

/**
 * What it means that a refresh token is no longer valid. `isUnsure`: it was sent before without an answer, and that answer
 * had the next token.
 */
export function explainDeadToken(isUnsure: boolean): Refusal {
  const found = isUnsure
    ? 'Zendesk refuses the refresh token: it works only once, and the answer to its first use was lost, because a connection broke or a process was killed'
    : 'Zendesk refuses the refresh token: it has expired, was revoked, or was used somewhere else';
  return { code: 'login_needed', found, wayOut: loginWayOut };
}

/** Why a code or a refresh token brought no tokens (4xx of the token endpoint, contract 6.2). */
export function explainExchangeRefusal(
  status: number,
  body: ErrorBody,
  scope: string,
  refusedGrant: Refusal,
): Refusal | undefined {
  if (status < 400) return undefined;
  return body.code === 'invalid_grant' ? refusedGrant : explainMintRefusal(status, body, scope);
}
