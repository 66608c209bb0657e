import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { migrateDatabase } from '../database/migrate.ts';
import { askUser } from '../doctor/whose-login.ts';
import { KnownError, refuseInput } from '../errors.ts';
import { replaceLogin } from '../ingest/kept-login.ts';
import {
  beginAuthorization,
  exchangeCode,
  readCallback,
  type Authorization,
  type Callback,
} from '../zendesk/authorization.ts';
import { createZendesk } from '../zendesk/client.ts';
import type { TokenPair } from '../zendesk/login-keeper.ts';
import type { RefreshCredentials } from '../zendesk/secrets.ts';
import type { Log } from '../logger.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { listenForLogin, nameRedirect, usualPort, type LoginListener } from './login-listener.ts';
import { nameCommand } from './npm.ts';
import { withDatabase } from './session.ts';
import { openPrompt } from './terminal/prompt.ts';

type LoginFlags = {
  readonly account?: string;
  readonly port: string;
  readonly paste?: boolean;
  readonly redirectUrl?: string;
};

/** How long the person may take to log in. */
const patienceMs = 15 * 60_000;

/** `login`: a person allows the program to read the logs for them; the tokens are kept in the database. */
export function addLogin(command: Command, context: CommandContext): void {
  command
    .option('--account <key>', 'one of the accounts of ACCOUNTS_FILE')
    .option(
      '--port <number>',
      'port on 127.0.0.1 to which the browser is sent back',
      String(usualPort),
    )
    .option('--paste', 'do not listen: paste the address to which the browser is sent back')
    .option('--redirect-url <url>', 'another redirect URL of the OAuth client; paste its address')
    .action(async (flags: LoginFlags) => context.finish(await runLogin(context, flags)));
  addExample(command, 'zendesk-log-sync login');
}

async function runLogin(context: CommandContext, flags: LoginFlags): Promise<number> {
  const config = context.readConfig(flags.account);
  const { credentials } = config.zendesk;
  if (credentials.kind !== 'oauth-refresh')
    throw refuseInput([
      'The settings do not log in as a person. Set an OAuth client (ZENDESK_CLIENT_ID, ZENDESK_CLIENT_SECRET) and ZENDESK_OAUTH_GRANT=refresh_token.',
    ]);
  const redirect = readRedirect(flags);
  const log = context.openLog(config);
  const { signal } = context;
  return withDatabase(config, log, signal, async ({ url, db }) => {
    // First, so that nobody logs in without effect.
    await migrateDatabase(url, { signal, report: (sentence) => context.printError(sentence) });
    const authorization = beginAuthorization({ ...config.zendesk, credentials }, redirect.url);
    const code = await waitForCode(context, authorization, redirect.port);
    const zendesk = { ...config.zendesk, credentials };
    const pair = await exchangeCode(zendesk, authorization, code, log, signal);
    await replaceLogin(db, zendesk.account, credentials, pair);
    await tellWho(context, config, credentials, pair, log);
    return 0;
  });
}

/** The address to which the browser is sent back, and the port to listen on; no port if an address is pasted. */
function readRedirect({ port, paste = false, redirectUrl }: LoginFlags): {
  readonly url: string;
  readonly port: number | undefined;
} {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65_535)
    throw refuseInput([`--port is "${port}". Use a port from 1 to 65535, in digits only.`]);
  if (redirectUrl === undefined)
    return { url: nameRedirect(number), port: paste ? undefined : number };
  if (!URL.canParse(redirectUrl) || !/^https?:$/.test(new URL(redirectUrl).protocol))
    throw refuseInput([
      `--redirect-url is ${JSON.stringify(redirectUrl)}. Copy the address from the OAuth client, such as https://acme.example/zendesk.`,
    ]);
  return { url: redirectUrl, port: undefined };
}

