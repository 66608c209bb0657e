import { randomBytes } from 'node:crypto';
import type { AcceptedCredentials } from '../shared-options.ts';
import type { ShiftedClock } from '../clock.ts';
import type { SimulatedAnswer } from './answers.ts';
import type { ApiRequest, Endpoint } from './endpoints.ts';

/** The identity that a request claims. */
type Identity =
  | { readonly kind: 'known'; readonly scope: string }
  | { readonly kind: 'nobody' | 'wrong' | 'dead-token' };

/** How long the two tokens of a login live. */
export type Lifetimes = { readonly accessSeconds: number; readonly refreshSeconds: number };

/** The result of a login: an access token and a refresh token, which works once (contract 6.2). */
export type TokenPair = {
  readonly access: string;
  readonly refresh: string;
  readonly scope: string;
};

/** The tokens of the account. They live in memory: after a restart of the simulator a client must log in again. */
export type TokenStore = {
  readonly mint: (scope: string, lifetimeSeconds: number) => string;
  /** The tokens of a new login. */
  readonly issue: (scope: string, lifetimes: Lifetimes) => TokenPair;
  /** The next two tokens of the login; the previous ones become invalid. Undefined for an invalid refresh token. */
  readonly rotate: (refresh: string, lifetimes: Lifetimes) => TokenPair | undefined;
  /** Every minted access token becomes invalid at once; the ready token and refresh tokens stay valid. */
  readonly revokeAll: () => void;
  /** All logins end: their refresh tokens and access tokens become invalid. */
  readonly revokeLogins: () => void;
  readonly identify: (authorization: string | undefined) => Identity;
};

/** Makes the token store and the check of `Authorization` headers (contract 6.1, 6.2, 6.3). */
export function createTokenStore(
  { readyToken, email, apiToken }: AcceptedCredentials,
  clock: ShiftedClock,
): TokenStore {
  const minted = new Map<string, { readonly scope: string; readonly expiresAtMs: number }>();
  const logins = new Map<
    string,
    { readonly access: string; readonly scope: string; readonly expiresAtMs: number }
  >();
  const basic = Buffer.from(`${email}/token:${apiToken}`).toString('base64');

  function identifyBearer(token: string): Identity {
    if (readyToken !== '' && token === readyToken) return { kind: 'known', scope: 'read write' };
    const known = minted.get(token);
    if (known === undefined || known.expiresAtMs <= clock.now()) return { kind: 'dead-token' };
    return { kind: 'known', scope: known.scope };
  }

  function mint(scope: string, lifetimeSeconds: number): string {
    const token = randomBytes(32).toString('hex');
    minted.set(token, { scope, expiresAtMs: clock.now() + lifetimeSeconds * 1000 });
    return token;
  }

  function issue(scope: string, { accessSeconds, refreshSeconds }: Lifetimes): TokenPair {
    const access = mint(scope, accessSeconds);
    const refresh = randomBytes(32).toString('hex');
    logins.set(refresh, { access, scope, expiresAtMs: clock.now() + refreshSeconds * 1000 });
    return { access, refresh, scope };
  }

  return {
    mint,
    issue,
    rotate(refresh, lifetimes) {
      const login = logins.get(refresh);
      if (login === undefined || login.expiresAtMs <= clock.now()) return undefined;
      logins.delete(refresh);
      minted.delete(login.access);
      return issue(login.scope, lifetimes);
    },
    revokeAll: () => minted.clear(),
    revokeLogins() {
      for (const { access } of logins.values()) minted.delete(access);
      logins.clear();
    },
    identify(authorization) {
      if (authorization === undefined) return { kind: 'nobody' };
      const [, scheme, value] = /^(Bearer|Basic) (.+)$/i.exec(authorization) ?? [];
      if (scheme === undefined || value === undefined) return { kind: 'wrong' };
      if (scheme.toLowerCase() === 'bearer') return identifyBearer(value);
      if (apiToken === '' || value !== basic) return { kind: 'wrong' };
      // An API token has no scopes: it may do what its user may (contract 6.3).
      return { kind: 'known', scope: 'read write' };
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
  return scopes.some((scope) => granted.includes(scope))
    ? undefined
    : service.refuseScope(scopes[0] ?? '');
}
