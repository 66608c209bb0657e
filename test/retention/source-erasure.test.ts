import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addHold, releaseHold } from '../../src/retention/holds.ts';
import { countSourceErasures, followSourceErasures } from '../../src/retention/source-erasure.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { account } from '../support/installation.ts';
import { withKeptAccount } from './kept-account.ts';

const signal = new AbortController().signal;

/** Who acts most in the audit log; the simulator makes the same account each time. */
async function findBusiest(): Promise<number> {
  let busiest = 0;
  await withKeptAccount(async ({ db }) => {
    const [person] = await db.query<{ id: number }>(
      `select actor_id::float8 as id from zendesk.audit_logs where actor_id > 0 group by 1 order by count(*) desc limit 1`,
    );
    busiest = person?.id ?? 0;
  });
  return busiest;
}

describe('what Zendesk has erased on its side', () => {
  it('goes from previous versions too, unless a hold keeps it, and verify finds nothing', async () => {
    const userId = await findBusiest();
    const afterMs = Date.now() + 3_600_000;
    const erasure = { after: new Date(afterMs), userId };
    await withKeptAccount(
      async (kept) => {
        const { db, worker, simulator, seal, verify } = kept;
        const read = (): Promise<unknown> => {
          const now = Math.floor(simulator.now() / 1000);
          return worker('audit_logs').read({ from: now - 40 * 86_400, to: now - 7200 }, signal);
        };
        const [named] = await db.query<{ name: string }>(
          'select max(actor_name) as name from zendesk.audit_logs where actor_id = $1',
          [userId],
        );
        assert.equal(await countSourceErasures(db, account, auditLogs), 0);
        simulator.freezeClock(afterMs + 1000);
        await read();
        await seal();
        const former = () =>
          db.query(`select from zendesk.revisions where content ->> 'actor_name' = $1`, [
            named?.name,
          ]);
        const kept1 = (await former()).length;
        assert.ok(kept1 > 0);
        const hold = { name: 'case', reason: 'x', by: 'ann', stream: 'audit_logs' };
        const none = { person: undefined, ticket: undefined, span: { from: 0, to: Infinity } };
        await addHold(db, account, { ...hold, ...none });
        assert.equal(await followSourceErasures(db, account, auditLogs, 'ann'), 0);
        await releaseHold(db, account, { name: 'case', reason: 'over', by: 'ann' });
        assert.ok((await followSourceErasures(db, account, auditLogs, 'ann')) >= kept1);
        assert.equal((await former()).length, 0);
        assert.equal(await countSourceErasures(db, account, auditLogs), 0);
        await seal();
        assert.deepEqual((await verify()).findings, []);
      },
      { erasure },
    );
  });
});
