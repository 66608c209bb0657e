/**
 * The values of single settings: text to trusted value. Each schema's message is a sentence without its full stop that says
 * what to write. It comes after a sentence with the name of the setting and what was found.
 */
import { z } from 'zod';
import { readDatabaseUrl } from '../database-url.ts';
import { readProxyUrl } from '../proxy.ts';

/** The levels of pino, most talkative first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export const logFormats = ['auto', 'json', 'pretty'] as const;
export type LogFormat = (typeof logFormats)[number];

const unitMs = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const longestSettleMs = 86_400_000;
export const durationAdvice = 'a whole number and one unit (s, m, h or d), without a space';

/** Milliseconds of `90s`, `5m`, `2h` or `1d`; undefined if the text has another form or is zero. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  const ms = Number(match?.[1]) * (unitMs.get(match?.[2] ?? '') ?? 0);
  return ms > 0 ? ms : undefined;
}

/** A schema that accepts what `parse` can read; otherwise it says `message`, or what `explain` says about the text. */
export function textOf<Value>(
  parse: (text: string) => Value | undefined,
  message: string | ((text: string) => string),
) {
  const explain = typeof message === 'string' ? () => message : message;
  return z.string({ error: () => explain('') }).transform((text, context): Value => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue(explain(text));
    return z.NEVER;
  });
}

function listChoices(values: readonly string[]): string {
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}`;
}

/** One word of a list. */
export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: `Use ${listChoices(values)}` });
}

/** `ZENDESK_OAUTH_GRANT`. */
export const oauthGrant = oneOf(['client_credentials', 'refresh_token']);

/** `SETTLE`, in milliseconds. */
export const settle = textOf((text) => {
  const ms = parseDuration(text);
  return ms !== undefined && ms <= longestSettleMs ? ms : undefined;
}, `Use a duration from 1s to 1d such as 90s or 5m: ${durationAdvice}`);

/** `RESCAN_AFTER`, in milliseconds, ascending, each once; empty for `none`. */
export const rescanAfter = textOf((text) => {
  if (text === 'none') return [];
  const ages = text.split(',').map((part) => parseDuration(part.trim()));
  if (ages.includes(undefined)) return undefined;
  return [...new Set(ages.filter((age) => age !== undefined))].toSorted((a, b) => a - b);
}, `Use durations separated by commas such as 1h,24h, or none. A duration is ${durationAdvice}`);

/** The shape of a subdomain (contract Q27); it becomes part of the address that receives the credentials. */
export const subdomain = textOf(
  (text) => (/^[a-z0-9][a-z0-9-]{0,62}$/.test(text) ? text : undefined),
  (text) => {
    const host = /^(?:https?:\/\/)?([a-z0-9][a-z0-9-]*)\.zendesk\.com\/?$/i.exec(text);
    const label = host?.[1] ?? (/^[a-z0-9][a-z0-9-]*$/i.test(text) ? text : undefined);
    const advice =
      label !== undefined && label.length <= 63
        ? `write ${label.toLowerCase()}`
        : 'for acme.zendesk.com, it is acme';
    return `Use only the part before .zendesk.com (at most 63 lower-case letters, digits and hyphens): ${advice}`;
  },
);

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function explainOrigin(text: string): string {
  const expected = 'Use an origin such as https://acme.zendesk.com';
  if (!URL.canParse(text)) return `${expected}, with scheme and host`;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `${expected}, with https`;
  if (url.username !== '' || url.password !== '')
    return `${expected}, without a user name or password. Credentials have their own settings`;
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return `${expected}, without a path or a query: ${url.origin}`;
  return 'Use https, because http sends the credentials in clear text (http is accepted for localhost, 127.0.0.0/8 and [::1] only)';
}

/** `ZENDESK_BASE_URL` as a bare origin, without a final slash. */
export const origin = textOf((text) => {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const secure =
    url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  const bare =
    `${url.username}${url.password}${url.search}${url.hash}` === '' && url.pathname === '/';
  return secure && bare ? url.origin : undefined;
}, explainOrigin);

/** `DATABASE_URL`; only its form is checked, the driver checks the rest. */
export const databaseUrl = textOf(
  (text) => (typeof readDatabaseUrl(text) === 'string' ? undefined : text),
  (text) => {
    const problem = readDatabaseUrl(text);
    return typeof problem === 'string' ? problem : '';
  },
);

/** A secret that is sent in a header: printable ASCII without spaces, and no quotation mark left over from copying. */
export const secretText = z.string().regex(/^(?!["'`])[\x21-\x7e]+(?<!["'`])$/, {
  error: 'Copy it again, without spaces, line breaks or surrounding quotation marks',
});

