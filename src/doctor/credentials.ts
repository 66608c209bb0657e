/** The kind of the credentials, how long they will work, and what was granted for them. */
import { endOfApiTokens, type ZendeskConfig } from '../config/zendesk.ts';
import type { KnownError } from '../errors.ts';
import type { LoginFacts } from '../ingest/kept-login.ts';
import type { GrantFacts } from '../zendesk/login.ts';
import { compareScopes } from '../zendesk/login.ts';
import { explainRefusal, ok, problem, skipped, warning, type Check } from './check.ts';
import { countOf, formatDuration } from './figures.ts';
import { checkLogin } from './login.ts';
import type { LoginUser } from './whose-login.ts';

const dayMs = 86_400_000;
const clients = 'Admin Center > Apps and integrations > APIs > OAuth clients';
const mainWay = `Create a confidential OAuth client (${clients}) and set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET instead.`;

/** How the login is configured; sends nothing to Zendesk. `login`: what is known about a login with a refresh token. */
export function checkCredentials(
  { credentials }: ZendeskConfig,
  now: Date,
  login?: LoginFacts,
): Check {
  const name = 'credentials';
  if (credentials.kind === 'oauth-refresh') return checkLogin(credentials, login, now);
  if (credentials.kind === 'oauth-client')
    return ok(name, `OAuth client ${credentials.clientId}; its tokens are renewed automatically`);
  if (credentials.kind === 'oauth-token')
    return warning(
      name,
      'an access token (ZENDESK_OAUTH_TOKEN), which cannot be renewed and whose expiry date is unknown',
      mainWay,
    );
  const end = endOfApiTokens.toISOString().slice(0, 10);
  const days = Math.ceil((endOfApiTokens.getTime() - now.getTime()) / dayMs);
  if (days <= 0)
    return problem(name, `an API token, but Zendesk ended all API tokens on ${end}`, mainWay);
  return warning(
    name,
    `an API token; Zendesk ends all API tokens on ${end}, in ${countOf(days, 'day')}, and deactivates those that are not used for 30 days`,
    mainWay,
  );
}

/** The result of the login. */
export type LoginResult = {
  /** What was minted, if anything was. */
  readonly grant: GrantFacts | undefined;
  /** Why there is no login. */
  readonly refusal: KnownError | undefined;
  /** Whose login it is, if that was asked. */
  readonly user?: LoginUser | undefined;
  /** False if it was not used for a request. */
  readonly wasUsed: boolean;
};

/** Whether the login was accepted, and the scope that it got. */
export function checkToken({ credentials, scope }: ZendeskConfig, login: LoginResult): Check {
  const name = 'access token';
  const { grant, refusal, user, wasUsed } = login;
  if (refusal !== undefined) return explainRefusal(name, refusal);
  if (grant === undefined)
    return wasUsed
      ? ok(name, 'accepted; its scope is unknown, only what it can read')
      : skipped(name, 'no request could be made with it');
  const isKept = credentials.kind === 'oauth-refresh';
  const whose = user === undefined ? '' : ` of ${user.name} (${user.role})`;
  const found = `${isKept ? 'good' : 'valid'} for ${formatDuration(grant.expiresInMs / 1000)} with the scope ${grant.scope ?? scope}${whose}`;
  if (user !== undefined && user.role !== 'admin')
    return warning(
      name,
      found,
      'The logs are for admins: let an admin log in with the command "login".',
    );
  const { surplus } = compareScopes(scope, grant.scope);
  return surplus.length === 0
    ? ok(name, found)
    : warning(
        name,
        `${found}; ${surplus.join(' ')} was not requested`,
        `Limit the allowed scopes of the OAuth client (${clients}).`,
      );
}
