/** The settings of the Zendesk account: where it is, how to log in, and what the operator should know about it. */
import { z } from 'zod';
import { chooseProxy, type Proxies, type Proxy } from '../proxy.ts';
import type { Stream } from '../streams/stream.ts';
import { describeProblem, setting, type Problem } from './problem.ts';
import type { SettingName } from './settings.ts';
import * as values from './values.ts';
import type { Credentials } from '../zendesk/secrets.ts';

/** One Zendesk account and how to log in to it. */
export type ZendeskConfig = {
  /** The account key: the subdomain. */
  readonly account: string;
  /** Scheme, host and port; the only place that ever receives the credentials. */
  readonly origin: string;
  readonly credentials: Credentials;
  /** The OAuth scope to ask for. */
  readonly scope: string;
  /** The proxy on the way there. */
  readonly proxy: Proxy | undefined;
  /** Sentences for the operator, logged at start. */
  readonly warnings: string[];
};

/** The texts of the settings of the account, each checked alone. */
export const zendeskSchema = z.object({
  ZENDESK_SUBDOMAIN: values.subdomain,
  ZENDESK_BASE_URL: values.origin.optional(),
  ZENDESK_CLIENT_ID: values.clientId.optional(),
  ZENDESK_CLIENT_SECRET: values.secretText.optional(),
  ZENDESK_OAUTH_SCOPE: values.scope,
  ZENDESK_OAUTH_GRANT: values.oauthGrant.optional(),
  ZENDESK_REFRESH_TOKEN: values.secretText.optional(),
  ZENDESK_OAUTH_TOKEN: values.secretText.optional(),
  ZENDESK_USER_EMAIL: values.email.optional(),
  ZENDESK_API_TOKEN: values.secretText.optional(),
} satisfies Partial<Record<SettingName, z.ZodType>>);

type ZendeskValues = z.output<typeof zendeskSchema>;

/** What may be set besides an OAuth client. */
const besidesClient: readonly SettingName[] = ['ZENDESK_OAUTH_GRANT', 'ZENDESK_REFRESH_TOKEN'];
const kinds: readonly (readonly SettingName[])[] = [
  ['ZENDESK_CLIENT_ID', 'ZENDESK_CLIENT_SECRET'],
  ['ZENDESK_OAUTH_TOKEN'],
  ['ZENDESK_USER_EMAIL', 'ZENDESK_API_TOKEN'],
];
/** The day on which Zendesk ends all API tokens (contract 6). */
export const endOfApiTokens = new Date('2027-04-30T00:00:00Z');
const mainWay = 'set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET of a confidential OAuth client';

/** What is wrong with the choice of credentials: none, half a pair, or several kinds. */
export function findCredentialsProblem(
  isGiven: (name: SettingName) => boolean,
): Problem | undefined {
  const [client, ready, legacy] = kinds.map((names) => names.map((name) => setting(name)));
  const extras = besidesClient.filter((name) => isGiven(name));
  const touched = kinds.filter(
    (names, kind) => names.some((name) => isGiven(name)) || (kind === 0 && extras.length > 0),
  );
  const given = [...touched.flat().filter((name) => isGiven(name)), ...extras];
  const named = given.map((name) => setting(name));
  if (given.length === 0)
    return describeProblem`No Zendesk credentials are set. Set ${client ?? []} of a confidential OAuth client, or ${ready ?? []}, or ${legacy?.[0] ?? ''} with ${legacy?.[1] ?? ''}.`;
  if (touched.length > 1)
    return describeProblem`${named} are set together. Keep only one kind of credentials, preferably ${client?.[0] ?? ''} with ${client?.[1] ?? ''}, and remove the rest.`;
  if (client !== undefined && extras.length > 0 && given.length === extras.length)
    return describeProblem`${named} is set but no OAuth client is. Set ${client} as well.`;
  const absent = touched.flat().find((name) => !isGiven(name));
  return absent === undefined
    ? undefined
    : describeProblem`${named} is set but ${setting(absent)} is not. Set ${setting(absent)} as well.`;
}

