import assert from 'node:assert/strict';
import { createServer, request, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { Access } from '../../src/http/page/access.ts';
import { withPage } from '../support/page.ts';

const trusting: Access = {
  kind: 'login',
  tokens: [],
  proxy: {
    has: (address) => address === '127.0.0.1',
    userHeader: 'x-forwarded-user',
    groupsHeader: 'x-forwarded-groups',
    investigatorGroups: ['security'],
  },
};

/** A proxy that has logged Jane in, and passes on the Host of the page, as nginx does unless it is told otherwise. */
async function withProxy(page: string, work: (url: string) => Promise<void>): Promise<void> {
  const proxy = createServer((incoming, outgoing) => {
    const headers: IncomingHttpHeaders = { ...incoming.headers, host: new URL(page).host };
    headers['x-forwarded-for'] = '203.0.113.9';
    headers['x-forwarded-user'] = 'jane@acme.example';
    headers['x-forwarded-groups'] = 'all,security';
    incoming.pipe(
      request(`${page}${incoming.url ?? ''}`, { method: incoming.method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      }),
    );
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
}

describe('the page on this machine behind a proxy', { concurrency: true }, () => {
  it('believes the proxy of the settings about who asks, and lets them act', async () => {
    await withPage(
      async ({ url: page, offer, db }) => {
        offer(async () => 'A verification has begun.');
        await withProxy(page, async (url) => {
          const session = await fetch(`${url}/api/session`);
          assert.deepEqual(await session.json(), {
            name: 'jane@acme.example',
            role: 'investigator',
            accounts: ['acme'],
            canLeave: false,
          });
          assert.equal((await fetch(`${url}/`)).status, 200);
          const acted = await fetch(`${url}/api/actions/verify`, {
            method: 'POST',
            headers: { origin: 'https://logs.example', 'sec-fetch-site': 'same-origin' },
            body: JSON.stringify({ account: 'acme', depth: 'quick' }),
          });
          assert.deepEqual(
            [acted.status, await acted.json()],
            [200, { done: 'A verification has begun.' }],
          );
          assert.deepEqual(await db.query('select done_by, role from zendesk_sync.actions'), [
            { done_by: 'jane@acme.example', role: 'investigator' },
          ]);
        });
      },
      { access: trusting },
    );
  });

  it('shows nothing to those behind a proxy that no setting names', async () => {
    await withPage(async ({ url: page }) => {
      await withProxy(page, async (url) => {
        for (const path of ['/', '/api/session', '/api/overview']) {
          const answer = await fetch(`${url}${path}`);
          assert.equal(answer.status, 403, path);
          assert.deepEqual(await answer.json(), {
            reason:
              'A proxy passes this request on, and without a login everybody behind it would see the page. Set HTTP_TRUSTED_PROXY or HTTP_TOKEN_FILE.',
          });
        }
        assert.equal((await fetch(`${url}/livez`)).status, 200);
      });
    });
  });
});
