import { randomBytes } from 'node:crypto';
import type { AcceptedCredentials, SharedOptions } from '../shared-options.ts';
import type { ShiftedClock } from '../clock.ts';
import { answerJson, OAUTH, type SimulatedAnswer } from './answers.ts';
import type { ApiRequest, Endpoint } from './endpoints.ts';

/** Who a request says it is. */
type Identity =
  | { readonly kind: 'known'; readonly scope: string }
  | { readonly kind: 'nobody' | 'wrong' | 'dead-token' };

/** The access tokens of the account. They live in memory: after a restart of the simulator a client must mint again. */
export type TokenStore = {
  readonly mint: (scope: string, lifetimeSeconds: number) => string;
  /** Every minted token dies at once; the ready token stays. */
  readonly revokeAll: () => void;
  readonly identify: (authorization: string | undefined) => Identity;
};

/** Makes the token store and the check of `Authorization` headers (contract 6.1 and 6.3). */
export function createTokenStore(
  { readyToken, email, apiToken }: AcceptedCredentials,
  clock: ShiftedClock,
): TokenStore {
  const minted = new Map<string, { readonly scope: string; readonly expiresAtMs: number }>();
  const basic = Buffer.from(`${email}/token:${apiToken}`).toString('base64');

  function identifyBearer(token: string): Identity {
    if (readyToken !== '' && token === readyToken) return { kind: 'known', scope: 'read' };
    const known = minted.get(token);
    if (known === undefined || known.expiresAtMs <= clock.now()) return { kind: 'dead-token' };
    return { kind: 'known', scope: known.scope };
  }

  return {
    mint(scope, lifetimeSeconds) {
      const token = randomBytes(32).toString('hex');
      minted.set(token, { scope, expiresAtMs: clock.now() + lifetimeSeconds * 1000 });
      return token;
    },
    revokeAll: () => minted.clear(),
    identify(authorization) {
      if (authorization === undefined) return { kind: 'nobody' };
      const [, scheme, value] = /^(Bearer|Basic) (.+)$/i.exec(authorization) ?? [];
      if (scheme === undefined || value === undefined) return { kind: 'wrong' };
      if (scheme.toLowerCase() === 'bearer') return identifyBearer(value);
      if (apiToken === '' || value !== basic) return { kind: 'wrong' };
      return { kind: 'known', scope: 'read' };
    },
  };
}

/** The refusal of a request whose credentials do not open the endpoint; undefined when they do. */
export function checkCredentials(
  tokens: TokenStore,
  { scopes, service }: Endpoint,
  { authorization }: ApiRequest,
): SimulatedAnswer | undefined {
  if (scopes === 'unchecked') return undefined;
  const identity = tokens.identify(authorization);
  if (identity.kind === 'dead-token') return service.deadToken;
  if (scopes === 'anonymous')
    return identity.kind === 'wrong' ? service.unauthenticated : undefined;
  if (identity.kind !== 'known') return service.unauthenticated;
  const granted = identity.scope.split(' ');
  return scopes.some((scope) => granted.includes(scope)) ? undefined : service.missingScope;
}

const MIN_LIFETIME_SECONDS = 300;
const MAX_LIFETIME_SECONDS = 172_800;
/** Clients created after 2026-04-30 get 30 minutes when they ask for nothing (contract 6.1). */
const DEFAULT_LIFETIME_SECONDS = 1800;

/** `POST /oauth/tokens` with client credentials, as JSON or as a form (contract 6.1). */
export function createTokenEndpoint(options: SharedOptions, tokens: TokenStore): Endpoint {
  return {
    method: 'POST',
    path: /^\/oauth\/tokens$/,
    stream: 'oauth',
    service: OAUTH,
    gate: () => ({}),
    scopes: 'unchecked',
    pageSize: 100,
    answer(request) {
      const grant = readGrant(request, options);
      if ('status' in grant) return grant;
      const { expiresInForm } = options;
      const { scope, seconds } = grant;
      const access_token = tokens.mint(scope, seconds);
      const answer = { access_token, token_type: 'bearer', scope };
      if (expiresInForm === 'absent') return answerJson(201, answer);
      const expires_in = expiresInForm === 'null' ? null : seconds;
      return answerJson(201, { ...answer, expires_in });
    },
  };
}

function readGrant(
  request: ApiRequest,
  { credentials, allowedScopes, grantedScope, tokenLifetimeSeconds }: SharedOptions,
): { readonly scope: string; readonly seconds: number } | SimulatedAnswer {
  const form = readForm(request);
  if (form === undefined)
    return refuse('invalid_request', 'The request body is neither JSON nor a form.');
  if (form['grant_type'] !== 'client_credentials')
    return refuse('unsupported_grant_type', 'The authorization grant type is not supported.');
  const { clientId, clientSecret, confidential } = credentials;
  if (form['client_id'] !== clientId || form['client_secret'] !== clientSecret)
    return OAUTH.unauthenticated;
  if (!confidential)
    return refuse('unauthorized_client', 'The client is not authorized to use this grant type.');
  const lifetime = readLifetime(form['expires_in']);
  if (lifetime === undefined) {
    const bounds = `${MIN_LIFETIME_SECONDS} and ${MAX_LIFETIME_SECONDS}`;
    return refuse('invalid_request', `expires_in must be between ${bounds} seconds.`);
  }
  const { scope: asked } = form;
  if (asked === undefined || asked === '') return refuse('invalid_scope', 'The scope is missing.');
  const isText = typeof asked === 'string';
  if (isText && allowedScopes !== null)
    if (!asked.split(' ').every((name) => allowedScopes.includes(name)))
      return refuse('invalid_scope', 'The requested scope is invalid, unknown, or malformed.');
  // The scope is one string. An array still gets a token, which is then good for nothing.
  const scope = grantedScope ?? (isText ? asked : JSON.stringify(asked));
  return { scope, seconds: tokenLifetimeSeconds ?? lifetime };
}

function refuse(error: string, error_description: string): SimulatedAnswer {
  return answerJson(400, { error, error_description });
}

function readForm({ contentType, body }: ApiRequest): Record<string, unknown> | undefined {
  if (contentType.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(body));
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function readLifetime(value: unknown): number | undefined {
  if (value === undefined || value === null) return DEFAULT_LIFETIME_SECONDS;
  const seconds = typeof value === 'string' ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds)) return undefined;
  return seconds >= MIN_LIFETIME_SECONDS && seconds <= MAX_LIFETIME_SECONDS ? seconds : undefined;
}
