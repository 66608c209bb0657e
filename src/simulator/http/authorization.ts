/** `GET /oauth/authorizations/new`, where a person allows the client to act for them (contract 6.2). */
import { createHash, randomBytes } from 'node:crypto';
import type { ShiftedClock } from '../clock.ts';
import type { SharedOptions } from '../shared-options.ts';
import { answerHtml, SUPPORT, type SimulatedAnswer } from './answers.ts';
import type { Endpoint } from './endpoints.ts';

/** What a person has allowed, until the client fetches it. */
type Allowed = {
  readonly scope: string;
  readonly redirectUri: string;
  /** The PKCE challenge; undefined if the client began without one. */
  readonly challenge: string | undefined;
  readonly expiresAtMs: number;
};

/** Issues and redeems authorization codes. */
export type AuthorizationDesk = {
  readonly allow: (allowed: Omit<Allowed, 'expiresAtMs'>) => string;
  /**
   * The scope that was allowed; undefined for a code that is unknown, used, expired, or of another client. A client without
   * a secret must have used PKCE.
   */
  readonly redeem: (
    code: string,
    redirectUri: string,
    verifier: unknown,
    hasSecret: boolean,
  ) => string | undefined;
};

const CODE_SECONDS = 120;

/** Makes the authorization codes of an account. */
export function createAuthorizationDesk(clock: ShiftedClock): AuthorizationDesk {
  const codes = new Map<string, Allowed>();
  return {
    allow(allowed) {
      const code = randomBytes(20).toString('hex');
      codes.set(code, { ...allowed, expiresAtMs: clock.now() + CODE_SECONDS * 1000 });
      return code;
    },
    redeem(code, redirectUri, verifier, hasSecret) {
      const allowed = codes.get(code);
      codes.delete(code);
      if (allowed === undefined || allowed.expiresAtMs <= clock.now()) return undefined;
      const { scope, challenge } = allowed;
      if (allowed.redirectUri !== redirectUri) return undefined;
      if (challenge === undefined ? !hasSecret : digest(verifier) !== challenge) return undefined;
      return scope;
    },
  };
}

function digest(verifier: unknown): string | undefined {
  if (typeof verifier !== 'string') return undefined;
  return createHash('sha256').update(verifier).digest('base64url');
}

/**
 * The page on which a person logs in and allows. The simulator asks nobody: opening the page allows at once, or refuses if
 * the options say so. An invalid link is answered with a page, never with a redirect.
 */
export function createAuthorizationEndpoint(
  options: SharedOptions,
  desk: AuthorizationDesk,
): Endpoint {
  return {
    method: 'GET',
    path: /^\/oauth\/authorizations\/new$/,
    stream: 'oauth',
    service: SUPPORT,
    gate: () => ({}),
    scopes: 'unchecked',
    pageSize: 100,
    answer({ query }) {
      const text = (name: string): string => query.get(name) ?? '';
      const redirectUri = text('redirect_uri');
      if (text('client_id') !== options.credentials.clientId) return refusePage('invalid_client');
      if (!isRegistered(redirectUri, options.redirectUrls)) return refusePage('invalid_redirect');
      const state = query.get('state');
      const goBack = (facts: Readonly<Record<string, string>>): SimulatedAnswer =>
        redirect(redirectUri, { ...facts, ...(state === null ? {} : { state }) });
      if (text('response_type') !== 'code') return goBack({ error: 'unsupported_response_type' });
      const scope = text('scope');
      const { allowedScopes } = options;
      const names = scope.split(' ');
      if (
        scope === '' ||
        (allowedScopes !== null && !names.every((n) => allowedScopes.includes(n)))
      )
        return goBack({ error: 'invalid_scope' });
      if (query.has('code_challenge') && text('code_challenge_method') !== 'S256')
        return goBack({ error: 'invalid_request' });
      if (options.consent === 'deny')
        return goBack({
          error: 'access_denied',
          error_description: 'The end-user or authorization server denied the request.',
        });
      const challenge = query.get('code_challenge') ?? undefined;
      return goBack({ code: desk.allow({ scope, redirectUri, challenge }) });
    },
  };
}

/** Absolute, and https unless it is on this machine; one of the client's redirect URLs if the options list them. */
function isRegistered(address: string, registered: readonly string[] | null): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  const isHere = hostname === '127.0.0.1' || hostname === 'localhost';
  if (protocol !== 'https:' && !(protocol === 'http:' && isHere)) return false;
  return registered === null || registered.includes(address);
}

function redirect(address: string, facts: Readonly<Record<string, string>>): SimulatedAnswer {
  const url = new URL(address);
  for (const [name, value] of Object.entries(facts)) url.searchParams.set(name, value);
  return { status: 302, headers: { location: url.href }, body: '' };
}

function refusePage(error: string): SimulatedAnswer {
  return answerHtml(
    400,
    `<!DOCTYPE html>\n<html lang="en"><head><title>Invalid Authorization Request</title></head><body><h1>${error}</h1></body></html>\n`,
  );
}
