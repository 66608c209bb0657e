/** What was done to the stored history is in the package, and found by whoever verifies it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adoptRows } from '../../src/evidence/adoption/adopt.ts';
import type { Log } from '../../src/logger.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import {
  listFindings,
  runOwnVerifier,
  unpack,
  verifyFile,
  withSealedAccount,
  type SealedAccount,
} from '../support/evidence-package.ts';

const signal = new AbortController().signal;

async function pickId({ db }: SealedAccount): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    'select id from zendesk.access_logs where url is not null order by timestamp, id offset 300 limit 1',
  );
  return row?.id ?? assert.fail();
}

/** Packs after a deed. Returns what the package says of it, when the verifiers find that too. */
async function packAfter(sealed: SealedAccount, deed: string): Promise<readonly string[]> {
  await sealed.tamper(deed);
  const { path, statement } = await sealed.pack();
  const found = listFindings(await verifyFile(path));
  for (const sentence of statement.findings)
    assert.ok(
      found.some((line) => line.includes(sentence)),
      `${sentence} is not in ${found.join('\n')}`,
    );
  assert.equal(statement.findings.length > 0, found.length > 0, found.join('\n'));
  return statement.findings;
}

describe('a package of a history that somebody changed', { concurrency: 2 }, () => {
  it('names a row that was changed, and gives no row of its page a proof', async () => {
    await withSealedAccount(async (sealed) => {
      const id = await pickId(sealed);
      const found = await packAfter(
        sealed,
        `update zendesk.access_logs set url = overlay(url placing 'X' from 2) where id = '${id}'`,
      );
      assert.match(found[0] ?? '', new RegExp(`^(Row ${id} of |Not all of the )`));
      const { path, statement } = await sealed.pack();
      const { unproven = {}, proven = 0 } = statement.streams[1] ?? {};
      assert.deepEqual(Object.keys(unproven), ['mismatch']);
      assert.ok(proven > 0, 'rows of other pages have proofs');
      const { status, text } = runOwnVerifier(await unpack(path));
      assert.equal(status, 1);
      assert.match(
        text,
        /^WRONG: rows\/access_logs\.ndjson: line \d+, row \w+, entry \d+: mismatch$/m,
      );
    });
  });

  it('tells of a row that was deleted, of one that was added, and of a page that is gone', async () => {
    await withSealedAccount(async (sealed) => {
      const id = await pickId(sealed);
      const removed = await packAfter(sealed, `delete from zendesk.access_logs where id = '${id}'`);
      assert.match(
        removed.join('\n'),
        /A row of access_logs is missing|rows of access_logs that fetch/,
      );
      assert.match(
        removed.join('\n'),
        /^On \d{4}-\d\d-\d\d the package has \d+ rows of access_logs, and the sealed log says \d+\.$/m,
      );
    });
    await withSealedAccount(async (sealed) => {
      const added = await packAfter(
        sealed,
        `insert into zendesk.access_logs (account, id, timestamp, url)
         select account, '00STRANGER', timestamp, url from zendesk.access_logs where id = '${await pickId(sealed)}'`,
      );
      assert.match(
        added.join('\n'),
        /^Row 00STRANGER of \S+ in access_logs belongs to no manifest/m,
      );
    });
    await withSealedAccount(async (sealed) => {
      const gone = await packAfter(
        sealed,
        `delete from zendesk.access_logs where timestamp >= (select date_trunc('day', min(timestamp) + interval '1 day') from zendesk.access_logs)
           and timestamp < (select date_trunc('day', min(timestamp) + interval '2 days') from zendesk.access_logs)`,
      );
      assert.match(gone.join('\n'), /^On \S+ the package has 0 rows of access_logs/m);
    });
  });

  it('tells of a manifest that was changed, and of coverage that was edited', async () => {
    await withSealedAccount(async (sealed) => {
      const changed = await packAfter(
        sealed,
        `update zendesk_evidence.entries set manifest = set_byte(manifest, 20, get_byte(manifest, 20) # 1) where index = 2`,
      );
      assert.match(
        changed.join('\n'),
        /The \d+ entries of the sealed log are not those of its checkpoint\./,
      );
    });
    await withSealedAccount(async (sealed) => {
      const edited = await packAfter(
        sealed,
        `update zendesk_sync.coverage set covered_from = covered_from - interval '1 hour' where stream = 'audit_logs'`,
      );
      assert.match(
        edited.join('\n'),
        /^audit_logs counts as covered from \S+ until \S+, and no manifest in the log says so\.$/m,
      );
    });
  });

  it('has proofs for all rows after some were replaced by the source, before and after that is sealed', async () => {
    await withSealedAccount(async ({ simulator, worker, sealing, db, pack }) => {
      const now = Math.floor(simulator.now() / 1000);
      simulator.addFault({ kind: 'restamped', stream: 'access_logs', times: Infinity });
      const { counts } = await worker('access_logs').read(
        { from: now - 86_400, to: now - 3600 },
        signal,
      );
      assert.ok(counts.changed > 100, String(counts.changed));
      const before = await pack();
      assert.deepEqual(before.statement.findings, []);
      assert.deepEqual(before.statement.streams[1]?.unproven, { not_sealed: counts.changed });
      assert.deepEqual(listFindings(await verifyFile(before.path)), []);
      await sealWaiting(db, sealing);
      const { path, statement } = await pack();
      assert.deepEqual([statement.findings, statement.streams[1]?.unproven], [[], {}]);
      assert.deepEqual(listFindings(await verifyFile(path)), []);
    });
  });

  it('has proofs for rows from before the log once they are adopted, however odd their values are', async () => {
    await withSealedAccount(
      async ({ db, sealing, pack, tamper }) => {
        const before = await pack();
        assert.deepEqual(before.statement.findings, []);
        const { unproven = {}, rows = 0 } = before.statement.streams[1] ?? {};
        assert.deepEqual(Object.keys(unproven), ['before_log']);
        assert.deepEqual(listFindings(await verifyFile(before.path)), []);
        const log = { info: () => {} } as unknown as Log;
        while (await adoptRows(db, sealing, log, signal)) await sealWaiting(db, sealing);
        const { path, statement } = await pack();
        assert.deepEqual(statement.findings, []);
        assert.deepEqual(statement.streams[1]?.proven, rows);
        assert.deepEqual(listFindings(await verifyFile(path)), []);
        const { status, text } = runOwnVerifier(await unpack(path));
        assert.equal(status, 0, text);
        await tamper(
          `update zendesk.access_logs set method = 'PUT' where synced_at = (select min(synced_at) from zendesk.access_logs)`,
        );
        const changed = await pack();
        assert.match(changed.statement.findings.join(), /were there before the log was begun/);
      },
      async ({ db }) => {
        await db.query(
          `delete from zendesk_evidence.pending p where stream = 'access_logs' and stored_at < (
             select percentile_disc(0.7) within group (order by stored_at) from zendesk_evidence.pending where stream = 'access_logs')`,
        );
        await db.query(
          `update zendesk.access_logs set client = $1, url = $2, referer = '', method = '\\N', bytes_sent = 9223372036854775807,
             ip_address = '2001:db8::1:0:0:1', extra = $3::jsonb
           where synced_at = (select min(synced_at) from zendesk.access_logs)`,
          [
            'tab\t back\\slash\n\r\v\b\f "quotes", 𝄞\u2028\u202e',
            '=cmd|"/c calc"!A1',
            '{"b": 1.50, "10": 1, "9": {"__proto__": null}, "a": [1e400, 1E-7, -0.0, 123456789012345678901234567890]}',
          ],
        );
      },
    );
  });

  it('gives no proof to rows of a page of which a key was destroyed, and none to a row that has no key', async () => {
    await withSealedAccount(async ({ db, pack, tamper }) => {
      await tamper(
        `delete from zendesk_evidence.person_keys where person = (select user_id from zendesk.access_logs where user_id is not null order by timestamp limit 1)`,
        `insert into zendesk.audit_logs (account, id, created_at, actor_id, synced_at, first_synced_at)
         select account, 77, created_at, 987654321, synced_at, synced_at from zendesk.audit_logs order by created_at limit 1`,
      );
      const { path, statement } = await pack();
      const [audit, access] = statement.streams;
      assert.ok((audit?.unproven['mismatch'] ?? 0) > 0);
      assert.match(statement.findings.join('\n'), /^Row 77 of \S+ in audit_logs has no key/m);
      assert.deepEqual(Object.keys(access?.unproven ?? {}), ['erased']);
      assert.match(
        statement.findings.join('\n'),
        /^\d+ rows of access_logs are in pages of which a key was destroyed/m,
      );
      const rows = await db.query('select from zendesk.access_logs');
      assert.equal((access?.unproven['erased'] ?? 0) + (access?.proven ?? 0), rows.length);
      const { text } = runOwnVerifier(await unpack(path));
      assert.match(text, /^access_logs: \d+ rows, \d+ proven, [1-9]\d* without a proof\.$/m);
    });
  });
});
