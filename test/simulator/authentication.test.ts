import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { ask, statusesWith, withSimulator, type Json } from './simulated-account.ts';

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

describe('authentication', () => {
  it('accepts the ready token and Basic {email}/token:{api_token}', async () => {
    await withSimulator({}, async (simulator) => {
      assert.deepEqual(
        await statusesWith(simulator, 'Bearer simulator-ready-token'),
        [200, 200, 200],
      );
      const token = basic('integration@acme.example/token:simulator-api-token');
      assert.deepEqual(await statusesWith(simulator, token), [200, 200, 200]);
    });
  });

  it('answers 401 in the words of each stack', async () => {
    await withSimulator({}, async (simulator) => {
      const bodyOf = async (path: string, headers: Record<string, string>): Promise<Json> => {
        const { status, json } = await ask<Json>(simulator, path, [], { headers });
        assert.equal(status, 401);
        return json;
      };
      const access = {
        errors: [{ title: 'Authentication failed', detail: 'Please use valid credentials' }],
      };
      for (const headers of [{}, { authorization: basic('integration@acme.example:password') }]) {
        assert.deepEqual(await bodyOf('/api/v2/audit_logs', headers), {
          error: "Couldn't authenticate you",
        });
        assert.deepEqual(await bodyOf('/api/v2/users', headers), {
          error: "Couldn't authenticate you",
        });
        assert.deepEqual(await bodyOf('/api/v2/access_logs', headers), access);
      }
      const revoked = await bodyOf('/api/v2/audit_logs', { authorization: 'Bearer never-minted' });
      assert.equal(revoked['error'], 'invalid_token');
      assert.deepEqual(
        await bodyOf('/api/v2/access_logs', { authorization: 'Bearer never-minted' }),
        access,
      );
    });
  });

  it('accepts the given credentials, and none if they are empty', async () => {
    await withSimulator(
      { credentials: { readyToken: 'mine', apiToken: '' } },
      async (simulator) => {
        assert.deepEqual(await statusesWith(simulator, 'Bearer mine'), [200, 200, 200]);
        assert.deepEqual(
          await statusesWith(simulator, basic('integration@acme.example/token:')),
          [401, 401, 401],
        );
      },
    );
  });
});
