/** `POST /oauth/tokens` (contract 6): the request, and what the answer grants. */
import { readAnswer, refuseAnswer } from './answer.ts';
import type { Channel } from './channel.ts';
import type { TokenPair } from './login-keeper.ts';
import { isObject } from './paging.ts';
import { describeRetry, explainFailure } from './refusal.ts';
import type { Asker } from './asker.ts';
import { runAttempts, usualPolicy, wait } from './retry.ts';

/** The parts of the token endpoint's answer that matter. */
export type Grant = {
  readonly accessToken: string;
  readonly scope: string | undefined;
  readonly expiresInMs: number;
  /** The refresh token, if the grant has one. */
  readonly refreshToken: string | undefined;
  /** Undefined where the answer does not say. */
  readonly refreshExpiresInMs: number | undefined;
};

/** What is requested, and what a refusal means. */
export type GrantRequest = {
  readonly json: Readonly<Record<string, string | number>>;
  readonly explainRefusal: Asker['explainRefusal'];
};

/**
 * The lifetimes to request for a login: an access token that rarely needs a refresh, and a refresh token that survives a
 * long stop. Some clients get a refresh token only if they request a lifetime.
 */
export const askedLives = { expires_in: 86_400, refresh_token_expires_in: 7_689_600 } as const;

const tokenPath = '/oauth/tokens';
const largestGrantBytes = 1024 * 1024;
/** Assumed when the answer does not say: the shortest default of Zendesk. */
const usualLifeMs = 30 * 60_000;

/**
 * Asks the token endpoint. The budget does not count this, because the endpoint is not in a limited group. `attempt` makes
 * one attempt, with the function that sends the request once.
 */
export async function requestGrant<Result>(
  channel: Channel,
  { json, explainRefusal }: GrantRequest,
  attempt: (send: (signal: AbortSignal) => Promise<Grant>) => Promise<Result>,
): Promise<Result> {
  const { account, origin, http, observe, reach, secrets, log, closing, localNow } = channel;
  const asker: Asker = { path: tokenPath, origin, privateTexts: [], secrets, explainRefusal };
  const send = async (signal: AbortSignal): Promise<Grant> => {
    const request = {
      method: 'POST',
      path: tokenPath,
      json,
      largestBytes: largestGrantBytes,
    } as const;
    const answer = await http.send(request, signal);
    observe(answer);
    const grant = readGrant(readAnswer(answer, { cursorSent: false, origin, localNow }));
    if (grant === undefined) throw refuseAnswer(answer, 'has no token');
    secrets.remember(grant.accessToken);
    if (grant.refreshToken !== undefined) secrets.remember(grant.refreshToken);
    return grant;
  };
  return runAttempts(() => attempt(send), {
    policy: {
      ...usualPolicy,
      wasCutOff: reach.isCutOff(),
      baseMs: channel.retryBaseMs,
      renewableToken: false,
    },
    signal: closing,
    pause: (waitMs) => wait(waitMs, closing),
    onRetry(failure, next, tries) {
      const details = { account, ...describeRetry(failure, next, tries, asker, localNow()) };
      log.warn(details, 'no access token from Zendesk yet, trying again');
    },
    explain(failure, tries) {
      reach.noteFailure(failure);
      return explainFailure(failure, tries, asker);
    },
  });
}

/** Reads the answer of the token endpoint; undefined if it has no usable token. */
export function readGrant(json: unknown): Grant | undefined {
  if (!isObject(json)) return undefined;
  const { access_token: accessToken, scope, refresh_token: refreshToken } = json;
  if (!isToken(accessToken)) return undefined;
  return {
    accessToken,
    scope: typeof scope === 'string' ? scope : undefined,
    expiresInMs: readLifeMs(json['expires_in']) ?? usualLifeMs,
    refreshToken: isToken(refreshToken) ? refreshToken : undefined,
    refreshExpiresInMs: readLifeMs(json['refresh_token_expires_in']),
  };
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

function readLifeMs(value: unknown): number | undefined {
  const seconds = Number(value ?? Number.NaN);
  return seconds > 0 ? seconds * 1000 : undefined;
}

/** The tokens of an answer. */
export function toPair(grant: Grant, refreshToken: string): TokenPair {
  return {
    accessToken: grant.accessToken,
    refreshToken,
    scope: grant.scope,
    accessLeftMs: grant.expiresInMs,
    refreshLeftMs: grant.refreshExpiresInMs,
  };
}
