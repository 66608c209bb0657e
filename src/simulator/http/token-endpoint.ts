/** `POST /oauth/tokens`: client credentials (contract 6.1), authorization codes and refresh tokens (contract 6.2). */
import type { SharedOptions } from '../shared-options.ts';
import { answerJson, OAUTH, type SimulatedAnswer } from './answers.ts';
import type { Lifetimes, TokenPair, TokenStore } from './authentication.ts';
import type { AuthorizationDesk } from './authorization.ts';
import type { ApiRequest, Endpoint } from './endpoints.ts';

const MIN_LIFETIME_SECONDS = 300;
const MAX_LIFETIME_SECONDS = 172_800;
/** Clients created after 2026-04-30 get 30 minutes if they request no lifetime (contract 6.1). */
const DEFAULT_LIFETIME_SECONDS = 1800;
const MIN_REFRESH_SECONDS = 604_800;
const MAX_REFRESH_SECONDS = 7_776_000;
const DEFAULT_REFRESH_SECONDS = 2_592_000;

type Form = Readonly<Record<string, unknown>>;

/** Makes the endpoint. A request may come as JSON or as a form. */
export function createTokenEndpoint(
  options: SharedOptions,
  tokens: TokenStore,
  desk: AuthorizationDesk,
): Endpoint {
  return {
    method: 'POST',
    path: /^\/oauth\/tokens$/,
    stream: 'oauth',
    service: OAUTH,
    gate: () => ({}),
    scopes: 'unchecked',
    pageSize: 100,
    answer(request) {
      const form = readForm(request);
      if (form === undefined)
        return refuse('invalid_request', 'The request body is neither JSON nor a form.');
      switch (form['grant_type']) {
        case 'client_credentials':
          return grantToClient(form, options, tokens);
        case 'authorization_code':
          return grantForCode(form, options, tokens, desk);
        case 'refresh_token':
          return grantForRefresh(form, options, tokens);
        default:
          return refuse('unsupported_grant_type', 'The authorization grant type is not supported.');
      }
    },
  };
}

function grantToClient(form: Form, options: SharedOptions, tokens: TokenStore): SimulatedAnswer {
  const { credentials, allowedScopes, grantedScope, tokenLifetimeSeconds } = options;
  if (!hasSecret(form, options)) return OAUTH.unauthenticated;
  if (!credentials.confidential)
    return refuse('unauthorized_client', 'The client is not authorized to use this grant type.');
  const lifetime = readLifetime(form['expires_in']);
  if (lifetime === undefined) return refuseLifetime();
  const { scope: asked } = form;
  if (asked === undefined || asked === '') return refuse('invalid_scope', 'The scope is missing.');
  const isText = typeof asked === 'string';
  if (isText && allowedScopes !== null)
    if (!asked.split(' ').every((name) => allowedScopes.includes(name)))
      return refuse('invalid_scope', 'The requested scope is invalid, unknown, or malformed.');
  // The scope is one string. An array still gets a token, but a useless one.
  const scope = grantedScope ?? (isText ? asked : JSON.stringify(asked));
  const seconds = tokenLifetimeSeconds ?? lifetime;
  const answer = { access_token: tokens.mint(scope, seconds), token_type: 'bearer', scope };
  return answerJson(201, { ...answer, ...tellLife(seconds, options) });
}

/** A confidential client sends its secret, a public one proves with PKCE that it began the login (contract 6.2). */
function grantForCode(
  form: Form,
  options: SharedOptions,
  tokens: TokenStore,
  desk: AuthorizationDesk,
): SimulatedAnswer {
  const { confidential, clientId } = options.credentials;
  if (confidential ? !hasSecret(form, options) : form['client_id'] !== clientId)
    return OAUTH.unauthenticated;
  const lifetimes = readLifetimes(form, options);
  if (lifetimes === undefined) return refuseLifetime();
  const { code, redirect_uri: redirectUri, code_verifier: verifier } = form;
  const scope = desk.redeem(String(code), String(redirectUri), verifier, confidential);
  if (scope === undefined) return OAUTH_REFUSED_GRANT;
  const pair = tokens.issue(options.grantedScope ?? scope, lifetimes);
  // If the access token does not expire, there is nothing to refresh (contract 6.2).
  if (form['expires_in'] === undefined && options.isOldClient)
    return answerJson(201, {
      access_token: pair.access,
      token_type: 'bearer',
      scope: pair.scope,
    });
  return tellPair(pair, lifetimes, options);
}

