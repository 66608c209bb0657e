/** A login with a refresh token, checked without using it: a refresh token works only once. */
import { KnownError } from '../errors.ts';
import type { LoginFacts } from '../ingest/kept-login.ts';
import type { LoginKeeper } from '../zendesk/login-keeper.ts';
import type { RefreshCredentials } from '../zendesk/secrets.ts';
import { ok, problem, warning, type Check } from './check.ts';
import { formatMinute } from './figures.ts';

const name = 'credentials';
const logIn = 'Log in with the command "login".';
/** Each run refreshes the login for 89 days: with less left, the program has not run for long. */
const shortLeftMs = 14 * 86_400_000;
/** How long an access token must still be valid to be worth trying. */
const usableMs = 10_000;

/** The state of the login. `facts`: undefined if the database cannot be read. */
export function checkLogin(
  { clientId, firstToken }: RefreshCredentials,
  facts: LoginFacts | undefined,
  now: Date,
): Check {
  const what = `OAuth client ${clientId}, for a person who logged in`;
  const { kept, isForeign = false, refusedAt } = facts ?? {};
  if (isForeign)
    return problem(
      name,
      `${what}; the login was kept with another ZENDESK_CLIENT_SECRET and cannot be read`,
      logIn,
    );
  if (refusedAt !== undefined)
    return problem(
      name,
      `${what}; Zendesk refused the refresh token on ${formatMinute(refusedAt)}: it has expired, was revoked, or was used somewhere else`,
      logIn,
    );
  if (kept === undefined)
    return firstToken === undefined
      ? problem(name, `${what}, but nobody has yet`, logIn)
      : ok(name, `${what}; ZENDESK_REFRESH_TOKEN was not used yet, the next sync does`);
  const { accessLeftMs, refreshLeftMs } = kept;
  const tellTime = (leftMs: number): string => formatMinute(new Date(now.getTime() + leftMs));
  const access = `the access token ${accessLeftMs > 0 ? 'ends' : 'ended'} on ${tellTime(accessLeftMs)}`;
  if (refreshLeftMs === undefined)
    return ok(name, `${what}; ${access}, and of the refresh token it is not known`);
  const found = `${what}; ${access}, the refresh token ${refreshLeftMs > 0 ? 'ends' : 'ended'} on ${tellTime(refreshLeftMs)}`;
  if (refreshLeftMs <= 0) return problem(name, found, logIn);
  const further = `${found}, and each run renews both`;
  return refreshLeftMs < shortLeftMs
    ? warning(name, further, 'Run "serve" or "sync" before that, or log in again.')
    : ok(name, further);
}

/** Whether the stored access token can be used for requests; otherwise why not. */
export function findIdleness(facts: LoginFacts | undefined): string | undefined {
  if (facts?.kept === undefined || facts.refusedAt !== undefined)
    return 'there is no login to ask with';
  return facts.kept.accessLeftMs > usableMs
    ? undefined
    : 'the access token has ended, and only a run refreshes it';
}

function refuse(): never {
  throw new KnownError('unauthorized', {
    found: 'Zendesk refuses the access token that is kept (401)',
    wayOut: 'run "sync", which refreshes it',
  });
}

/** The stored token, for requests that change nothing: it is never refreshed. */
export function createReadOnlyKeeper({ kept }: Pick<LoginFacts, 'kept'>): LoginKeeper {
  return {
    // However little time is left: it is not refreshed here.
    load: async () => kept && { ...kept, accessLifeMs: kept.accessLeftMs },
    takeTurn: async () => refuse(),
    prolong: async () => refuse(),
    endTurn: async () => refuse(),
    keep: async () => refuse(),
    refuse: async () => refuse(),
  };
}
