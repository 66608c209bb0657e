import { answerJson, answerUnauthenticated, type Answer } from './answers.ts';
import type { Account, ApiRequest } from './account.ts';

const MIN_LIFETIME_SECONDS = 300;
const MAX_LIFETIME_SECONDS = 172_800;
/** Clients created after 2026-04-30 get 30 minutes when they ask for nothing (contract 6.1). */
const DEFAULT_LIFETIME_SECONDS = 1800;

/** `POST /oauth/tokens` with client credentials, as JSON or as a form (contract 6.1). */
export function mintToken(account: Account, request: ApiRequest): Answer {
  const { credentials, allowedScopes, grantedScope, tokenLifetimeSeconds, expiresInForm } =
    account.options;
  const form = readForm(request);
  if (form === undefined)
    return refuse('invalid_request', 'The request body is neither JSON nor a form.');
  if (form['grant_type'] !== 'client_credentials')
    return refuse('unsupported_grant_type', 'The authorization grant type is not supported.');
  if (
    form['client_id'] !== credentials.clientId ||
    form['client_secret'] !== credentials.clientSecret
  )
    return answerUnauthenticated('oauth');
  if (!credentials.confidential)
    return refuse('unauthorized_client', 'The client is not authorized to use this grant type.');
  const lifetime = readLifetime(form['expires_in']);
  if (lifetime === undefined) {
    const bounds = `${MIN_LIFETIME_SECONDS} and ${MAX_LIFETIME_SECONDS}`;
    return refuse('invalid_request', `expires_in must be between ${bounds} seconds.`);
  }
  const { scope: asked } = form;
  if (asked === undefined || asked === '') return refuse('invalid_scope', 'The scope is missing.');
  // The scope is one string. An array still gets a token, which is then good for nothing.
  const scope = typeof asked === 'string' ? asked : JSON.stringify(asked);
  const names = scope.split(' ');
  if (
    typeof asked === 'string' &&
    allowedScopes !== null &&
    !names.every((name) => allowedScopes.includes(name))
  )
    return refuse('invalid_scope', 'The requested scope is invalid, unknown, or malformed.');
  const granted = grantedScope ?? scope;
  const seconds = tokenLifetimeSeconds ?? lifetime;
  const token = account.tokens.mint(granted, seconds);
  const answer = { access_token: token, token_type: 'bearer', scope: granted };
  if (expiresInForm === 'absent') return answerJson(201, answer);
  return answerJson(201, { ...answer, expires_in: expiresInForm === 'null' ? null : seconds });
}

function refuse(error: string, description: string): Answer {
  return answerJson(400, { error, error_description: description });
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