function grantForRefresh(form: Form, options: SharedOptions, tokens: TokenStore): SimulatedAnswer {
  const { confidential, clientId } = options.credentials;
  if (confidential ? !hasSecret(form, options) : form['client_id'] !== clientId)
    return OAUTH.unauthenticated;
  const lifetimes = readLifetimes(form, options);
  if (lifetimes === undefined) return refuseLifetime();
  const pair = tokens.rotate(String(form['refresh_token']), lifetimes);
  return pair === undefined ? OAUTH_REFUSED_GRANT : tellPair(pair, lifetimes, options);
}

/** 400 for a code or a refresh token that expired, was revoked or was used before (contract 6.2). */
const OAUTH_REFUSED_GRANT = refuse(
  'invalid_grant',
  'The provided access grant is invalid, expired, or revoked (e.g. invalid assertion, expired authorization token, bad end-user password credentials, or mismatching authorization code and redirection URI).',
);

function hasSecret(form: Form, { credentials }: SharedOptions): boolean {
  const { clientId, clientSecret } = credentials;
  return form['client_id'] === clientId && form['client_secret'] === clientSecret;
}

function tellPair(pair: TokenPair, lifetimes: Lifetimes, options: SharedOptions): SimulatedAnswer {
  return answerJson(201, {
    access_token: pair.access,
    refresh_token: pair.refresh,
    token_type: 'bearer',
    scope: pair.scope,
    ...tellLife(lifetimes.accessSeconds, options),
    refresh_token_expires_in: lifetimes.refreshSeconds,
  });
}

function tellLife(seconds: number, { expiresInForm }: SharedOptions): object {
  if (expiresInForm === 'absent') return {};
  return { expires_in: expiresInForm === 'null' ? null : seconds };
}

function refuse(error: string, error_description: string): SimulatedAnswer {
  return answerJson(400, { error, error_description });
}

function refuseLifetime(): SimulatedAnswer {
  const access = `${MIN_LIFETIME_SECONDS} and ${MAX_LIFETIME_SECONDS}`;
  const refresh = `${MIN_REFRESH_SECONDS} and ${MAX_REFRESH_SECONDS}`;
  return refuse(
    'invalid_request',
    `expires_in must be between ${access} seconds, refresh_token_expires_in between ${refresh}.`,
  );
}

function readForm({ contentType, body }: ApiRequest): Form | undefined {
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
  const seconds = readSeconds(value, DEFAULT_LIFETIME_SECONDS);
  return seconds >= MIN_LIFETIME_SECONDS && seconds <= MAX_LIFETIME_SECONDS ? seconds : undefined;
}

/** According to the reference, the bounds of both are exclusive. */
function readLifetimes(form: Form, options: SharedOptions): Lifetimes | undefined {
  const accessSeconds = readLifetime(form['expires_in']);
  const refreshSeconds = readSeconds(form['refresh_token_expires_in'], DEFAULT_REFRESH_SECONDS);
  const isWithin = refreshSeconds > MIN_REFRESH_SECONDS && refreshSeconds < MAX_REFRESH_SECONDS;
  if (accessSeconds === undefined || !isWithin) return undefined;
  return {
    accessSeconds: options.tokenLifetimeSeconds ?? accessSeconds,
    refreshSeconds: options.refreshLifetimeSeconds ?? refreshSeconds,
  };
}

/** NaN if it is not a whole number. */
function readSeconds(value: unknown, usual: number): number {
  if (value === undefined || value === null) return usual;
  const seconds = typeof value === 'string' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isInteger(seconds) ? seconds : Number.NaN;
}
