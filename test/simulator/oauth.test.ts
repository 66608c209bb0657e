import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import {
  ask,
  NOW,
  statusesWith,
  withSimulator,
  type Json,
  type Reply,
} from './simulated-account.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

const CLIENT = { client_id: 'log-puller', client_secret: 'simulator-client-secret' };
const WISH = { grant_type: 'client_credentials', ...CLIENT, scope: 'read' };

function mint(simulator: Simulator, wish: Json): Promise<Reply<Json>> {
  return ask<Json>(simulator, '/oauth/tokens', [], {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  });
}

describe('POST /oauth/tokens', () => {
  it('mints a bearer token for client credentials, with 201', async () => {
    await withSimulator({}, async (simulator) => {
      const { status, json } = await mint(simulator, { ...WISH, expires_in: 7200 });
      const { access_token: token, ...rest } = json;
      assert.equal(status, 201);
      assert.deepEqual(rest, { token_type: 'bearer', scope: 'read', expires_in: 7200 });
      assert.deepEqual(await statusesWith(simulator, `Bearer ${String(token)}`), [200, 200, 200]);
    });
  });

  it('accepts form encoding too', async () => {
    await withSimulator({}, async (simulator) => {
      const { status, json } = await ask<Json>(simulator, '/oauth/tokens', [], {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ ...WISH, expires_in: '300' }).toString(),
      });
      assert.equal(status, 201);
      assert.equal(json['expires_in'], 300);
    });
  });

  it('keeps expires_in between 300 and 172,800 seconds, 1,800 by default', async () => {
    await withSimulator({}, async (simulator) => {
      const statuses = [299, 300, 172_800, 172_801].map(
        async (seconds) => (await mint(simulator, { ...WISH, expires_in: seconds })).status,
      );
      assert.deepEqual(await Promise.all(statuses), [400, 201, 201, 400]);
      assert.equal((await mint(simulator, WISH)).json['expires_in'], 1800);
    });
  });

  it('may leave expires_in out or null', async () => {
    await withSimulator({ expiresInForm: 'absent' }, async (simulator) => {
      assert.ok(!('expires_in' in (await mint(simulator, WISH)).json));
    });
    await withSimulator({ expiresInForm: 'null' }, async (simulator) => {
      assert.equal((await mint(simulator, WISH)).json['expires_in'], null);
    });
  });

  it('refuses a wrong client id or secret with 401, another grant type with 400', async () => {
    await withSimulator({}, async (simulator) => {
      for (const wrong of [{ client_id: 'other' }, { client_secret: 'guess' }]) {
        const { status, json } = await mint(simulator, { ...WISH, ...wrong });
        assert.deepEqual([status, json['error']], [401, 'invalid_client']);
      }
      const { status, json } = await mint(simulator, { ...WISH, grant_type: 'password' });
      assert.deepEqual([status, json['error']], [400, 'unsupported_grant_type']);
    });
  });

  it('gives no token to a client that is not confidential', async () => {
    await withSimulator({ credentials: { confidential: false } }, async (simulator) => {
      const { status, json } = await mint(simulator, WISH);
      assert.deepEqual([status, json['error']], [400, 'unauthorized_client']);
    });
  });

  it('refuses a scope outside the allowed scopes with 400 invalid_scope', async () => {
    await withSimulator({ allowedScopes: ['read'] }, async (simulator) => {
      for (const scope of ['auditlogs:read', 'read write', 'nonsense', '']) {
        const { status, json } = await mint(simulator, { ...WISH, scope });
        assert.deepEqual([status, json['error']], [400, 'invalid_scope'], scope);
      }
    });
  });

  it('takes the scope as ONE space separated string; an array returns a token that gets 403 everywhere', async () => {
    await withSimulator({}, async (simulator) => {
      const several = await mint(simulator, { ...WISH, scope: 'auditlogs:read users:read' });
      assert.equal(several.json['scope'], 'auditlogs:read users:read');
      const array = await mint(simulator, { ...WISH, scope: ['read'] });
      assert.equal(array.status, 201);
      assert.deepEqual(
        await statusesWith(simulator, `Bearer ${String(array.json['access_token'])}`),
        [403, 403, 403],
      );
    });
  });

  it('without allowed scopes grants unknown names, which are useless', async () => {
    await withSimulator({ allowedScopes: null }, async (simulator) => {
      const { json } = await mint(simulator, { ...WISH, scope: 'audit:everything' });
      assert.deepEqual(
        await statusesWith(simulator, `Bearer ${String(json['access_token'])}`),
        [403, 403, 403],
      );
    });
  });

  it('can grant another scope than the requested one', async () => {
    await withSimulator({ grantedScope: 'users:read' }, async (simulator) => {
      const { json } = await mint(simulator, WISH);
      assert.equal(json['scope'], 'users:read');
      assert.deepEqual(
        await statusesWith(simulator, `Bearer ${String(json['access_token'])}`),
        [403, 403, 200],
      );
    });
  });

  it('needs the broad scope read for access logs', async () => {
    await withSimulator({}, async (simulator) => {
      const { json } = await mint(simulator, { ...WISH, scope: 'auditlogs:read users:read' });
      const authorization = `Bearer ${String(json['access_token'])}`;
      assert.deepEqual(await statusesWith(simulator, authorization), [200, 403, 200]);
      const refused = await ask<Json>(simulator, '/api/v2/access_logs', [], {
        headers: { authorization },
      });
      assert.deepEqual(refused.json, {
        errors: [
          { title: 'Authorization failed', detail: 'You must have administrator privileges' },
        ],
      });
    });
  });

  it('answers a missing scope on the Support stack with error as a string', async () => {
    await withSimulator({ grantedScope: 'users:read' }, async (simulator) => {
      const { json } = await mint(simulator, WISH);
      const headers = { authorization: `Bearer ${String(json['access_token'])}` };
      const { status, json: body } = await ask<Json>(simulator, '/api/v2/audit_logs', [], {
        headers,
      });
      assert.deepEqual(
        [status, body],
        [
          403,
          {
            error: 'Forbidden',
            description: 'You are missing the following required scopes: read',
          },
        ],
      );
    });
  });

  it('lets tokens expire', async () => {
    await withSimulator({ tokenLifetimeSeconds: 2 }, async (simulator) => {
      const { json } = await mint(simulator, WISH);
      const authorization = `Bearer ${String(json['access_token'])}`;
      assert.equal(json['expires_in'], 2);
      simulator.freezeClock(NOW + 1999);
      assert.deepEqual(await statusesWith(simulator, authorization), [200, 200, 200]);
      simulator.freezeClock(NOW + 2000);
      assert.deepEqual(await statusesWith(simulator, authorization), [401, 401, 401]);
    });
  });

  it('has the Date header of its own clock, like every answer', async () => {
    await withSimulator({}, async (simulator) => {
      for (const reply of [await mint(simulator, WISH), await ask(simulator, '/api/v2/users/1')])
        assert.equal(reply.headers.get('date'), 'Thu, 19 Nov 2026 15:00:00 GMT');
    });
  });
});