/** What is wrong with how the OAuth client logs in: a refresh token that is not used. */
export function findGrantProblem({
  ZENDESK_OAUTH_GRANT: grant,
  ZENDESK_REFRESH_TOKEN: token,
}: Pick<ZendeskValues, 'ZENDESK_OAUTH_GRANT' | 'ZENDESK_REFRESH_TOKEN'>): Problem | undefined {
  if (grant !== 'client_credentials' || token === undefined) return undefined;
  return describeProblem`${setting('ZENDESK_OAUTH_GRANT')} is client_credentials, but ${setting('ZENDESK_REFRESH_TOKEN')} is set. Remove one of them.`;
}

/** What is pulled, through which proxies, and the requests per minute of each budget group. */
type Pulled = {
  readonly proxies: Proxies;
  readonly streams: readonly Stream[];
  readonly budgets: Readonly<Record<string, number>>;
};

/** The account as configured, once `findCredentialsProblem` has found nothing. */
export function buildZendeskConfig(given: ZendeskValues, pulled: Pulled, now: Date): ZendeskConfig {
  const account = given.ZENDESK_SUBDOMAIN;
  const origin = given.ZENDESK_BASE_URL ?? `https://${account}.zendesk.com`;
  const zendesk = {
    account,
    origin,
    proxy: chooseProxy(pulled.proxies, origin),
    credentials: chooseCredentials(given),
    scope: given.ZENDESK_OAUTH_SCOPE,
  };
  return { ...zendesk, warnings: findWarnings(zendesk, pulled, now) };
}

function chooseCredentials(given: ZendeskValues): Credentials {
  const { ZENDESK_CLIENT_ID: clientId, ZENDESK_CLIENT_SECRET: clientSecret } = given;
  if (clientId !== undefined && clientSecret !== undefined) {
    const { ZENDESK_OAUTH_GRANT: grant, ZENDESK_REFRESH_TOKEN: firstToken } = given;
    return grant === 'refresh_token' || firstToken !== undefined
      ? { kind: 'oauth-refresh', clientId, clientSecret, firstToken }
      : { kind: 'oauth-client', clientId, clientSecret };
  }
  const { ZENDESK_USER_EMAIL: email, ZENDESK_API_TOKEN: apiToken } = given;
  if (email !== undefined && apiToken !== undefined)
    return { kind: 'api-token', email, token: apiToken };
  if (given.ZENDESK_OAUTH_TOKEN !== undefined)
    return { kind: 'oauth-token', token: given.ZENDESK_OAUTH_TOKEN };
  throw new Error('the credentials must be checked before they are chosen');
}

function findWarnings(
  { credentials: { kind }, scope }: Omit<ZendeskConfig, 'warnings'>,
  { streams, budgets }: Pulled,
  now: Date,
): string[] {
  const warnings: string[] = [];
  if (kind === 'api-token')
    warnings.push(
      now < endOfApiTokens
        ? `ZENDESK_API_TOKEN stops working on 2027-04-30, when Zendesk ends all API tokens; before that day ${mainWay} instead.`
        : `ZENDESK_API_TOKEN no longer works, because Zendesk ended all API tokens on 2027-04-30; ${mainWay} instead.`,
    );
  for (const { title, scope: needed } of streams) {
    if (!/^oauth-(?:client|refresh)$/.test(kind) || needed === undefined) continue;
    if (!scope.split(' ').includes(needed))
      warnings.push(
        `ZENDESK_OAUTH_SCOPE does not contain ${needed}, which the ${title} most likely needs. Set it to ${needed} if Zendesk refuses that stream.`,
      );
  }
  for (const { name, setting: own, grantedPerMinute } of new Set(streams.map((s) => s.budget))) {
    const wanted = budgets[name] ?? 0;
    if (grantedPerMinute !== undefined && wanted > grantedPerMinute)
      warnings.push(
        `${own.name} is ${wanted}, but Zendesk allows ${grantedPerMinute} a minute for an account. Expect pauses after 429 responses.`,
      );
  }
  return warnings;
}
