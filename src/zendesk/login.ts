/** The Authorization header for each kind of credentials, and the token endpoint (contract 6). */
import { KnownError } from '../errors.ts';
import { readAnswer, refuseAnswer, type Answer } from './answer.ts';
import type { Http } from './http.ts';
import { isObject } from './paging.ts';
import { explainMintRefusal, explainNarrowScope } from './login-refusal.ts';
import { describeRetry, explainFailure, type Asker } from './refusal.ts';
import { runAttempts, usualPolicy, wait, waitFor } from './retry.ts';
import { encodeBasic, type Credentials, type Secrets } from './secrets.ts';

/** One minted token. Two tokens are told apart by identity, as the server may issue the same text again. */
export type Token = { readonly text: string; readonly renewAtMs: number };

/** What one request logs in with. */
type Login = { readonly header: string; readonly token: Token | undefined };

export type Logins = {
  /**
   * A login that is not the `refused` one where tokens can be renewed.
   * @throws {KnownError} why there is none
   * @throws the signal's reason
   */
  get(signal: AbortSignal, refused: Token | undefined): Promise<Login>;
};

/** What Zendesk granted with a minted token. */
export type GrantFacts = {
  /** Fit to be shown; undefined where the answer does not say. */
  readonly scope: string | undefined;
  readonly expiresInMs: number;
};

/** What the token endpoint answered, as far as it matters. */
type Grant = {
  readonly accessToken: string;
  readonly scope: string | undefined;
  readonly expiresInMs: number;
};

const tokenPath = '/oauth/tokens';
const largestGrantBytes = 1024 * 1024;
/** The life to ask for: long enough to be minted rarely, short enough to matter little when it leaks. */
const askedLifeSeconds = 7_200;
const renewEarlyMs = 60_000;
/** Assumed when the answer does not say: the shortest default of Zendesk. */
const usualLifeMs = 30 * 60_000;

/** The part of a pino logger that is used here. */
export type Log = {
  warn(details: Record<string, unknown>, message: string): void;
};

/** What logins and requests to one account share. */
export type Channel = {
  /** The account key, for log lines. */
  readonly account: string;
  readonly origin: string;
  readonly credentials: Credentials;
  /** Learns of Zendesk's clock from an answer. */
  readonly observe: (answer: Answer) => void;
  readonly http: Http;
  readonly localNow: () => number;
  readonly log: Log;
  /** The first back-off after a failure. */
  readonly retryBaseMs: number;
  readonly secrets: Secrets;
  /** Aborted when the connection is closed. */
  readonly closing: AbortSignal;
};

type LoginOptions = Channel & {
  /** OAuth scope to ask for: names separated by spaces. */
  readonly scope: string;
  /** Is called with each minted token, before its scope is compared with what was asked for. */
  readonly onGrant: ((grant: GrantFacts) => void) | undefined;
};

/** The logins of one account. */
export function createLogins(options: LoginOptions): Logins {
  const { credentials } = options;
  if (credentials.kind === 'oauth-token') return fixedLogin(`Bearer ${credentials.token}`);
  if (credentials.kind === 'api-token')
    return fixedLogin(`Basic ${encodeBasic(credentials.email, credentials.token)}`);
  return createTokens(options, () => mintGrant(credentials, options));
}

function fixedLogin(header: string): Logins {
  return { get: async () => ({ header, token: undefined }) };
}

