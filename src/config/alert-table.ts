import { optional, plain, secret } from './setting.ts';

/** The settings of alerts, for the table of settings. */
export const alertTable = [
  secret(
    'ALERT_WEBHOOK_URL',
    '–',
    'address that `serve` sends alerts to (POST), in the form of Slack, Mattermost and others; see [Alerts](alerts.md)',
  ),
  optional(
    'ALERT_EMAIL_TO',
    '–',
    'addresses that `serve` sends alerts to by mail, separated by commas; needs `SMTP_URL`',
  ),
  optional(
    'ALERT_EMAIL_FROM',
    "the login's address, or `zendesk-log-sync@` the domain of the first recipient",
    'sender of these mails',
  ),
  secret(
    'SMTP_URL',
    '–',
    'mail server: `smtps://user:password@smtp.acme.example:465`, or `smtp://` with port 587 for STARTTLS',
  ),
  plain(
    'ALERT_SEVERITY',
    'high',
    'least severity of findings that are worth an alert: `high`, `medium`, `low` or `info`; `none` for no findings',
  ),
  plain(
    'ALERT_DIGEST_SCHEDULE',
    '0 7 * * 1',
    'when `serve` sends the digest of the last seven days: cron, UTC; `off` switches it off',
  ),
] as const;
