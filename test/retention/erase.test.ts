import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadSealedHead } from '../../src/evidence/proving/head.ts';
import { createProver } from '../../src/evidence/proving/prover.ts';
import {
  inUtc,
  readSelected,
  selectSealed,
  type SelectedRow,
} from '../../src/evidence/stored-rows.ts';
import { erasePerson } from '../../src/retention/erase.ts';
import { addHold, releaseHold } from '../../src/retention/holds.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { account, pullCompletely } from '../support/installation.ts';
import { logs, withKeptAccount, type KeptAccount } from './kept-account.ts';

const signal = new AbortController().signal;
const deed = { by: 'ann', reason: 'request 17' };

/** Somebody who acts in both logs, with a name. */
async function pickPerson({
  db,
}: KeptAccount): Promise<{ id: string; name: string; email: string }> {
  const [person] = await db.query<{ id: string; name: string; email: string }>(
    `select u.id::text as id, u.name, u.email from zendesk.users u
     where exists (select from zendesk.access_logs l where l.user_id = u.id)
       and exists (select from zendesk.audit_logs a where a.actor_id = u.id)
     order by (select count(*) from zendesk.audit_logs a where a.actor_id = u.id) desc limit 1`,
  );
  assert.ok(person !== undefined);
  return person;
}

/** Every text of the schemas in which a word is. */
async function findWord({ db }: KeptAccount, word: string): Promise<readonly string[]> {
  const tables = await db.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('zendesk', 'zendesk_sync', 'zendesk_evidence') order by 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await db.query(`select from ${name} t where position($1 in t::text) > 0 limit 1`, [
      word,
    ]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

/** Who did not act can still be proven, who did no longer; and the checkpoint from before is one of this log. */
async function assertProofs(kept: KeptAccount, id: string, before = ''): Promise<void> {
  const { db } = kept;
  const head = await loadSealedHead(db, account);
  assert.ok(head !== undefined);
  const prove = createProver(db, head);
  for (const [condition, expected] of [
    ['user_id = $1', 'removed'],
    ['user_id <> $1', 'proven'],
  ] as const) {
    const [row] = await db.query<SelectedRow & { $storedAt: string }>(
      `select ${selectSealed(accessLogs.table)}, ${inUtc('synced_at')} as "$storedAt" from zendesk.access_logs where ${condition} order by timestamp limit 1`,
      [id],
    );
    assert.ok(row !== undefined);
    const { $storedAt, ...selected } = row;
    const proven = await prove(accessLogs, { ...readSelected(selected), storedAt: $storedAt });
    assert.equal('reason' in proven ? proven.reason : 'proven', expected);
  }
  assert.deepEqual((await kept.verify([before])).findings, []);
}

describe('erase person', { concurrency: 2 }, () => {
  it('takes what is personal from everywhere, and verify finds nothing', async () => {
    await withKeptAccount(async (kept) => {
      const { db, simulator, worker } = kept;
      await pullCompletely(kept, 'users');
      // Rows that Zendesk returned otherwise have former versions, which name people too.
      const now = Math.floor(simulator.now() / 1000);
      simulator.addFault({ kind: 'restamped', stream: 'audit_logs', times: Infinity });
      await worker('audit_logs').read({ from: now - 20 * 86_400, to: now - 3600 }, signal);
      await kept.seal();
      const revisions = await db.query('select from zendesk.revisions');
      assert.ok(revisions.length > 0);
      const { id, name, email } = await pickPerson(kept);
      assert.ok((await findWord(kept, name)).includes('zendesk.revisions'));
      const before = await loadSealedHead(db, account);
      const erased = await erasePerson(db, account, logs, id, deed);
      assert.ok(
        erased.rows > 0 && erased.revisions > 0 && erased.others > 0,
        JSON.stringify(erased),
      );
      assert.deepEqual([...(await findWord(kept, name)), ...(await findWord(kept, email))], []);
      const rest = await db.query(
        `select from zendesk.access_logs where user_id = $1 and (url is not null or ip_address is not null or client is not null)`,
        [id],
      );
      assert.equal(rest.length, 0);
      for (const when of ['waiting', 'sealed']) {
        const { findings, unchecked } = await kept.verify();
        assert.deepEqual(findings, [], when);
        if (when === 'sealed')
          assert.match(
            unchecked.join('\n'),
            /What was personal of somebody in [\d,]+ rows was erased on/,
          );
        await kept.seal();
      }
      const entries = await db.query<{ text: string }>(
        `select convert_from(manifest, 'UTF8') as text from zendesk_evidence.entries where position('"kind":"removed"'::bytea in manifest) > 0`,
      );
      assert.equal(entries.length, 1);
      assert.ok(!entries[0]?.text.includes(id) && !entries[0]?.text.includes('17"'));
      await assertProofs(kept, id, before?.note);
      // Neither the next listing nor the next reading brings anything back.
      await pullCompletely(kept, 'users');
      await worker('access_logs').read({ from: now - 4 * 86_400, to: now - 3600 }, signal);
      assert.deepEqual([...(await findWord(kept, name)), ...(await findWord(kept, email))], []);
      await kept.seal();
      assert.deepEqual((await kept.verify()).findings, []);
    });
  });

  it('still finds what somebody does to what is left, and is refused under a hold', async () => {
    await withKeptAccount(async (kept) => {
      const { db } = kept;
      await pullCompletely(kept, 'users');
      const { id, name } = await pickPerson(kept);
      const none = { stream: undefined, ticket: undefined, span: { from: 0, to: Infinity } };
      await addHold(db, account, { name: 'case', reason: 'x', by: 'ann', ...none, person: id });
      await assert.rejects(erasePerson(db, account, logs, id, deed), { code: 'held' });
      assert.ok((await findWord(kept, name)).length > 0);
      await releaseHold(db, account, { name: 'case', reason: 'over', by: 'ann' });
      await erasePerson(db, account, logs, id, deed);
      await kept.seal();
      assert.deepEqual((await kept.verify()).findings, []);
      for (const change of [`ip_address = '203.0.113.9'`, `status = 418`]) {
        await db.transaction(async (tx) => {
          await tx.query('set local session_replication_role = replica');
          await tx.query(
            `update zendesk.access_logs set ${change} where id = (select id from zendesk.access_logs where user_id = $1 order by timestamp limit 1)`,
            [id],
          );
        });
        const { findings } = await kept.verify();
        assert.ok(findings.length > 0 && findings.every((each) => each.startsWith('row_changed')));
      }
    });
  });
});