/** Tokens that are minted on demand, renewed before they expire, once for all who wait. */
function createTokens(options: LoginOptions, mint: () => Promise<Grant>): Logins {
  const { account, localNow, log, onGrant, scope, secrets } = options;
  let current: Token | undefined;
  let minting: Promise<Token> | undefined;
  let warned = false;

  const checkScope = (granted: string | undefined): void => {
    const { missing, surplus } = compareScopes(scope, granted);
    if (missing.length > 0) {
      const shown = secrets.quote(granted ?? '');
      const { code, ...sentence } = explainNarrowScope(scope, shown, missing.join(' '));
      throw new KnownError(code, sentence);
    }
    if (surplus.length === 0 || warned) return;
    warned = true;
    log.warn(
      { account },
      `Zendesk granted more than the scope ${scope} that was asked for: ${secrets.quote(surplus.join(' '))}; limit the scopes that the OAuth client is allowed.`,
    );
  };

  const mintToken = async (): Promise<Token> => {
    const askedAtMs = localNow();
    const { accessToken, expiresInMs, scope: granted } = await mint();
    secrets.remember(accessToken);
    onGrant?.({ scope: granted === undefined ? undefined : secrets.quote(granted), expiresInMs });
    checkScope(granted);
    current = { text: accessToken, renewAtMs: planRenewal(askedAtMs, expiresInMs) };
    return current;
  };

  const getToken = async (signal: AbortSignal, refused: Token | undefined): Promise<Token> => {
    if (current !== undefined && current !== refused && localNow() < current.renewAtMs)
      return current;
    if (minting === undefined) {
      minting = mintToken().finally(() => (minting = undefined));
      // Those who wait are told of a failure; without this one it would end the program when all of them have left.
      minting.catch(() => undefined);
    }
    return waitFor(minting, signal);
  };

  return {
    async get(signal, refused) {
      const token = await getToken(signal, refused);
      return { header: `Bearer ${token.text}`, token };
    },
  };
}

/** Asks the token endpoint; not counted by the budget, as it is outside of the limited groups. */
async function mintGrant(
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
  { account, origin, scope, http, observe, secrets, log, ...options }: LoginOptions,
): Promise<Grant> {
  const { closing, localNow, retryBaseMs } = options;
  const asker: Asker = {
    path: tokenPath,
    origin,
    privateTexts: [],
    secrets,
    explainRefusal: (status, body) =>
      status >= 400 ? explainMintRefusal(status, body, scope) : undefined,
  };
  const json = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope,
    expires_in: askedLifeSeconds,
  };
  const attempt = async (): Promise<Grant> => {
    const request = {
      method: 'POST',
      path: tokenPath,
      json,
      largestBytes: largestGrantBytes,
    } as const;
    const answer = await http.send(request, closing);
    observe(answer);
    const grant = readGrant(readAnswer(answer, { cursorSent: false, origin, localNow }));
    if (grant === undefined) throw refuseAnswer(answer, 'has no token');
    return grant;
  };
  return runAttempts(attempt, {
    policy: { ...usualPolicy, baseMs: retryBaseMs, renewableToken: false },
    signal: closing,
    pause: (waitMs) => wait(waitMs, closing),
    onRetry(failure, next, tries) {
      const details = { account, ...describeRetry(failure, next, tries, asker, localNow()) };
      log.warn(details, 'no access token from Zendesk yet, trying again');
    },
    explain: (failure, tries) => explainFailure(failure, tries, asker),
  });
}

/** Reads the answer of the token endpoint; undefined when it holds no usable token. */
export function readGrant(json: unknown): Grant | undefined {
  if (!isObject(json)) return undefined;
  const { access_token: accessToken, scope, expires_in: expiresIn } = json;
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]+$/.test(accessToken)) return undefined;
  const seconds = Number(expiresIn ?? Number.NaN);
  return {
    accessToken,
    scope: typeof scope === 'string' ? scope : undefined,
    expiresInMs: seconds > 0 ? seconds * 1000 : usualLifeMs,
  };
}

/**
 * Compares the granted scope with the requested one; a broad name such as `read` includes `users:read`. An answer without a
 * scope grants what was asked for.
 */
export function compareScopes(
  requested: string,
  granted: string | undefined,
): { missing: string[]; surplus: string[] } {
  const wanted = requested.split(' ').filter((name) => name !== '');
  const got = granted?.split(/[\s,]+/).filter((name) => name !== '') ?? wanted;
  return {
    missing: wanted.filter(
      (name) => !got.includes(name) && !got.includes(name.split(':')[1] ?? name),
    ),
    surplus: got.filter((name) => !wanted.includes(name)),
  };
}

/** When to renew a token minted at `mintedAtMs`: 60 s before its end, or at half of a very short life. */
export function planRenewal(mintedAtMs: number, expiresInMs: number): number {
  return mintedAtMs + Math.max(expiresInMs - renewEarlyMs, expiresInMs / 2);
}
