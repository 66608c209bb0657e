/**
 * A person allows this program to act for them (contract 6.2): the link they open, the answer, and the exchange for tokens.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { KnownError } from '../errors.ts';
import type { Proxy } from '../proxy.ts';
import { createHttp } from './http.ts';
import type { Log } from './channel.ts';
import type { TokenPair } from './login-keeper.ts';
import { explainExchangeRefusal, explainNarrowScope } from './login-refusal.ts';
import { compareScopes } from './login.ts';
import { createReach } from './reach.ts';
import { usualPolicy } from './retry.ts';
import { createSecrets, type RefreshCredentials, type Secrets } from './secrets.ts';
import {
  askedLives,
  requestGrant,
  toPair,
  type Grant,
  type GrantRequest,
} from './token-endpoint.ts';

/** One try to log in. `state` and `verifier` prove that an answer belongs to it, and that we began it. */
export type Authorization = {
  /** What the person opens. */
  readonly link: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly verifier: string;
};

/** Where to log in, as whom. */
type Place = {
  readonly account: string;
  readonly origin: string;
  readonly credentials: RefreshCredentials;
  readonly scope: string;
  readonly proxy: Proxy | undefined;
};

const authorizePath = '/oauth/authorizations/new';
const randomLength = 32;
const timeoutMs = 60_000;

/** Begins a try. */
export function beginAuthorization(
  { origin, credentials, scope }: Pick<Place, 'origin' | 'credentials' | 'scope'>,
  redirectUri: string,
): Authorization {
  const [state, verifier] = [randomBytes(randomLength), randomBytes(randomLength)].map((bytes) =>
    bytes.toString('base64url'),
  ) as [string, string];
  const link = new URL(authorizePath, origin);
  link.search = new URLSearchParams({
    response_type: 'code',
    client_id: credentials.clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  return { link: link.href, redirectUri, state, verifier };
}

/** The answer: a code; the reason why there is none; or something unrelated. */
export type Callback =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'foreign'; readonly reason: string };

/**
 * Reads the address to which the browser was sent back, or only the code that somebody has copied from it. An address must
 * have the state of this try; a code works only with the verifier of this try.
 */
export function readCallback(text: string, { state }: Pick<Authorization, 'state'>): Callback {
  const trimmed = text.trim();
  if (/^[\w.~+/=-]{8,512}$/.test(trimmed) && !trimmed.includes('://'))
    return { kind: 'code', code: trimmed };
  if (!URL.canParse(trimmed))
    return { kind: 'foreign', reason: 'it is neither the address of a page nor a code' };
  const { searchParams } = new URL(trimmed);
  if (!isEqual(searchParams.get('state') ?? '', state))
    return { kind: 'foreign', reason: 'its state is not that of this login' };
  const error = searchParams.get('error');
  if (error !== null) return { kind: 'refused', reason: error };
  const code = searchParams.get('code') ?? '';
  return code === '' ? { kind: 'foreign', reason: 'it has no code' } : { kind: 'code', code };
}

function isEqual(text: string, expected: string): boolean {
  return timingSafeEqual(digest(text), digest(expected));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Exchanges a code for the tokens of the login.
 *
 * @throws {KnownError} why there are none
 */
export async function exchangeCode(
  { account, origin, credentials, scope, proxy }: Place,
  { redirectUri, verifier }: Authorization,
  code: string,
  log: Log,
  closing: AbortSignal,
): Promise<TokenPair> {
  const { clientId, clientSecret } = credentials;
  const secrets = createSecrets(credentials, proxy);
  secrets.remember(code);
  secrets.remember(verifier);
  const localNow = Date.now;
  const largestBytes = Infinity;
  const http = createHttp({ origin, proxy, timeoutMs, largestBytes, localNow, secrets });
  const json = {
    grant_type: 'authorization_code',
    code,
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uri: redirectUri,
    scope,
    code_verifier: verifier,
    ...askedLives,
  };
  const explainRefusal: GrantRequest['explainRefusal'] = (status, body) =>
    explainExchangeRefusal(status, body, scope, {
      code: 'authorization_failed',
      found: 'Zendesk does not take the code: it is good for two minutes, and once',
      wayOut: 'begin again with the command "login"',
    });
  try {
    const grant = await requestGrant(
      {
        account,
        origin,
        credentials,
        http,
        localNow,
        log,
        secrets,
        closing,
        observe: () => {},
        reach: createReach(),
        retryBaseMs: usualPolicy.baseMs,
      },
      { json, explainRefusal },
      (send) => send(closing),
    );
    return checkPair(grant, scope, secrets);
  } finally {
    http.close();
  }
}

function checkPair(grant: Grant, scope: string, secrets: Secrets): TokenPair {
  const { missing } = compareScopes(scope, grant.scope);
  if (missing.length > 0) {
    const shown = secrets.quote(grant.scope ?? '');
    const { code, ...sentence } = explainNarrowScope(
      scope,
      shown,
      missing.join(' '),
      'oauth-refresh',
    );
    throw new KnownError(code, sentence);
  }
  if (grant.refreshToken === undefined)
    throw new KnownError('authorization_failed', {
      found: 'Zendesk gave an access token without a refresh token, so the login would soon end',
      wayOut: 'make a new OAuth client: old ones have tokens without an end',
    });
  return toPair(grant, grant.refreshToken);
}
