/** What comes between the plan and the deed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyRetention } from '../../src/retention/apply.ts';
import { dropParts } from '../../src/retention/drop.ts';
import { erasePerson } from '../../src/retention/erase.ts';
import { addHold, releaseHold } from '../../src/retention/holds.ts';
import { planRetention } from '../../src/retention/plan.ts';
import type { PlannedRemoval } from '../../src/retention/planned-removal.ts';
import { account } from '../support/installation.ts';
import { logs, withKeptAccount, type KeptAccount } from './kept-account.ts';

const { signal } = new AbortController();

function plan({ db, simulator }: KeptAccount, of: string): Promise<readonly PlannedRemoval[]> {
  const policy = { of, days: 2, months: 0, text: '2 days' };
  return planRetention(db, account, logs, [policy], new Date(simulator.now()));
}

async function describeRows({ db }: KeptAccount, of: string): Promise<unknown> {
  return db.query(
    `select count(*)::integer as rows, md5(string_agg(t::text, ',' order by timestamp, id)) as content
     from zendesk.access_logs t where account = $1`,
    [of],
  );
}

describe('an erasure', () => {
  it('takes every record of the person out of the quarantine, however many there are', async () => {
    await withKeptAccount(async ({ db, seal, verify }) => {
      await db.query(
        `insert into zendesk_sync.quarantine (account, stream, record_id, code, reason, content, fingerprint, tried_by)
         select $1, 'users', '77', 'invalid', 'x', convert_to('{"id":77,"n":' || n || '}', 'UTF8'), sha256(n::text::bytea), 'x'
         from generate_series(1, 1001) as n`,
        [account],
      );
      const { quarantined } = await erasePerson(db, account, logs, '77', {
        by: 'ann',
        reason: 'x',
      });
      assert.equal(quarantined, 1001);
      assert.deepEqual(await db.query('select from zendesk_sync.quarantine'), []);
      await seal();
      const { findings } = await verify();
      assert.ok(!findings.some((each) => each.startsWith('row_')), findings.join('\n'));
    });
  });

  it('takes records of the person out of the quarantine whose name nobody knows, and no others', async () => {
    await withKeptAccount(async ({ db }) => {
      const contents = [
        '{"id":1,"actor_id":77,"x":1}',
        '{"id":2,"actor_id": "77"}',
        '{"id":77,"actor_id":777}',
        '{"id":4,"source_id":77,"actor_id":5}',
      ];
      await db.query(
        `insert into zendesk_sync.quarantine (account, stream, code, reason, content, fingerprint, tried_by)
         select $1, 'audit_logs', 'invalid', 'x', convert_to(c, 'UTF8'), sha256(c::bytea), 'x' from unnest($2::text[]) as c`,
        [account, contents],
      );
      await erasePerson(db, account, logs, '77', { by: 'ann', reason: 'x' });
      assert.deepEqual(
        await db.query(
          `select convert_from(content, 'UTF8') as content from zendesk_sync.quarantine order by id`,
        ),
        contents.slice(2).map((content) => ({ content })),
      );
    });
  });
});

describe('between the plan of a retention and its end', { concurrency: 2 }, () => {
  it('a hold may be set, and keeps rows and columns', async () => {
    await withKeptAccount(async (kept) => {
      const before = await describeRows(kept, account);
      for (const what of ['access_logs', 'search_text']) {
        const planned = await plan(kept, what);
        assert.ok(planned.length > 0);
        await addHold(kept.db, account, {
          name: what,
          reason: 'x',
          by: 'ann',
          stream: undefined,
          person: undefined,
          ticket: undefined,
          span: { from: -Infinity, to: Infinity },
        });
        await assert.rejects(
          applyRetention(kept.db, planned, 'ann', () => {}, signal),
          new RegExp(`Rows of access_logs of ${account} stay: the hold .* was set meanwhile`),
        );
        assert.deepEqual(await describeRows(kept, account), before);
        await releaseHold(kept.db, account, { name: what, reason: 'y', by: 'bo' });
      }
    });
  });

  it('rows of another account may come into a partition that went as a whole, and stay', async () => {
    await withKeptAccount(
      async (kept) => {
        const { db } = kept;
        const whole = (await plan(kept, 'access_logs')).find(({ isWhole }) => isWhole);
        assert.ok(whole !== undefined);
        const columns = logs.find(({ name }) => name === 'access_logs')?.table.columns.join(', ');
        await db.query(
          `insert into zendesk.access_logs (account, id, timestamp, ${columns})
           select 'other', id, timestamp, ${columns} from ${whole.partition} where account = $1 limit 5`,
          [account],
        );
        const before = await describeRows(kept, 'other');
        assert.ok((await dropParts(db, [whole], true, { by: 'ann' })) > 0);
        assert.deepEqual(await describeRows(kept, 'other'), before);
        assert.deepEqual((await kept.verify()).findings, []);
      },
      { accessLogDays: 60, accessLogRowsPerDay: 20 },
    );
  });
});
