import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { verifyRecords } from '../../src/evidence/verification/records.ts';
import { loadHolds } from '../../src/retention/holds.ts';
import { withLedger } from '../support/ledger.ts';
import { runProgram } from '../support/program.ts';
import type { Database } from '../../src/database/client.ts';

const account = 'acme';

type Run = (...argv: string[]) => ReturnType<typeof runProgram>;

async function withHolds(
  work: (run: Run, db: Database, tamper: (statement: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  await withLedger(async (db, url) => {
    await db.query(
      `insert into zendesk_sync.streams (account, stream) values ('acme', 'access_logs') on conflict do nothing`,
    );
    await work(
      (...argv) => runProgram(['hold', ...argv], { DATABASE_URL: url, USER: 'ann' }),
      db,
      (statement) =>
        db.transaction(async (tx) => {
          await tx.query('alter table zendesk_sync.holds disable trigger all');
          await tx.query(statement);
          await tx.query('alter table zendesk_sync.holds enable always trigger refuse_rewriting');
        }),
    );
  });
}

describe('hold', { concurrency: 2 }, () => {
  it('is set and released, each with a reason and a name, and its history stays', async () => {
    await withHolds(async (run, db) => {
      const added = await run(
        'add',
        'case-1',
        '--from',
        '2026-01-01',
        '--to',
        '2026-02-01',
        '--stream',
        'access_logs',
        '--person',
        '7',
        '--ticket',
        '12',
        '--reason',
        'a claim',
      );
      assert.deepEqual(added.stdout, 'The hold case-1 is set on acme.\n');
      const [hold] = await loadHolds(db, account);
      assert.deepEqual(
        [hold?.name, hold?.stream, hold?.person, hold?.ticket, hold?.reason, hold?.setBy],
        ['case-1', 'access_logs', '7', '12', 'a claim', 'ann'],
      );
      const released = await run('release', 'case-1', '--reason', 'settled', '--by', 'Bo');
      assert.equal(released.stdout, 'The hold case-1 on acme is released.\n');
      assert.deepEqual(await loadHolds(db, account), []);
      assert.equal((await run('list')).stdout, 'Account acme: no holds.\n');
      const all = JSON.parse((await run('list', '--all', '--json')).stdout) as {
        holds: Record<string, unknown>[];
      };
      assert.deepEqual(
        all.holds.map(({ name, from, until, releasedBy, releaseReason }) => [
          name,
          from,
          until,
          releasedBy,
          releaseReason,
        ]),
        [['case-1', '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', 'Bo', 'settled']],
      );
      const again = await run('add', 'case-1', '--everything', '--reason', 'x');
      assert.equal(again.status, 1);
      assert.match(again.stderr, /There is or was a hold named "case-1" on acme/);
      const unknown = await run('release', 'case-1', '--reason', 'again');
      assert.equal(unknown.status, 1);
    });
  });

  it('says what is wrong with its arguments, with status 2', async () => {
    await withHolds(async (run) => {
      const { status, stderr } = await run('add', 'a b', '--person', 'joe', '--stream', 'users');
      assert.equal(status, 2);
      for (const problem of [
        'The name is "a b".',
        'The reason is missing. Add --reason "why".',
        '--stream is "users". Use audit_logs or access_logs.',
        '--person is "joe".',
      ])
        assert.ok(stderr.includes(problem), stderr);
      const nothing = await run('add', 'all', '--reason', 'x');
      assert.match(nothing.stderr, /Specify what is held: --from, --to, /);
      const swapped = await run(
        'add',
        'x',
        '--from',
        '2026-02-01',
        '--to',
        '2026-01-01',
        '--reason',
        'x',
      );
      assert.match(swapped.stderr, /--from 2026-02-01 is not before --to 2026-01-01/);
    });
  });

  it('cannot be changed or removed, and what a superuser does to it is found', async () => {
    await withHolds(async (run, db, tamper) => {
      await run('add', 'kept', '--everything', '--reason', 'suspicion of Joe');
      for (const statement of [
        `update zendesk_sync.holds set reason = 'x'`,
        'delete from zendesk_sync.holds',
        'truncate zendesk_sync.holds',
      ])
        await assert.rejects(db.query(statement), { sqlState: '42501' });
      assert.deepEqual(await verifyRecords(db, account), []);
      const key = makeSigningKey('acme/log');
      await sealWaiting(db, { account, origin: 'acme/log', key, logs: [] });
      assert.deepEqual(await verifyRecords(db, account), []);
      const entries = await db.query<{ text: string }>(
        `select convert_from(manifest, 'UTF8') as text from zendesk_evidence.entries`,
      );
      assert.ok(entries.every(({ text }) => !text.includes('Joe') && !text.includes('kept')));
      const kinds = async () => (await verifyRecords(db, account)).map(({ kind }) => kind);
      await tamper(`update zendesk_sync.holds set held_until = '2000-01-01'`);
      assert.deepEqual(await kinds(), ['record_missing', 'record_added']);
      await assert.rejects(loadHolds(db, account), { code: 'holds_doubtful' });
      await tamper('update zendesk_sync.holds set held_until = null');
      assert.deepEqual(await kinds(), []);
      await tamper('delete from zendesk_sync.holds');
      assert.deepEqual(await kinds(), ['record_missing']);
      await tamper(
        `insert into zendesk_sync.holds (account, name, act, reason, done_by, salt) values ('acme', 'kept', 'released', 'x', 'x', 'x')`,
      );
      assert.deepEqual(await kinds(), ['record_missing', 'record_added']);
    });
  });
});