/** `ZENDESK_CLIENT_ID`. */
export const clientId = z.string().regex(/^[\x21-\x7e]+$/, {
  error:
    'Copy the identifier of the OAuth client, without spaces, from Admin Center > Apps and integrations > APIs > OAuth clients',
});

/** `ZENDESK_OAUTH_SCOPE`: one string of names separated by single spaces (contract 6.1). */
export const scope = z.string().regex(/^[a-z0-9_.:-]+(?: [a-z0-9_.:-]+)*$/, {
  error:
    'Use scope names separated by single spaces such as read, or auditlogs:read users:read. If in doubt, use read',
});

/** `ZENDESK_USER_EMAIL`. No colon: it ends the user name in HTTP Basic. */
export const email = z.string().regex(/^[^\s@:]+@[^\s@:/]+$/, {
  error: 'Use an e-mail address such as jane@acme.example, without /token at the end',
});

/** `STREAMS`, in the order given. */
export function streamsAmong<Known extends { readonly name: string }>(all: readonly Known[]) {
  return textOf(
    (text) => {
      const names = text.split(',').map((name) => name.trim());
      const chosen = names.flatMap((name) => all.find((known) => known.name === name) ?? []);
      return chosen.length === names.length && new Set(names).size === names.length
        ? chosen
        : undefined;
    },
    `Use names from this list, separated by commas and each at most once: ${all.map(({ name }) => name).join(', ')}`,
  );
}

/** A number of requests per minute. */
export const requestsPerMinute = textOf((text) => {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= 100_000 ? value : undefined;
}, 'Use a whole number from 1 to 100000, digits only');

/** A share of the account's limit: the others keep a fifth. */
export const share = textOf((text) => {
  const value = /^0?\.\d{1,4}$/.test(text) ? Number(text) : 0;
  return value >= 0.01 && value <= 0.8 ? value : undefined;
}, 'Use a number from 0.01 to 0.8, such as 0.5');

/** A number of records in a page, at most as many as Zendesk gives. */
export function pageSizeUpTo(most: number) {
  return textOf((text) => {
    const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
    return value >= 1 && value <= most ? value : undefined;
  }, `Use a whole number from 1 to ${most}, digits only`);
}

/** `EMBEDDED_PORT`. */
export const port = textOf((text) => {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= 65_535 ? value : undefined;
}, 'Use a port from 1 to 65535, digits only');

/** `HTTP_PORT`; undefined for 0, which switches HTTP off. */
export const httpPort = z
  .string()
  .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, {
    error: 'Use a port from 1 to 65535, or 0 to switch HTTP off',
  })
  .transform((text) => (Number(text) === 0 ? undefined : Number(text)));

/** `HTTP_HOST`: an address, or a name that has one. */
export const httpHost = z.string().regex(/^[\w.:%-]+$/, {
  error:
    'Use an address of this machine such as 127.0.0.1, 0.0.0.0 or ::, without port and brackets',
});

/** `HTTPS_PROXY`, `HTTP_PROXY`, as a complete url. */
export const proxyUrl = textOf(readProxyUrl, (text) => {
  const expected =
    'Use the address of an HTTP proxy such as http://user:password@proxy.acme.example:3128';
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase() ?? 'http';
  return /^https?$/.test(scheme)
    ? `${expected}, without a path, and percent-encode special characters in the password (%40 for @, %2F for /, %23 for #, %25 for %)`
    : `${expected}. ${scheme} is a different kind of proxy, which is not supported`;
});

const isoTime = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/** The setting of a log's horizon, cut to whole seconds; a date alone means its first instant in UTC. Not after `now`. */
export function startNotAfter(now: Date) {
  return textOf(
    (text) => {
      const ms = isoTime.safeParse(text).success ? Date.parse(text) : Number.NaN;
      return ms <= now.getTime() ? new Date(Math.floor(ms / 1000) * 1000) : undefined;
    },
    (text) =>
      isoTime.safeParse(text).success
        ? `Use a time that is not in the future (it is ${now.toISOString()}), or remove the setting to begin at the oldest record`
        : 'Use a date such as 2024-01-31, or a time with its zone such as 2024-01-31T08:00:00Z',
  );
}

/** A cron expression that `isSchedule` accepts. */
export function scheduleAcceptedBy(isSchedule: (text: string) => boolean) {
  return textOf(
    (text) => (isSchedule(text) ? text : undefined),
    'Use a cron expression with five fields such as */5 * * * * (minute, hour, day of month, month, day of week; UTC)',
  );
}

export const logLevel = oneOf(logLevels);
export const logFormat = oneOf(logFormats);
