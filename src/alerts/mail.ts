/** Sends messages as mail. Only this file uses nodemailer. */
import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { foreignCodeOf } from '../errors.ts';
import type { Log } from '../logger.ts';
import { isLoopback } from '../proxy.ts';
import type { Channel } from './channel.ts';
import { writePlain, writeSubject } from './texts.ts';

/** How mail is sent, and to whom. */
type MailOptions = {
  readonly server: {
    readonly host: string;
    readonly port: number;
    /** With TLS from the first byte; otherwise by STARTTLS. */
    readonly isSecure: boolean;
    /** Secret. */
    readonly login: { readonly user: string; readonly password: string } | undefined;
  };
  readonly from: string;
  readonly to: readonly string[];
};

const limitMs = 30_000;
const stepMs = 10_000;

/** A channel to some addresses. Nothing is sent without TLS, except to this machine. */
export function openMail({ server, from, to }: MailOptions, log: Log): Channel {
  const { host, port, isSecure, login } = server;
  const transport = createTransport({
    host,
    port,
    secure: isSecure,
    requireTLS: !isSecure && !isLoopback(host),
    ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password } }),
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    socketTimeout: stepMs,
    dnsTimeout: stepMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name: 'email',
    setting: 'SMTP_URL',
    async send(messages, signal, key) {
      const late = AbortSignal.timeout(limitMs);
      const name = createHash('sha256').update(`${from} ${key}`).digest('hex').slice(0, 32);
      try {
        const { rejected } = await transport.sendMail({
          from,
          to: [...to],
          subject: writeSubject(messages),
          text: `${writePlain(messages)}\n`,
          date: messages.at(-1)?.madeAt ?? new Date(),
          // It identifies a mail that is sent again after a crash.
          messageId: `<${name}@${from.split('@')[1] ?? 'localhost'}>`,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          signal: AbortSignal.any([signal, late]),
        });
        if (rejected.length > 0)
          log.warn(
            { refused: rejected.length, recipients: to.length },
            'the mail server refuses some addresses of ALERT_EMAIL_TO',
          );
        return undefined;
      } catch (error) {
        signal.throwIfAborted();
        return late.aborted ? `no answer within ${limitMs / 1000} s` : explain(error);
      }
    },
  };
}

/** Why a mail was not taken: never the server's own words, which may repeat what was sent. */
function explain(error: unknown): string {
  const code = foreignCodeOf(error);
  const status =
    error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number'
      ? ` (${error.responseCode})`
      : '';
  if (code === 'EAUTH' || code === 'ENOAUTH') return `the mail server refuses the login${status}`;
  if (code === 'EENVELOPE') return `the mail server refuses the sender or all recipients${status}`;
  if (code === 'EMESSAGE') return `the mail server refuses the message${status}`;
  if (code === 'ETIMEDOUT') return 'the mail server does not answer in time';
  if (code === 'EDNS') return 'the name of the mail server is not known';
  if (code === 'ETLS' || isAboutCertificate(error))
    return 'the mail server offers no TLS, or a certificate that cannot be verified';
  // Node's own code is in the message alone.
  const cause = error instanceof Error ? /\bE[A-Z]{4,}\b/.exec(error.message)?.[0] : undefined;
  return `no connection to the mail server (${cause ?? code ?? 'no reason known'})`;
}

function isAboutCertificate(error: unknown): boolean {
  return error instanceof Error && /certificate|TLS|SSL|STARTTLS/.test(error.message);
}
