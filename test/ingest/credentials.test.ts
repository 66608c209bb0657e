import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fault } from '../../src/simulator/simulator.ts';
import {
  account,
  assertTrue,
  pullCompletely,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { assertComplete, listFetches, statusOf } from '../support/ledger-facts.ts';
import { smallAccount } from '../support/small-account.ts';
import { createStillTime } from '../support/still-time.ts';

const signal = new AbortController().signal;
const logs = ['audit_logs', 'access_logs'] as const;
const clients = 'Admin Center > Apps and integrations > APIs > OAuth clients';

function countTokens({ simulator }: Installation): number {
  return simulator.requests().filter(({ path }) => path === '/oauth/tokens').length;
}

describe('an access token', { concurrency: 3 }, () => {
  for (const stream of logs)
    it(`that expires in the middle of a run is replaced by a new one, once, and ${stream} loses nothing`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db } = installation;
        simulator.addFault({ kind: 'token-expired', stream, onlyWithCursor: true });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        assert.equal(countTokens(installation), 2);
        const struck = simulator.requests().filter(({ status }) => status === 401);
        assert.equal(struck.length, 1);
        assert.ok((await listFetches(db, stream)).every(({ restarted }) => !restarted));
        assert.equal((await statusOf(db, stream)).last_error, null);
      });
    });

  it('is renewed before it expires', async () => {
    const time = createStillTime();
    const settings = { ...smallAccount('audit_logs'), ...time.simulator, burst: null };
    const { localNow } = time;
    await withInstallation(
      { ...settings, tokenLifetimeSeconds: 600 },
      { localNow },
      async (installation) => {
        const { simulator } = installation;
        await time.pass(installation, 0);
        for (let tick = 0; tick < 6; tick += 1) {
          await pullCompletely(installation, 'audit_logs');
          await time.pass(installation, 300);
        }
        assert.equal(countTokens(installation), 3);
        assert.ok(simulator.requests().every(({ status }) => status !== 401));
      },
    );
  });
});

describe('credentials that are refused', { concurrency: 3 }, () => {
  const table: [name: string, stream: (typeof logs)[number], fault: Fault, error: string][] = [
    [
      '401 for the audit log',
      'audit_logs',
      { kind: '401', stream: 'audit_logs' },
      `Zendesk refuses the access token (401), even a new one; check that the OAuth client is confidential and that its user is an active admin (${clients}). Zendesk said: "Couldn't authenticate you".`,
    ],
    [
      '401 for the access log',
      'access_logs',
      { kind: '401', stream: 'access_logs' },
      `Zendesk refuses the access token (401), even a new one; check that the OAuth client is confidential and that its user is an active admin (${clients}). Zendesk said: "Authentication failed: Please use valid credentials".`,
    ],
    [
      'tokens that expire at once',
      'audit_logs',
      { kind: 'token-expired', stream: 'audit_logs' },
      `Zendesk refuses the access token (401), even a new one; check that the OAuth client is confidential and that its user is an active admin (${clients}). Zendesk said: "invalid_token: The access token provided is expired, revoked, malformed or invalid for other reasons.".`,
    ],
  ];
  for (const [name, stream, fault, error] of table)
    it(`in the middle of a run fail the run with a sentence and without a secret: ${name}`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db, worker } = installation;
        await worker(stream).follow(signal);
        simulator.addFault({ ...fault, onlyWithCursor: true, times: Infinity });
        const filled = await worker(stream).fill(signal);
        assert.deepEqual(
          { outcome: filled?.outcome, error: filled?.error },
          { outcome: 'failed', error },
        );
        const { state, last_error } = await statusOf(db, stream);
        assert.deepEqual({ state, last_error }, { state: 'failed', last_error: error });
        const failed = (await listFetches(db, stream)).find(({ outcome }) => outcome === 'failed');
        assert.deepEqual({ error: failed?.error, pages: failed?.pages }, { error, pages: 1 });
        await assertTrue(installation, stream);

        simulator.clearFaults();
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
      });
    });

  it('by the token endpoint fail every run with a sentence, and no secret is stored in the database', async () => {
    await withInstallation(smallAccount('audit_logs'), {}, async (installation) => {
      const { simulator, db, worker } = installation;
      simulator.addFault({ kind: '401', stream: 'oauth', times: Infinity });
      const followed = await worker('audit_logs').follow(signal);
      assert.deepEqual(
        { outcome: followed.outcome, error: followed.error },
        {
          outcome: 'failed',
          error: `Zendesk refuses the OAuth client (401); check ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET, and that the client is confidential (${clients}). Zendesk said: "invalid_client: Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.".`,
        },
      );
      const asked = simulator.requests().filter(({ stream }) => stream !== 'oauth');
      assert.deepEqual(asked, []);
      const [ledger] = await db.query<{ text: string }>(
        `select concat((select json_agg(r) from zendesk_sync.runs r), (select json_agg(f) from zendesk_sync.fetches f),
           (select json_agg(s) from zendesk_sync.status s)) as text`,
      );
      assert.match(ledger?.text ?? '', /Zendesk refuses the OAuth client/);
      assert.ok(!ledger?.text.includes(simulator.options.credentials.clientSecret));

      simulator.clearFaults();
      await pullCompletely(installation, 'audit_logs');
      await assertComplete(installation, 'audit_logs');
      const runs = await db.query(
        `select task, outcome from zendesk_sync.runs where account = $1 order by id`,
        [account],
      );
      assert.deepEqual(runs, [
        { task: 'live', outcome: 'failed' },
        { task: 'live', outcome: 'complete' },
        { task: 'backfill', outcome: 'complete' },
      ]);
    });
  });
});
