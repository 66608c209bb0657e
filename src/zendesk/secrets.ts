/** Keeps secrets and query texts out of everything that leaves this folder. */
import { foreignCodeOf } from '../errors.ts';
import type { Proxy } from '../proxy.ts';

/** How to log in to Zendesk (contract 6): exactly one of four kinds. Every value but `clientId` and `email` is secret. */
export type Credentials =
  | { readonly kind: 'oauth-client'; readonly clientId: string; readonly clientSecret: string }
  | RefreshCredentials
  | { readonly kind: 'oauth-token'; readonly token: string }
  | { readonly kind: 'api-token'; readonly email: string; readonly token: string };

/** An OAuth client for which a person has logged in. The tokens of that login are kept elsewhere. */
export type RefreshCredentials = {
  readonly kind: 'oauth-refresh';
  readonly clientId: string;
  readonly clientSecret: string;
  /** The first refresh token, which works once; undefined if somebody logs in with this program. */
  readonly firstToken: string | undefined;
};

/** Whether a new access token can replace one that was refused. */
export function renewsTokens({ kind }: Pick<Credentials, 'kind'>): boolean {
  return kind === 'oauth-client' || kind === 'oauth-refresh';
}

const longestQuote = 200;
/** Tokens live for minutes to hours; texts no longer quote older ones. */
const rememberedTokens = 8;

/** The user name and password of HTTP Basic with an API token (contract 6.3), encoded. */
export function encodeBasic(email: string, token: string): string {
  return Buffer.from(`${email}/token:${token}`).toString('base64');
}

export type Secrets = {
  /** Adds an access token or a refresh token. */
  remember(token: string): void;
  /** The text without any known secret. `more` are texts of one request, such as its cursor. */
  scrub(text: string, more?: readonly string[]): string;
  /** Text of the server, safe to quote on one line: no control characters, no secrets, at most 200 characters. */
  quote(text: string, more?: readonly string[]): string;
  /** A plain error with only the name, code and scrubbed message of a library's error. */
  plainError(error: unknown): Error;
};

/** Starts with the secrets of the credentials and of the proxy. */
export function createSecrets(credentials: Credentials, proxy?: Proxy): Secrets {
  const fixed = [...secretsOf(credentials), ...secretsOfProxy(proxy)];
  const tokens: string[] = [];

  const scrub = (text: string, more: readonly string[] = []): string =>
    [...fixed, ...tokens, ...more]
      .flatMap((secret) => [secret, encodeURIComponent(secret)])
      // The longest first, as one may contain another.
      .toSorted((a, b) => b.length - a.length)
      .reduce((scrubbed, secret) => scrubbed.replaceAll(secret, '[removed]'), text);

  return {
    remember(token) {
      tokens.push(token);
      if (tokens.length > rememberedTokens) tokens.shift();
    },
    scrub,
    quote(text, more) {
      const line = scrub(text.replaceAll(/\p{C}+/gu, ' '), more).trim();
      return line.length > longestQuote ? `${line.slice(0, longestQuote - 1)}…` : line;
    },
    plainError(error) {
      const original = error instanceof Error ? error : new Error('unknown failure');
      const plain = new Error(scrub(original.message.replaceAll(/\?\S*/g, '')));
      plain.name = original.name;
      const code = foreignCodeOf(original);
      return code === undefined ? plain : Object.assign(plain, { code });
    },
  };
}

function secretsOf(credentials: Credentials): string[] {
  if (credentials.kind === 'oauth-client') return [credentials.clientSecret];
  if (credentials.kind === 'oauth-refresh')
    return [credentials.clientSecret, credentials.firstToken ?? ''].filter((text) => text !== '');
  if (credentials.kind === 'oauth-token') return [credentials.token];
  return [credentials.token, encodeBasic(credentials.email, credentials.token)];
}

function secretsOfProxy(proxy: Proxy | undefined): string[] {
  if (proxy === undefined) return [];
  const { username, password } = new URL(proxy.url);
  if (password === '') return [];
  const plain = decodeURIComponent(password);
  const login = `${decodeURIComponent(username)}:${plain}`;
  return [plain, password, Buffer.from(login).toString('base64')];
}
