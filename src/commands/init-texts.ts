/** What `init` explains: where an admin finds and switches on what the program needs. */
import type { Environment } from '../config/texts.ts';
import { secretFile } from './init-files.ts';
import { nameRedirect, usualPort } from './login-listener.ts';
import { nameCommand } from './npm.ts';
import { settingsFile } from './environment.ts';

/** The beginning. */
export function welcome(hasAccount: boolean): string {
  return [
    'This sets up one Zendesk account. You need an admin of that account.',
    'Nothing is written until the answers have been tested. Press Ctrl-C to stop at any time.',
    ...(hasAccount
      ? [
          `${settingsFile} already contains the settings of an account. They are replaced at the end; the other lines stay.`,
        ]
      : []),
    '',
  ].join('\n');
}

/** How an admin creates the OAuth client and switches on the access log. */
export function explainClient(subdomain: string, isForPerson: boolean): string {
  return `
In Zendesk (https://${subdomain}.zendesk.com/admin), as an admin:

1. Make an OAuth client, with which this program logs in:
   Apps and integrations > APIs > OAuth clients > Add OAuth client
   - Client kind: Confidential
   - Scopes: read. (Only the command "audit export" also needs write; set
     ZENDESK_OAUTH_SCOPE to "read write" then.)
${isForPerson ? `   - Redirect URL: ${nameRedirect(usualPort)}\n` : ''}   - Save it. The page shows the identifier and, once, the secret.

2. Switch the access log on, if your plan has it (Advanced Data Privacy and
   Protection): Account > Logs > Access log > Turn on the Access Log API.
   What happens before that moment is never recorded, so do it first.

The audit log is there without a switch (Enterprise plans).
`;
}

/** Where the secret is shown. */
export const explainNewSecret = `
The secret is shown only once, when the client is saved. If it is lost, open
the client and choose "Regenerate": the old secret ends then.
`;

/** What was written, and that somebody must log in. */
export function explainLogin(env: Environment): string {
  return [
    `Written: ${settingsFile} with the settings and ${secretFile} with the secret; only you can read them.`,
    `Next: "${nameCommand(env, 'login')}" sends an admin to Zendesk, who allows this program to read the logs.`,
  ].join('\n');
}

/** What was written, and what to do next. */
export function explainEnd(env: Environment): string {
  return [
    `Written: ${settingsFile} with the settings and ${secretFile} with the secret; only you can read them.`,
    `Next: "${nameCommand(env, 'sync')}" pulls everything once; "${nameCommand(env, 'serve')}" keeps following the logs;`,
    `"${nameCommand(env, 'status')}" shows what is stored.`,
  ].join('\n');
}
