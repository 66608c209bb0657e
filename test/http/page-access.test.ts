import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, it } from 'node:test';
import type { Access } from '../../src/http/page/access.ts';
import type { PageToken } from '../../src/config/page-access.ts';
import { withDatabase } from '../support/database.ts';
import { withPage } from '../support/page.ts';

const jane = 'jane-token-0123456789';
const rob = 'rob-token-0123456789';

const login: Access = {
  kind: 'login',
  tokens: [
    { role: 'investigator', name: 'jane', token: jane },
    { role: 'reader', name: 'rob', token: rob },
  ],
  proxy: undefined,
};

/** Behind a proxy of which the address is decided by the test. */
function behindProxy(isProxy: boolean): Access {
  return {
    kind: 'login',
    tokens: [],
    proxy: {
      has: (address) => isProxy && address === '127.0.0.1',
      userHeader: 'x-forwarded-user',
      groupsHeader: 'x-forwarded-groups',
      investigatorGroups: ['security'],
    },
  };
}

type Answer = {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
};

/** A request with any headers, also those that `fetch` does not let through. */
async function ask(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const method = body === undefined ? 'GET' : 'POST';
  request(`${url}${path}`, { method, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => (text += part));
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
    );
  })
    .on('error', reject)
    .end(body);
  return promise;
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const session = async (url: string, headers: Record<string, string>): Promise<unknown> => {
  const { status, body } = await ask(url, '/api/session', headers);
  return status === 200 ? JSON.parse(body) : status;
};
const accounts = ['acme'];

