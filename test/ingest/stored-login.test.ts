/** A login in the database, without a token endpoint. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadLogin, replaceLogin } from '../../src/ingest/kept-login.ts';
import { createSeal } from '../../src/ingest/sealed-tokens.ts';
import { withLedger } from '../support/ledger.ts';

const credentials = {
  kind: 'oauth-refresh',
  clientId: 'id',
  clientSecret: 'secret',
  firstToken: 'first',
} as const;
const pair = {
  accessToken: 'access',
  refreshToken: 'refresh',
  scope: 'read',
  accessLeftMs: 60_000,
  refreshLeftMs: undefined,
};

describe('a login in the database', () => {
  it('is none before the first, that of the newest login afterwards, and cannot be read with another secret', async () => {
    await withLedger(async (db) => {
      const none = { kept: undefined, isForeign: false, refusedAt: undefined };
      assert.deepEqual(await loadLogin(db, 'acme', credentials), none);
      await replaceLogin(db, 'acme', credentials, { ...pair, accessToken: 'older' });
      await replaceLogin(db, 'acme', credentials, pair);
      const { kept, ...others } = await loadLogin(db, 'acme', credentials);
      const { accessToken, scope, accessLifeMs = 0, refreshLeftMs } = kept ?? {};
      // The statement reads the clock twice.
      assert.equal(Math.round(accessLifeMs / 1000), 60);
      assert.deepEqual(others, { isForeign: false, refusedAt: undefined });
      assert.deepEqual(
        { accessToken, scope, refreshLeftMs },
        { accessToken: 'access', scope: 'read', refreshLeftMs: undefined },
      );
      const other = { ...credentials, clientSecret: 'another' };
      assert.deepEqual(await loadLogin(db, 'acme', other), { ...none, isForeign: true });
      assert.deepEqual(await loadLogin(db, 'beta', credentials), none);
    });
  });

  it('spends the first token of the settings, which must not be tried again', async () => {
    await withLedger(async (db) => {
      const spent = () =>
        db.query<{ spent: readonly string[] }>(
          'select spent_tokens as spent from zendesk_sync.oauth_logins',
        );
      await replaceLogin(db, 'acme', { ...credentials, firstToken: undefined }, pair);
      assert.deepEqual(await spent(), [{ spent: [] }]);
      await replaceLogin(db, 'acme', credentials, pair);
      const name = createSeal('acme', 'secret').nameToken('first');
      assert.deepEqual(await spent(), [{ spent: [name] }]);
    });
  });
});
