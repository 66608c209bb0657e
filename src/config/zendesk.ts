/** The settings that concern the Zendesk account: where it is, how to log in, and what the operator should know about it. */
import { z } from 'zod';
import type { SettingName } from './settings.ts';
import * as values from './values.ts';
import type { StreamName } from '../streams/names.ts';
import type { Credentials } from '../zendesk/secrets.ts';

/** One Zendesk account and the way into it. */
export type ZendeskConfig = {
  /** The account key: the subdomain. */
  account: string;
  /** Scheme, host and port; the only place that ever receives the credentials. */
  origin: string;
  credentials: Credentials;
  /** The OAuth scope to ask for with client credentials. */
  scope: string;
  /** Sentences for the operator, to be logged at start. */
  warnings: string[];
};

/** The texts of the settings of the account, each checked for itself. */
export const zendeskSchema = z.object({
  ZENDESK_SUBDOMAIN: values.subdomain,
  ZENDESK_BASE_URL: values.origin.optional(),
  ZENDESK_CLIENT_ID: values.clientId.optional(),
  ZENDESK_CLIENT_SECRET: values.secretText.optional(),
  ZENDESK_OAUTH_SCOPE: values.scope,
  ZENDESK_OAUTH_TOKEN: values.secretText.optional(),
  ZENDESK_USER_EMAIL: values.email.optional(),
  ZENDESK_API_TOKEN: values.secretText.optional(),
} satisfies Partial<Record<SettingName, z.ZodType>>);

type ZendeskValues = z.output<typeof zendeskSchema>;

const kinds: readonly (readonly SettingName[])[] = [
  ['ZENDESK_CLIENT_ID', 'ZENDESK_CLIENT_SECRET'],
  ['ZENDESK_OAUTH_TOKEN'],
  ['ZENDESK_USER_EMAIL', 'ZENDESK_API_TOKEN'],
];
/** The day on which Zendesk ends all API tokens (contract 6). */
export const endOfApiTokens = new Date('2027-04-30T00:00:00Z');
/** Requests per minute that Zendesk grants to an account for its access log (contract 4.3). */
export const grantedAccessLogRequests = 50;
const mainWay = 'set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET of a confidential OAuth client';

/** What is wrong with the choice of credentials as one sentence: none, half a pair, or several kinds. */
export function findCredentialsProblem(
  isGiven: (name: SettingName) => boolean,
): string | undefined {
  const touched = kinds.filter((names) => names.some((name) => isGiven(name)));
  const given = touched.flat().filter((name) => isGiven(name));
  if (given.length === 0)
    return `No Zendesk credentials are set; expected one kind: OAuth client credentials, ZENDESK_OAUTH_TOKEN, or ZENDESK_USER_EMAIL with ZENDESK_API_TOKEN; ${mainWay}.`;
  if (touched.length > 1)
    return `${joinNames(given)} are set together; expected one kind of credentials; keep one, best ZENDESK_CLIENT_ID with ZENDESK_CLIENT_SECRET, and remove the rest.`;
  const missing = touched.flat().find((name) => !isGiven(name));
  return missing === undefined
    ? undefined
    : `${joinNames(given)} is set but ${missing} is not; expected both; set ${missing} as well.`;
}

function joinNames(names: readonly string[]): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** The account as configured, once `findCredentialsProblem` has found nothing. */
export function buildZendeskConfig(
  given: ZendeskValues,
  pulled: { streams: readonly StreamName[]; accessLogsPerMinute: number },
  now: Date,
): ZendeskConfig {
  const account = given.ZENDESK_SUBDOMAIN;
  const zendesk = {
    account,
    origin: given.ZENDESK_BASE_URL ?? `https://${account}.zendesk.com`,
    credentials: chooseCredentials(given),
    scope: given.ZENDESK_OAUTH_SCOPE,
  };
  return { ...zendesk, warnings: findWarnings(zendesk, pulled, now) };
}

function chooseCredentials(given: ZendeskValues): Credentials {
  const { ZENDESK_CLIENT_ID: clientId, ZENDESK_CLIENT_SECRET: clientSecret } = given;
  if (clientId !== undefined && clientSecret !== undefined)
    return { kind: 'oauth-client', clientId, clientSecret };
  const { ZENDESK_USER_EMAIL: email, ZENDESK_API_TOKEN: apiToken } = given;
  if (email !== undefined && apiToken !== undefined)
    return { kind: 'api-token', email, token: apiToken };
  if (given.ZENDESK_OAUTH_TOKEN !== undefined)
    return { kind: 'oauth-token', token: given.ZENDESK_OAUTH_TOKEN };
  throw new Error('the credentials must be checked before they are chosen');
}

function findWarnings(
  zendesk: Omit<ZendeskConfig, 'warnings'>,
  pulled: { streams: readonly StreamName[]; accessLogsPerMinute: number },
  now: Date,
): string[] {
  const { kind } = zendesk.credentials;
  const pullsAccessLogs = pulled.streams.includes('access_logs');
  const warnings: string[] = [];
  if (kind === 'api-token')
    warnings.push(
      now < endOfApiTokens
        ? `ZENDESK_API_TOKEN stops working on 2027-04-30, when Zendesk ends all API tokens; before that day ${mainWay} instead.`
        : `ZENDESK_API_TOKEN no longer works, because Zendesk ended all API tokens on 2027-04-30; ${mainWay} instead.`,
    );
  if (pullsAccessLogs && kind === 'oauth-client' && !zendesk.scope.split(' ').includes('read'))
    warnings.push(
      'ZENDESK_OAUTH_SCOPE does not contain read, which the access log most likely needs; set it to read when Zendesk refuses that stream.',
    );
  if (pullsAccessLogs && pulled.accessLogsPerMinute > grantedAccessLogRequests)
    warnings.push(
      `ACCESS_LOGS_REQUESTS_PER_MINUTE is ${pulled.accessLogsPerMinute}, but Zendesk grants ${grantedAccessLogRequests} a minute to an account; expect pauses after answers 429.`,
    );
  return warnings;
}
