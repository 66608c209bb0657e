/** A person who logs in to the simulator in a browser, and the client that fetches the tokens (contract 6.2). */
import assert from 'node:assert/strict';
import type { Simulator } from '../../src/simulator/simulator.ts';

/** The tokens of a login. */
export type LoggedIn = { readonly accessToken: string; readonly refreshToken: string };

const redirectUri = 'http://127.0.0.1:8976/callback';

/** Opens the page of a link; returns the address to which the browser is sent back. */
export async function openInBrowser(link: string): Promise<string> {
  const { headers } = await fetch(link, { redirect: 'manual' });
  return headers.get('location') ?? assert.fail('the page leads nowhere');
}

/** Logs in as another program would, to get the first tokens. */
export async function logInElsewhere({ url, options }: Simulator): Promise<LoggedIn> {
  const { clientId: client_id, clientSecret: client_secret } = options.credentials;
  const query = { response_type: 'code', client_id, redirect_uri: redirectUri, scope: 'read' };
  const link = `${url}/oauth/authorizations/new?${new URLSearchParams(query).toString()}`;
  const code = new URL(await openInBrowser(link)).searchParams.get('code');
  return readTokens(
    await post(url, {
      grant_type: 'authorization_code',
      code,
      client_id,
      client_secret,
      redirect_uri: redirectUri,
    }),
  );
}

/** Uses a refresh token as another program would; undefined when it is refused. */
export async function refreshElsewhere(
  { url, options }: Simulator,
  refreshToken: string,
): Promise<LoggedIn | undefined> {
  const { clientId: client_id, clientSecret: client_secret } = options.credentials;
  const form = { refresh_token: refreshToken, client_id, client_secret };
  const response = await post(url, { grant_type: 'refresh_token', ...form });
  return response.status === 201 ? readTokens(response) : undefined;
}

function post(url: string, form: Readonly<Record<string, string | null>>): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/oauth/tokens`, { method: 'POST', headers, body: JSON.stringify(form) });
}

async function readTokens(response: Response): Promise<LoggedIn> {
  const json = (await response.json()) as { access_token: string; refresh_token: string };
  return { accessToken: json.access_token, refreshToken: json.refresh_token };
}
