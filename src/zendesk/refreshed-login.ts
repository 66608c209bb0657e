/**
 * A login with refresh tokens (contract 6.2). All processes share it, and each token works once and gives the next one. So
 * only one process at a time has the turn; it stores the new tokens before it uses them, and the others read them.
 */
import { randomUUID } from 'node:crypto';
import { hasCode, KnownError } from '../errors.ts';
import { AttemptError } from './answer.ts';
import type { Channel } from './channel.ts';
import type { KeptLogin, LoginKeeper, RefreshTurn, TokenPair } from './login-keeper.ts';
import { explainDeadToken, explainExchangeRefusal, loginWayOut } from './login-refusal.ts';
import { isToBeRenewed, type AdoptedGrant, type Minting, type Token } from './minting.ts';
import { wait } from './retry.ts';
import type { RefreshCredentials } from './secrets.ts';
import { askedLives, requestGrant, toPair, type GrantRequest } from './token-endpoint.ts';

/** How often to check whether another process has finished its turn. */
const turnPollMs = 200;
/**
 * No signal ends it: Zendesk makes the refresh token invalid with its answer, and an answer that is not received is lost.
 */
const unending = new AbortController().signal;

type RefreshOptions = Channel & { readonly scope: string };

/** Gets access tokens with refresh tokens, or uses the stored access token while it is valid. */
export function createRefresher(
  credentials: RefreshCredentials,
  keeper: LoginKeeper,
  options: RefreshOptions,
): Minting {
  const { closing, localNow, secrets } = options;
  const newest = rememberNewest(keeper, localNow);
  const exchanger = { credentials, keeper, options, keep: newest.keep };

  /** Undefined: look at the stored pair again. */
  const refresh = async (turn: RefreshTurn): Promise<OwnPair | undefined> => {
    if (turn.refreshToken === undefined) throw needLogin(turn.absence);
    secrets.remember(turn.refreshToken);
    if (turn.isRefused) throw needLogin(explainDeadToken(false).found);
    try {
      return await exchange(exchanger, turn, turn.refreshToken);
    } catch (error) {
      if (!hasCode(error, 'login_needed')) throw error;
      await keeper.refuse(turn);
      if (turn.hasFallback) return undefined;
      throw error;
    }
  };

  return async (refused, adopt) => {
    for (;;) {
      closing.throwIfAborted();
      const kept = await newest.load();
      if (isGood(kept, refused)) return adopt(toGrant(kept), localNow());
      const turn = await keeper.takeTurn();
      if (turn === undefined) {
        await wait(turnPollMs, closing);
        continue;
      }
      try {
        // The process that had the turn before has stored a new pair meanwhile.
        const latest = await keeper.load();
        if (isGood(latest, refused)) return adopt(toGrant(latest), localNow());
        const got = await refresh(turn);
        if (got !== undefined) return adopt(toGrant(got.pair), got.gotAtMs);
      } finally {
        await keeper.endTurn(turn);
      }
    }
  };
}

/** What an exchange needs besides the turn. */
type Exchanger = {
  readonly credentials: RefreshCredentials;
  readonly keeper: LoginKeeper;
  readonly options: RefreshOptions;
  readonly keep: (own: OwnPair) => Promise<void>;
};

/** Uses the refresh token of the turn. The new pair is stored before anybody uses it; undefined if the turn was lost. */
async function exchange(
  { credentials, keeper, options, keep }: Exchanger,
  turn: RefreshTurn,
  refreshToken: string,
): Promise<OwnPair | undefined> {
  let isUnsure = turn.wasInterrupted;
  const json = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    ...askedLives,
  };
  const explainRefusal: GrantRequest['explainRefusal'] = (status, body) =>
    explainExchangeRefusal(status, body, options.scope, explainDeadToken(isUnsure));
  return requestGrant(options, { json, explainRefusal }, async (send) => {
    if (!(await keeper.prolong(turn))) return undefined;
    const gotAtMs = options.localNow();
    const grant = await send(unending).catch((error: unknown) => {
      isUnsure ||= error instanceof AttemptError && error.failure.kind !== 'refusal';
      throw error;
    });
    const pair = toPair(grant, grant.refreshToken ?? refreshToken);
    const own = { pair, gotAtMs, mark: randomUUID(), former: turn.mark };
    await keep(own);
    return own;
  });
}

/** A pair that this process got, until it gets the next one. */
type OwnPair = {
  readonly pair: TokenPair;
  readonly gotAtMs: number;
  readonly mark: string;
  readonly former: string | undefined;
};

/** The newest pair: the stored one, or this process's own one if the stored one is (still or again) the pair before it. */
function rememberNewest(
  keeper: LoginKeeper,
  localNow: () => number,
): {
  readonly keep: (own: OwnPair) => Promise<void>;
  readonly load: () => Promise<KeptLogin | undefined>;
} {
  let own: OwnPair | undefined;

  async function put({ pair, gotAtMs, mark, former }: OwnPair): Promise<void> {
    const ageMs = localNow() - gotAtMs;
    const { accessLeftMs, refreshLeftMs } = pair;
    const left = {
      accessLeftMs: accessLeftMs - ageMs,
      refreshLeftMs: refreshLeftMs === undefined ? undefined : refreshLeftMs - ageMs,
    };
    await keeper.keep({ ...pair, ...left }, mark, former);
  }

  return {
    async keep(fresh) {
      own = fresh;
      await put(fresh);
    },
    async load() {
      const kept = await keeper.load();
      if (own === undefined || own.mark === kept?.mark || own.former !== kept?.mark) return kept;
      // It was never stored, or the database went back to an earlier state.
      await put(own);
      return keeper.load();
    },
  };
}

function toGrant({ accessToken, scope, accessLeftMs }: KeptLogin | TokenPair): AdoptedGrant {
  return { accessToken, scope, expiresInMs: accessLeftMs };
}

function isGood(kept: KeptLogin | undefined, refused: Token | undefined): kept is KeptLogin {
  return (
    kept !== undefined &&
    kept.accessToken !== refused?.text &&
    !isToBeRenewed(kept.accessLeftMs, kept.accessLifeMs)
  );
}

function needLogin(found: string): KnownError {
  return new KnownError('login_needed', { found, wayOut: loginWayOut });
}
