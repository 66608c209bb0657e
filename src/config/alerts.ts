/** The settings of alerts: where messages go, and what is worth one. */
import type { z } from 'zod';
import { readHttpAddress } from './address-values.ts';
import { describeProblem, setting, type Report } from './problem.ts';
import { scheduleOrOff } from './evidence-values.ts';
import { oneOf, textOf } from './values.ts';

/** Severities of findings, the most important first. */
const severities = ['high', 'medium', 'low', 'info'] as const;
type Severity = (typeof severities)[number];

/** Where messages go, and what they are about. */
export type AlertConfig = {
  /** Takes messages in Slack's form; secret. Undefined for none. */
  readonly webhookUrl: string | undefined;
  /** Undefined for no mail. */
  readonly mail: MailConfig | undefined;
  /** The severities of findings that are worth a message; possibly none. */
  readonly severities: readonly string[];
  /** When the digest is sent, as a cron expression, UTC; undefined for never. */
  readonly digestSchedule: string | undefined;
};

/** How mail is sent, and to whom. */
type MailConfig = {
  readonly server: SmtpServer;
  readonly from: string;
  readonly to: readonly string[];
};

/** A mail server. */
type SmtpServer = {
  readonly host: string;
  readonly port: number;
  /** With TLS from the first byte; otherwise by STARTTLS. */
  readonly isSecure: boolean;
  /** Secret; undefined for a server without a login. */
  readonly login: { readonly user: string; readonly password: string } | undefined;
};

/** One address, without a name: it becomes a header. */
const mailAddress = /^[^\s@:<>"(),;\\\p{Cc}]+@[^\s@:/<>"(),;\\\p{Cc}]+$/u;
const mostAddresses = 50;

/** The settings one by one. */
export function alertSettings(isSchedule: (text: string) => boolean) {
  return {
    ALERT_WEBHOOK_URL: textOf(
      readHttpAddress,
      'Use an address such as https://hooks.slack.com/services/…, without a user name or password',
    ).optional(),
    ALERT_EMAIL_TO: textOf((text) => {
      const given = text.split(',').map((part) => part.trim());
      const isUsable = given.every((part) => mailAddress.test(part));
      return isUsable && given.length <= mostAddresses ? given : undefined;
    }, `Use up to ${mostAddresses} addresses such as security@acme.example, separated by commas, without names`).optional(),
    ALERT_EMAIL_FROM: textOf(
      (text) => (mailAddress.test(text) ? text : undefined),
      'Use an address such as zendesk-log-sync@acme.example, without a name',
    ).optional(),
    SMTP_URL: textOf(
      readSmtpUrl,
      'Use an address such as smtps://user:password@smtp.acme.example:465, or smtp:// for STARTTLS, without a path or a query, and percent-encode special characters in the password (%40 for @, %2F for /, %23 for #, %25 for %)',
    ).optional(),
    ALERT_SEVERITY: oneOf([...severities, 'none']),
    ALERT_DIGEST_SCHEDULE: scheduleOrOff(isSchedule),
  };
}

type Found = z.infer<z.ZodObject<ReturnType<typeof alertSettings>>>;

/** The settings together. What does not fit is reported. */
export function readAlertConfig(found: Found, report: Report): AlertConfig {
  const least = severities.indexOf(found.ALERT_SEVERITY as Severity);
  return {
    webhookUrl: found.ALERT_WEBHOOK_URL,
    mail: readMailConfig(found, report),
    severities: severities.slice(0, least + 1),
    digestSchedule: found.ALERT_DIGEST_SCHEDULE,
  };
}

function readMailConfig(
  { ALERT_EMAIL_TO: to, ALERT_EMAIL_FROM: from, SMTP_URL: server }: Found,
  report: Report,
): MailConfig | undefined {
  if (to === undefined && server === undefined) {
    if (from !== undefined)
      report(
        describeProblem`${setting('ALERT_EMAIL_FROM')} is set without ${setting('ALERT_EMAIL_TO')}. Set it to the addresses that receive alerts, or leave both out.`,
      );
    return undefined;
  }
  if (to === undefined) {
    report(
      describeProblem`${setting('SMTP_URL')} is set without ${setting('ALERT_EMAIL_TO')}. Set it to the addresses that receive alerts.`,
    );
    return undefined;
  }
  if (server === undefined) {
    report(
      describeProblem`${setting('ALERT_EMAIL_TO')} is set without ${setting('SMTP_URL')}. Set it to the server that sends mail, such as smtps://user:password@smtp.acme.example:465.`,
    );
    return undefined;
  }
  const user = server.login?.user;
  const own = user !== undefined && mailAddress.test(user) ? user : undefined;
  const domain = (to[0] ?? '').split('@')[1] ?? '';
  return { server, to, from: from ?? own ?? `zendesk-log-sync@${domain}` };
}

const usualPorts = { 'smtp:': 587, 'smtps:': 465 } as const;

function readSmtpUrl(text: string): SmtpServer | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const { protocol, username, password, hostname } = url;
  const rest = `${url.pathname.replace(/^\/$/, '')}${url.search}${url.hash}`;
  if ((protocol !== 'smtp:' && protocol !== 'smtps:') || hostname === '' || rest !== '')
    return undefined;
  const login = readLogin(username, password);
  if (login === 'invalid') return undefined;
  return {
    host: decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? usualPorts[protocol] : Number(url.port),
    isSecure: protocol === 'smtps:',
    login,
  };
}

function readLogin(user: string, password: string): SmtpServer['login'] | 'invalid' {
  if (`${user}${password}` === '') return undefined;
  try {
    return { user: decodeURIComponent(user), password: decodeURIComponent(password) };
  } catch {
    return 'invalid';
  }
}
