/** Access tokens by OAuth client credentials (contract 6.1): minted on demand, renewed before they expire, once for all who wait. */
import { KnownError } from '../errors.ts';
import { waitFor } from './attempts.ts';
import { isObject } from './paging.ts';
import { explainNarrowScope } from './refusal.ts';

/** One minted token. Two tokens are told apart by identity, as the server may issue the same text again. */
export type Token = { text: string; renewAtMs: number };

/** What the token endpoint answered, as far as it matters. */
export type Grant = { accessToken: string; scope: string | undefined; expiresInMs: number };

const renewEarlyMs = 60_000;
/** Assumed when the answer does not say: the shortest default of Zendesk. */
const usualLifeMs = 30 * 60_000;

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

export type Tokens = {
  /**
   * A token that is not about to expire and is not the `refused` one. However many ask, one token is minted.
   * @throws {KnownError} `scope_not_granted`, or what `mint` throws
   */
  get(signal: AbortSignal, refused: Token | undefined): Promise<Token>;
};

/** Keeps the current token. `mint` asks the token endpoint and is not ended by the abort of one of those who wait for it. */
export function createTokens(options: {
  scope: string;
  mint: () => Promise<Grant>;
  localNow: () => number;
  /** Makes a text of the server fit to be shown. */
  quote: (text: string) => string;
  warn: (message: string) => void;
}): Tokens {
  let current: Token | undefined;
  let minting: Promise<Token> | undefined;
  let warned = false;

  const checkScope = (granted: string | undefined): void => {
    const { missing, surplus } = compareScopes(options.scope, granted);
    if (missing.length > 0) {
      const { code, ...sentence } = explainNarrowScope(
        options.scope,
        options.quote(granted ?? ''),
        missing.join(' '),
      );
      throw new KnownError(code, sentence);
    }
    if (surplus.length === 0 || warned) return;
    warned = true;
    options.warn(
      `Zendesk granted more than the scope ${options.scope} that was asked for: ${options.quote(surplus.join(' '))}; limit the scopes that the OAuth client is allowed.`,
    );
  };

  const mintToken = async (): Promise<Token> => {
    const askedAtMs = options.localNow();
    const grant = await options.mint();
    checkScope(grant.scope);
    current = {
      text: grant.accessToken,
      renewAtMs: planRenewal(askedAtMs, grant.expiresInMs),
    };
    return current;
  };

  return {
    async get(signal, refused) {
      if (current !== undefined && current !== refused && options.localNow() < current.renewAtMs)
        return current;
      if (minting === undefined) {
        minting = mintToken().finally(() => (minting = undefined));
        // Those who wait hear of a failure; without this one it would end the program when all of them have left.
        minting.catch(() => undefined);
      }
      return waitFor(minting, signal);
    },
  };
}