describe('the access to the page', { concurrency: true }, () => {
  it('on this machine needs no login, but a Host that names this machine', async () => {
    await withPage(async ({ url }) => {
      const { host } = new URL(url);
      const port = host.split(':')[1];
      for (const own of [host, `localhost:${port}`, `[::1]:${port}`, `LOCALHOST`]) {
        const { status, headers } = await ask(url, '/', { host: own });
        assert.equal(status, 200, own);
        assert.equal(
          headers['content-security-policy'],
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        );
        assert.equal(headers['set-cookie'], undefined);
      }
      for (const foreign of ['evil.example', `127.0.0.1.evil.example:${port}`, 'localhost.evil'])
        for (const path of ['/', '/app.js', '/api/overview', '/api/session'])
          assert.equal((await ask(url, path, { host: foreign })).status, 421, foreign + path);
      // Prometheus may know this machine by another name.
      assert.equal((await ask(url, '/livez', { host: 'metrics.example' })).status, 200);
      assert.deepEqual(await session(url, {}), {
        name: 'this machine',
        role: 'investigator',
        accounts,
        canLeave: false,
      });
    });
  });

  it('with tokens tells nobody anything without one, except monitoring', async () => {
    await withPage(
      async ({ url }) => {
        for (const path of ['/', '/app.js', '/styles.css', '/vendor/preact.js'])
          assert.equal((await ask(url, path)).status, 200, path);
        for (const path of ['/livez', '/readyz', '/status', '/metrics'])
          assert.equal((await ask(url, path)).status, 200, path);
        for (const headers of [
          {},
          bearer('wrong-token-0123456789'),
          bearer(`${jane}x`),
          { authorization: `Basic ${btoa(`jane:${jane}`)}` },
          { cookie: 'zendesk_log_sync=9999999999.' + 'A'.repeat(43) },
          { 'x-forwarded-user': 'jane', 'x-forwarded-groups': 'security' },
        ])
          for (const path of ['/api/session', '/api/overview'])
            assert.deepEqual(
              await ask(url, path, headers).then(({ status, body }) => ({ status, body })),
              { status: 401, body: '{"reason":"Log in with your token."}\n' },
            );
        assert.deepEqual(await session(url, bearer(jane)), {
          name: 'jane',
          role: 'investigator',
          accounts,
          canLeave: false,
        });
        assert.deepEqual(await session(url, bearer(rob)), {
          name: 'rob',
          role: 'reader',
          accounts,
          canLeave: false,
        });
      },
      { access: login },
    );
  });

  it('gives a browser that logs in a session that only it can use', async () => {
    await withPage(
      async ({ url }) => {
        const post = (token: string, headers: Record<string, string>): Promise<Answer> =>
          ask(url, '/login', headers, JSON.stringify({ token }));
        const own = { origin: url, 'sec-fetch-site': 'same-origin' };
        for (const foreign of [
          {},
          { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
          { origin: 'https://evil.example' },
          { 'sec-fetch-site': 'same-site' },
          { origin: 'null' },
          { origin: url, 'sec-fetch-site': 'cross-site' },
        ])
          assert.equal((await post(jane, foreign)).status, 403);
        const refused = await post('wrong-token-0123456789', own);
        assert.deepEqual(
          [refused.status, refused.headers['set-cookie'], refused.body],
          [403, undefined, '{"reason":"This token is not known. Check that it is complete."}\n'],
        );
        const { status, headers } = await post(jane, own);
        assert.equal(status, 200);
        const [cookie = ''] = headers['set-cookie'] ?? [];
        const [pair = '', ...attributes] = cookie.split('; ');
        assert.deepEqual(attributes, ['Max-Age=43200', 'Path=/', 'HttpOnly', 'SameSite=Strict']);
        assert.ok(!cookie.includes(jane));
        assert.deepEqual(await session(url, { cookie: pair }), {
          name: 'jane',
          role: 'investigator',
          accounts,
          canLeave: true,
        });
        const other = pair.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'));
        assert.equal(await session(url, { cookie: other }), 401);
        // Behind https the browser says so, and the cookie never leaves it.
        const host = 'logs.example';
        const secure = await post(jane, { host, origin: 'https://logs.example' });
        assert.match(String(secure.headers['set-cookie']), /; Secure/);
        const left = await ask(url, '/logout', { ...own, cookie: pair }, '{}');
        assert.match(String(left.headers['set-cookie']), /^zendesk_log_sync=; Max-Age=0/);
        // Whoever has copied the cookie is logged out as well.
        assert.equal(await session(url, { cookie: pair }), 401);
      },
      { access: login },
    );
  });

  it('ends what a session listens to when it is logged out', async () => {
    await withPage(
      async ({ url }) => {
        const own = { origin: url, 'sec-fetch-site': 'same-origin' };
        const { headers } = await ask(url, '/login', own, JSON.stringify({ token: rob }));
        const [cookie = ''] = (headers['set-cookie']?.[0] ?? '').split('; ');
        const live = await fetch(`${url}/api/live`, { headers: { cookie } });
        assert.equal(live.status, 200);
        const heard = live.text();
        await ask(url, '/logout', { ...own, cookie }, '{}');
        // It ends by itself, or the test would never end.
        assert.match(await heard, /^: hello/);
        assert.equal((await fetch(`${url}/api/live`, { headers: { cookie } })).status, 401);
      },
      { access: login },
    );
  });

  it('keeps a session over a restart, as long as its token is in the settings', async () => {
    await withDatabase(async (databaseUrl) => {
      let cookie = '';
      await withPage(
        async ({ url }) => {
          const own = { origin: url, 'sec-fetch-site': 'same-origin' };
          const { headers } = await ask(url, '/login', own, JSON.stringify({ token: jane }));
          [cookie = ''] = (headers['set-cookie']?.[0] ?? '').split('; ');
        },
        { access: login, databaseUrl },
      );
      const again = async (tokens: readonly PageToken[]): Promise<unknown> => {
        let found: unknown;
        await withPage(async ({ url }) => void (found = await session(url, { cookie })), {
          access: { kind: 'login', tokens, proxy: undefined },
          databaseUrl,
        });
        return found;
      };
      assert.deepEqual(await again(login.kind === 'login' ? login.tokens : []), {
        name: 'jane',
        role: 'investigator',
        accounts,
        canLeave: true,
      });
      const changed = { role: 'investigator', name: 'jane', token: 'another-token-0123456789' };
      assert.equal(await again([changed as PageToken]), 401);
    });
  });

  it('believes a proxy about users and groups by the address that connects alone', async () => {
    const said = { 'x-forwarded-user': 'jane@acme.example', 'x-forwarded-groups': 'all, security' };
    await withPage(
      async ({ url }) => {
        assert.deepEqual(await session(url, { ...said, host: 'logs.example' }), {
          name: 'jane@acme.example',
          role: 'investigator',
          accounts,
          canLeave: false,
        });
        const reader = { 'x-forwarded-user': 'rob', 'x-forwarded-groups': 'insecurity' };
        assert.deepEqual(await session(url, reader), {
          name: 'rob',
          role: 'reader',
          accounts,
          canLeave: false,
        });
        assert.equal(await session(url, { 'x-forwarded-groups': 'security' }), 401);
      },
      { access: behindProxy(true) },
    );
    await withPage(
      async ({ url }) => {
        assert.equal(await session(url, { ...said, 'x-forwarded-for': '127.0.0.1' }), 401);
      },
      { access: behindProxy(false) },
    );
  });
});

// By itself: its clock stands still.
describe('an address that has sent ten wrong tokens to the page', () => {
  it('waits, and its sessions continue', async (test) => {
    // Each six seconds one more try is free.
    const now = Math.round(performance.now());
    test.mock.method(performance, 'now', () => now);
    await withPage(
      async ({ url }) => {
        const own = { origin: url, 'sec-fetch-site': 'same-origin' };
        const post = (token: string): Promise<Answer> =>
          ask(url, '/login', own, JSON.stringify({ token }));
        const [cookie = ''] = String((await post(jane)).headers['set-cookie']).split('; ');
        for (let tries = 0; tries < 5; tries += 1) {
          assert.equal((await post(`wrong-token-${tries}`)).status, 403);
          assert.equal(await session(url, bearer(`wrong-token-${tries}`)), 401);
        }
        for (const refused of [
          await post(jane),
          await ask(url, '/api/session', bearer(jane)),
          await ask(url, '/api/overview', bearer('wrong-token')),
        ]) {
          assert.equal(refused.status, 429);
          assert.match(String(refused.headers['retry-after']), /^6$/);
          assert.match(
            refused.body,
            /^{"reason":"Too many wrong tokens came from your address\. Try again in 6 seconds\."}\n$/,
          );
        }
        const { name } = (await session(url, { cookie })) as { name: string };
        assert.equal(name, 'jane');
      },
      { access: login },
    );
  });
});
