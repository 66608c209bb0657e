/** The Authorization header for each kind of credentials, and the token endpoint (contract 6). */
import { KnownError } from '../errors.ts';
import type { Channel } from './channel.ts';
import { explainMintRefusal, explainNarrowScope } from './login-refusal.ts';
import type { LoginKeeper } from './login-keeper.ts';
import { planRenewal, type AdoptedGrant, type Minting, type Token } from './minting.ts';
import { createRefresher } from './refreshed-login.ts';
import { waitFor } from './retry.ts';
import { encodeBasic } from './secrets.ts';
import { requestGrant, type GrantRequest } from './token-endpoint.ts';

/** What one request logs in with. */
type Login = { readonly header: string; readonly token: Token | undefined };

export type Logins = {
  /**
   * A login that is not the `refused` one, if tokens can be renewed.
   * @throws {KnownError} why there is none
   * @throws the signal's reason
   */
  get(signal: AbortSignal, refused: Token | undefined): Promise<Login>;
  /** Resolves when there is no longer a token request whose answer must not get lost. */
  settle(): Promise<void>;
};

/** What Zendesk granted with a minted token. */
export type GrantFacts = {
  /** Safe to show; undefined if the answer does not say. */
  readonly scope: string | undefined;
  readonly expiresInMs: number;
};

/** The lifetime to request: long enough to mint rarely, short enough that a leaked token matters little. */
const askedLifeSeconds = 7_200;

type LoginOptions = Channel & {
  /** OAuth scope to ask for: names separated by spaces. */
  readonly scope: string;
  /** Is called with each minted token, before its scope is compared with the requested one. */
  readonly onGrant: ((grant: GrantFacts) => void) | undefined;
  /** Where the tokens of a login by refresh token are kept. */
  readonly keeper: LoginKeeper | undefined;
};

/** The logins of one account. */
export function createLogins(options: LoginOptions): Logins {
  const { credentials, keeper, localNow } = options;
  if (credentials.kind === 'oauth-token') return fixedLogin(`Bearer ${credentials.token}`);
  if (credentials.kind === 'api-token')
    return fixedLogin(`Basic ${encodeBasic(credentials.email, credentials.token)}`);
  if (credentials.kind === 'oauth-client')
    return createTokens(options, async (_, adopt) => {
      const askedAtMs = localNow();
      return adopt(await mintGrant(credentials, options), askedAtMs);
    });
  if (keeper === undefined) throw new Error('A login by refresh token needs a place to keep it.');
  return createTokens(options, createRefresher(credentials, keeper, options));
}

function fixedLogin(header: string): Logins {
  return { get: async () => ({ header, token: undefined }), settle: async () => {} };
}

async function mintGrant(
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
  options: LoginOptions,
): Promise<AdoptedGrant> {
  const { scope, closing } = options;
  const json = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope,
    expires_in: askedLifeSeconds,
  };
  const explainRefusal: GrantRequest['explainRefusal'] = (status, body) =>
    status >= 400 ? explainMintRefusal(status, body, scope) : undefined;
  return requestGrant(options, { json, explainRefusal }, (send) => send(closing));
}

/** Tokens that are minted on demand and renewed before they expire, once for all callers that wait. */
function createTokens(options: LoginOptions, mint: Minting): Logins {
  const { account, credentials, localNow, log, onGrant, scope, secrets } = options;
  let current: Token | undefined;
  let minting: Promise<Token> | undefined;
  let warned = false;

  const checkScope = (granted: string | undefined): void => {
    const { missing, surplus } = compareScopes(scope, granted);
    if (missing.length > 0) {
      const shown = secrets.quote(granted ?? '');
      const { code, ...sentence } = explainNarrowScope(
        scope,
        shown,
        missing.join(' '),
        credentials.kind,
      );
      throw new KnownError(code, sentence);
    }
    if (surplus.length === 0 || warned) return;
    warned = true;
    log.warn(
      { account },
      `Zendesk granted more than the requested scope ${scope}: ${secrets.quote(surplus.join(' '))}. Limit the allowed scopes of the OAuth client.`,
    );
  };

  const adopt = (
    { accessToken, expiresInMs, scope: granted }: AdoptedGrant,
    askedAtMs: number,
  ): Token => {
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
      minting = mint(refused, adopt).finally(() => (minting = undefined));
      // Callers that wait get the failure; without this handler it would end the program after all of them have left.
      minting.catch(() => undefined);
    }
    return waitFor(minting, signal);
  };

  return {
    async get(signal, refused) {
      const token = await getToken(signal, refused);
      return { header: `Bearer ${token.text}`, token };
    },
    async settle() {
      await minting?.catch(() => undefined);
    },
  };
}

/**
 * Compares the granted scope with the requested one; a broad name such as `read` includes `users:read`. An answer without a
 * scope grants the requested one.
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