/** Shows the link and waits for the browser on this machine, or for the pasted address to which it was sent back. */
async function waitForCode(
  context: CommandContext,
  authorization: Authorization,
  port: number | undefined,
): Promise<string> {
  const { print, signal } = context;
  const read = (text: string): Callback => readCallback(text, authorization);
  const listener = port === undefined ? undefined : await listenForLogin(port, read);
  print(explain(authorization, port !== undefined));
  const over = new AbortController();
  const waiting = AbortSignal.any([signal, over.signal]);
  try {
    const found = await Promise.race([
      ...(listener === undefined ? [] : [listener.answered]),
      readPasted(context, read, waiting, listener),
      giveUp(waiting),
    ]);
    signal.throwIfAborted();
    if (found.kind === 'code') return found.code;
    throw new KnownError('authorization_failed', {
      found: `Zendesk sent the browser back without a code (${describe(found.reason)})`,
      wayOut: 'begin again, as an admin who allows it, with scopes that the OAuth client has',
    });
  } finally {
    over.abort();
    listener?.close();
  }
}

function describe(reason: string): string {
  return /^[\w .:-]{1,80}$/.test(reason) ? reason : 'for a reason that cannot be shown';
}

function explain({ link, redirectUri }: Authorization, listens: boolean): string {
  return [
    'Open this address in a browser, log in to Zendesk as an admin, and allow the access:',
    '',
    link,
    '',
    `One of the redirect URLs of the OAuth client has to be ${redirectUri}`,
    listens
      ? 'The browser is sent back to this machine. From another machine its page does not load:'
      : 'The browser is then sent back there; the page need not load:',
    'copy its address from the browser and paste it here.',
    '',
  ].join('\n');
}

/** Asks until the pasted text belongs to this login. If nobody can paste, it only waits for the browser. */
async function readPasted(
  context: CommandContext,
  read: (text: string) => Callback,
  signal: AbortSignal,
  listener: LoginListener | undefined,
): Promise<Callback> {
  const prompt = openPrompt(context, signal);
  try {
    for (let about = ''; ;) {
      const answer = await prompt.ask(`${about}Address or code: `);
      if (answer === undefined) break;
      const found = read(answer);
      if (found.kind !== 'foreign') return found;
      about = `That does not look right: ${found.reason}.\n`;
    }
  } finally {
    prompt.close();
  }
  signal.throwIfAborted();
  if (listener !== undefined) return listener.answered;
  throw new KnownError('authorization_failed', { found: 'Ended before an address was pasted' });
}

async function giveUp(signal: AbortSignal): Promise<never> {
  await sleep(patienceMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  throw new KnownError('authorization_failed', {
    found: `Nobody logged in within ${patienceMs / 60_000} minutes`,
    wayOut: 'begin again',
  });
}

async function tellWho(
  { print, printError, signal, env }: CommandContext,
  { zendesk: { account, origin, proxy, scope } }: Config,
  { clientId }: RefreshCredentials,
  { accessToken, refreshLeftMs }: TokenPair,
  log: Log,
): Promise<void> {
  const zendesk = createZendesk({
    account,
    origin,
    proxy,
    scope,
    log,
    credentials: { kind: 'oauth-token', token: accessToken },
    // One request, when somebody logs in.
    budget: { take: async () => {}, pause: async () => {} },
  });
  try {
    const user = await askUser(zendesk, signal);
    const who = user === undefined ? '' : ` as ${user.name} (${user.role})`;
    print(`Logged in to ${account}${who}, with the OAuth client ${clientId}.`);
    if (user !== undefined && user.role !== 'admin')
      printError('The logs are for admins: Zendesk will refuse them. Let an admin log in.');
  } finally {
    await zendesk.close();
  }
  const days = Math.floor((refreshLeftMs ?? 0) / 86_400_000);
  print(
    `The tokens are kept in the database, encrypted with the secret of the OAuth client, and renew themselves; without any run they end${days > 0 ? ` in ${days} days` : ' some day'}.`,
  );
  print(
    `Next: "${nameCommand(env, 'doctor')}" tries them, "${nameCommand(env, 'serve')}" follows the logs.`,
  );
}
