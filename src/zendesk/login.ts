/** The Authorization header for each kind of credentials, and the token endpoint. */
import type { Clock } from './clock.ts';
import { runAttempts, wait } from './attempts.ts';
import { explainFailure, listRetryDetails, type Asker } from './explanation.ts';
import { AttemptError } from './failure.ts';
import { readAnswer } from './answer.ts';
import type { Http } from './http.ts';
import type { ZendeskOptions } from './interface.ts';
import { createTokens, readGrant, type Grant, type Token } from './oauth.ts';
import { explainMintRefusal } from './refusal.ts';
import { usualPolicy } from './retry.ts';
import { encodeBasic, type Secrets } from './secrets.ts';

/** What one request logs in with. */
export type Login = { header: string; token: Token | undefined };

export type Logins = {
  /** A login that is not the `refused` one where tokens can be renewed. */
  get(signal: AbortSignal, refused: Token | undefined): Promise<Login>;
};

const tokenPath = '/oauth/tokens';
/** The life to ask for: long enough to be minted rarely, short enough to matter little when it leaks. */
const askedLifeSeconds = 7_200;

type Surroundings = {
  options: ZendeskOptions;
  http: Http;
  clock: Clock;
  secrets: Secrets;
  localNow: () => number;
  /** Ends a running mint when the client is closed. */
  closing: AbortSignal;
};

/** The logins of one account. */
export function createLogins(surroundings: Surroundings): Logins {
  const { account, credentials, log, onGrant, scope } = surroundings.options;
  const { secrets } = surroundings;
  if (credentials.kind === 'oauth-token') return fixedLogin(`Bearer ${credentials.token}`);
  if (credentials.kind === 'api-token')
    return fixedLogin(`Basic ${encodeBasic(credentials.email, credentials.token)}`);
  const tokens = createTokens({
    scope,
    async mint() {
      const grant = await mintGrant(credentials, surroundings);
      secrets.remember(grant.accessToken);
      onGrant?.({
        scope: grant.scope === undefined ? undefined : secrets.quote(grant.scope),
        expiresInMs: grant.expiresInMs,
      });
      return grant;
    },
    localNow: surroundings.localNow,
    quote: (text) => secrets.quote(text),
    warn: (message) => log.warn({ account }, message),
  });
  return {
    async get(signal, refused) {
      const token = await tokens.get(signal, refused);
      return { header: `Bearer ${token.text}`, token };
    },
  };
}

function fixedLogin(header: string): Logins {
  return { get: async () => ({ header, token: undefined }) };
}

/** Asks the token endpoint; not counted by the budget, as it is outside of the limited groups. */
async function mintGrant(
  credentials: { clientId: string; clientSecret: string },
  { options, http, clock, secrets, localNow, closing }: Surroundings,
): Promise<Grant> {
  const asker: Asker = {
    account: options.account,
    path: tokenPath,
    origin: options.origin,
    privateTexts: [],
    secrets,
    explainRefusal: ({ status, body }) =>
      status >= 400 ? explainMintRefusal(status, body, options.scope) : undefined,
  };
  const attempt = async (): Promise<Grant> => {
    const json = {
      grant_type: 'client_credentials',
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
      scope: options.scope,
      expires_in: askedLifeSeconds,
    };
    const request = { path: tokenPath, query: new URLSearchParams(), headers: {}, json };
    const answer = await http.send(request, closing);
    clock.observe({ ...answer, date: answer.headers.date });
    const grant = readGrant(
      readAnswer(answer, { cursorSent: false, origin: options.origin, localNow }),
    );
    if (grant !== undefined) return grant;
    const { status, requestId } = answer;
    throw new AttemptError({ kind: 'broken-answer', status, requestId, fault: 'has no token' });
  };
  return runAttempts(attempt, {
    policy: {
      ...usualPolicy,
      baseMs: options.retryBaseMs ?? usualPolicy.baseMs,
      renewableToken: false,
    },
    signal: closing,
    pause: (waitMs) => wait(waitMs, closing),
    onRetry(failure, decision, tries) {
      const details = listRetryDetails(failure, decision, tries, asker);
      options.log.warn(details, 'no access token from Zendesk yet, trying again');
    },
    explain: (failure, kind, tries) => explainFailure(failure, kind, tries, asker),
  });
}
