import assert from 'node:assert/strict';
import { request, type OutgoingHttpHeaders } from 'node:http';
import { describe, it } from 'node:test';
import type { Access } from '../../src/http/page/access.ts';
import { withDatabase } from '../support/database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { withPage } from '../support/page.ts';
import { waitUntil } from '../support/pulled-account.ts';

const jane = 'jane-token-0123456789';

const login: Access = {
  kind: 'login',
  tokens: [{ role: 'investigator', name: 'jane', token: jane }],
  proxy: undefined,
};

const behindProxy: Access = {
  kind: 'login',
  tokens: [],
  proxy: {
    has: () => true,
    userHeader: 'x-forwarded-user',
    groupsHeader: 'x-forwarded-groups',
    investigatorGroups: ['security'],
  },
};

type Question = {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
};

/** A request with any headers: a list of values is a header that comes several times. */
async function ask(
  url: string,
  { method = 'GET', headers = {}, body }: Question = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  request(url, { method, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => (text += part));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
  })
    .on('error', reject)
    .end(body);
  return promise;
}

describe('the page for who means it ill', { concurrency: true }, () => {
  it('makes nothing for a HEAD, whose answer nobody would read', async () => {
    await withPage(async ({ url }) => {
      const file = `${url}/api/what-changed/file?account=acme&form=csv`;
      for (const path of [`${url}/api/live`, file, `${url}/api/overview`])
        assert.equal((await ask(path, { method: 'HEAD' })).status, 405, path);
      assert.equal((await ask(file)).status, 200);
      assert.equal((await ask(`${url}/app.js`, { method: 'HEAD' })).status, 200);
      assert.equal((await ask(`${url}/livez`, { method: 'HEAD' })).status, 200);
    });
  });

  it('is its own origin behind a proxy that passes on another Host, and with the usual port', async () => {
    await withPage(
      async ({ url }) => {
        const body = JSON.stringify({ token: jane });
        const origin = 'https://logs.example';
        const post = async (headers: OutgoingHttpHeaders): Promise<number> =>
          (await ask(`${url}/login`, { method: 'POST', headers, body })).status;
        assert.equal(await post({ origin, 'sec-fetch-site': 'same-origin' }), 200);
        assert.equal(await post({ origin, host: 'logs.example:443' }), 200);
        assert.equal(await post({ origin, host: 'LOGS.example' }), 200);
        for (const headers of [
          { origin, 'sec-fetch-site': 'cross-site', host: 'logs.example' },
          { origin, 'sec-fetch-site': 'none', host: 'logs.example' },
          { origin, host: 'logs.example:8443' },
          { origin: 'null', host: 'null' },
          { origin: 'file://', host: '' },
          { origin, host: 'logs.example.evil.example' },
        ])
          assert.equal(await post(headers), 403, JSON.stringify(headers));
      },
      { access: login },
    );
  });

  it('believes nobody about a user or groups that come twice', async () => {
    await withPage(
      async ({ url }) => {
        const session = async (headers: OutgoingHttpHeaders): Promise<number> =>
          (await ask(`${url}/api/session`, { headers })).status;
        const [user, groups] = ['x-forwarded-user', 'x-forwarded-groups'];
        assert.equal(await session({ [user]: 'rob', [groups]: 'all,security' }), 200);
        assert.equal(await session({ [user]: ['admin', 'rob'] }), 401);
        assert.equal(await session({ [user]: 'rob', [groups]: ['security', 'all'] }), 401);
      },
      { access: behindProxy },
    );
  });

  it('says of a note that no database can store that it is the note', async () => {
    await withPage(async ({ url, db, offer }) => {
      offer(async () => 'done');
      const headers = { origin: url, 'sec-fetch-site': 'same-origin' };
      for (const note of ['a\\u0000b', 'a\\ud800b']) {
        const body = `{"account":"acme","findings":["a"],"note":"${note}"}`;
        assert.deepEqual(
          await ask(`${url}/api/actions/acknowledge`, { method: 'POST', headers, body }),
          { status: 400, text: '{"reason":"The reason has a character that no text has."}\n' },
        );
      }
      assert.deepEqual(await db.query('select from zendesk_sync.actions'), []);
    });
  });

  it('refuses tokens and cookies of any bytes, and continues', async () => {
    await withPage(
      async ({ url }) => {
        const own = { origin: url, 'sec-fetch-site': 'same-origin' };
        for (const token of [
          '"a\\u0000b"',
          '"\\ud800"',
          '"é😀"',
          '7',
          '{"a":1}',
          'null',
          `"${'x'.repeat(10_000)}"`,
        ])
          assert.equal(
            (
              await ask(`${url}/login`, {
                method: 'POST',
                headers: own,
                body: `{"token":${token}}`,
              })
            ).status,
            403,
            token,
          );
        for (const authorization of [
          'Bearer \u00ff\u00fe\u0080',
          'Bearer',
          `Bearer ${jane}\u00a0`,
          `Basic ${jane}`,
        ])
          assert.equal(
            (await ask(`${url}/api/session`, { headers: { authorization } })).status,
            401,
            authorization,
          );
        for (const cookie of [
          'zendesk_log_sync=%ff%00',
          `zendesk_log_sync=${'-'.repeat(43)}`,
          '=;;=',
          'é',
        ])
          assert.equal(
            (await ask(`${url}/api/session`, { headers: { cookie } })).status,
            401,
            cookie,
          );
        const authorization = `Bearer ${jane}`;
        assert.equal((await ask(`${url}/api/session`, { headers: { authorization } })).status, 200);
      },
      { access: login },
    );
  });

  it('refuses what is longer than any question, and answers the next one', async () => {
    await withPage(async ({ url, db }) => {
      const text = 'x'.repeat(20_000);
      assert.equal((await ask(`${url}/api/what-changed?account=acme&text=${text}`)).status, 431);
      const many = Array.from({ length: 2000 }, () => 'a=b').join('&');
      assert.equal((await ask(`${url}/api/overview?${many}`)).status, 200);
      assert.deepEqual(await db.query('select from zendesk_sync.questions'), []);
    });
  });

  it('says to who listens that the database is away, instead of a stream that ends at once', async () => {
    await withDatabase(async (databaseUrl) => {
      const proxy = await startDatabaseProxy(databaseUrl);
      try {
        await withPage(
          async ({ url }) => {
            await proxy.closedDuring(async () => {
              assert.equal((await ask(`${url}/api/live`)).status, 503);
            });
            // The failure is kept for two seconds.
            await waitUntil(async () => {
              const answer = await fetch(`${url}/api/live`);
              await answer.body?.cancel();
              return answer.status === 200;
            });
          },
          {
            databaseUrl,
            databases: [{ name: undefined, url: proxy.url, accounts: ['acme'] }],
          },
        );
      } finally {
        await proxy.close();
      }
    });
  });
});
