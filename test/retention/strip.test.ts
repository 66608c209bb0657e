import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyRetention } from '../../src/retention/apply.ts';
import { planRetention } from '../../src/retention/plan.ts';
import { account } from '../support/installation.ts';
import { logs, withKeptAccount, type KeptAccount } from './kept-account.ts';

const signal = new AbortController().signal;
const policies = ['search_text', 'graphql_variables'].map((of) => ({
  of,
  days: 2,
  months: 0,
  text: '2 days',
}));

async function strip({ db, simulator }: KeptAccount): Promise<readonly string[]> {
  const planned = await planRetention(db, account, logs, policies, new Date(simulator.now()));
  const done: string[] = [];
  await applyRetention(
    db,
    planned,
    'ann',
    ({ planned: { group }, rows }) => done.push(`${group?.name} ${rows > 0}`),
    signal,
  );
  return done;
}

const old = `timestamp < (select max(timestamp) from zendesk.access_logs) - interval '3 days'`;

describe('columns that go before the record does', { concurrency: 2 }, () => {
  it('go from the rows and what was derived from them, and the rest is still checked', async () => {
    await withKeptAccount(async (kept) => {
      const { db, simulator, worker } = kept;
      const resources = () =>
        db.query(
          `select access_log_id, position, kind, resource_type, resource_id from zendesk.access_log_resources order by timestamp, access_log_id, position`,
        );
      const before = await resources();
      assert.deepEqual(await strip(kept), ['search_text true', 'graphql_variables true']);
      const left = await db.query(
        `select from zendesk.access_logs where ${old} and (url ~ '[?&]' or referer ~ '[?&]' or graphql_query is not null or graphql_variables is not null)`,
      );
      const derived = await db.query(
        `select from zendesk.access_log_resources where ${old} and search_query is not null`,
      );
      assert.deepEqual([left.length, derived.length], [0, 0]);
      assert.deepEqual(await resources(), before);
      for (const when of ['waiting', 'sealed']) {
        const { findings, unchecked } = await kept.verify();
        assert.deepEqual(findings, [], when);
        assert.match(
          unchecked.join('\n'),
          /search_text of access_logs from .* removed by retention on/,
        );
        await kept.seal();
      }
      assert.deepEqual(await strip(kept), [], 'a second time there is nothing left');
      // Zendesk still has what was taken away: reading it again does not bring it back.
      const now = Math.floor(simulator.now() / 1000);
      const { counts } = await worker('access_logs').read(
        { from: now - 4 * 86_400, to: now - 3600 },
        signal,
      );
      assert.equal(counts.changed, 0);
      assert.deepEqual((await kept.verify()).findings, []);
      await db.transaction(async (tx) => {
        await tx.query('set local session_replication_role = replica');
        await tx.query(
          `update zendesk.access_logs set client = 'x' where id = (select l.id from zendesk.access_logs l join zendesk_evidence.remnants r on r.id = l.id order by timestamp limit 1)`,
        );
      });
      const { findings } = await kept.verify();
      assert.ok(
        findings.length > 0 && findings.every((each) => each.startsWith('row_changed')),
        findings.join('\n'),
      );
    });
  });
});
