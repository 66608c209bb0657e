import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { formatVerifierKey, makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { loadHead } from '../../src/evidence/anchoring/head.ts';
import { openDirectory } from '../../src/evidence/directory.ts';
import { publishLog } from '../../src/evidence/publication.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { findTool } from '../support/evidence-tools.ts';
import { withLedger } from '../support/ledger.ts';
import { patienceMs } from '../support/patience.ts';

const folder = mkdtempSync(join(tmpdir(), 'zls-published-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const key = makeSigningKey('acme/log');
const keyFile = join(folder, 'key.pub');
writeFileSync(keyFile, formatVerifierKey(key.verifier));
const sealing = { account: 'acme', origin: 'acme/log', key, logs: [] };
const fsck = findTool('fsck');

async function seal(db: Database, manifests: number): Promise<void> {
  await db.query(
    `insert into zendesk_evidence.pending (account, stream, manifest)
     select 'acme', 'audit_logs', '{"kind":"page","number":' || n || '}' from generate_series(1, ${manifests}) as n`,
  );
  for (let taken: number | undefined = 1; taken !== 0;) taken = await sealWaiting(db, sealing);
}

async function publish(db: Database, directory: string): Promise<void> {
  const head = (await loadHead(db, 'acme')) ?? assert.fail('nothing is sealed');
  await publishLog(db, head, openDirectory(directory));
}

async function removeLog(db: Database): Promise<void> {
  for (const table of ['logs', 'entries', 'hashes'])
    await db.query(`delete from zendesk_evidence.${table}`);
}

describe('the files of a sealed log', () => {
  it(
    "are what Tessera's fsck accepts, each time that the log has grown",
    { skip: fsck.skip },
    async () => {
      const program = fsck.skip === false ? fsck.path : '';
      const place = join(folder, 'acme');
      const args = [
        `--storage_url=file://${place}`,
        `--public_key=${keyFile}`,
        '--ui=false',
        '-N=64',
      ];
      await withLedger(async (db) => {
        for (const more of [1, 254, 1, 300]) {
          await seal(db, more);
          await publish(db, folder);
          const { stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: patienceMs });
          assert.match(stderr, /Successfully fsck'd/);
        }
        assert.ok(existsSync(join(place, 'tile/entries/000')));
        assert.ok(!existsSync(join(place, 'tile/entries/000.p')), 'the parts of a whole bundle');
        assert.ok(existsSync(join(place, 'tile/entries/002.p/45')));
      });
    },
  );

  it('are not written over by a log that has become shorter', async () => {
    await withLedger(async (db) => {
      const place = mkdtempSync(join(folder, 'shorter-'));
      await seal(db, 3);
      await publish(db, place);
      await removeLog(db);
      await seal(db, 1);
      await assert.rejects(publish(db, place), {
        code: 'sealed_log_behind',
        message: `The sealed log of acme has 2 entries in the database, and 4 in ${place}: the database went back to an earlier state, as after a restore.`,
      });
    });
  });

  it('are not written over by a log that was rewritten with the same key', async () => {
    await withLedger(async (db) => {
      const place = mkdtempSync(join(folder, 'anew-'));
      await seal(db, 3);
      await publish(db, place);
      const before = readFileSync(join(place, 'acme/checkpoint'), 'utf8');
      await removeLog(db);
      await seal(db, 9);
      await assert.rejects(publish(db, place), {
        code: 'sealed_log_differs',
        message: `The sealed log of acme is another one in ${place}, of which the first 4 entries are not these: entries in the database were changed or removed, or the database was restored from a backup and went on. Run "verify" to see what differs; nothing is overwritten there.`,
      });
      assert.equal(readFileSync(join(place, 'acme/checkpoint'), 'utf8'), before);
    });
  });

  it('say which directory cannot be written, and which checkpoint is none', async () => {
    await withLedger(async (db) => {
      await seal(db, 1);
      await assert.rejects(publish(db, keyFile), {
        code: 'anchor_failed',
        message: `EVIDENCE_DIR is ${keyFile}, which cannot be read (ENOTDIR). Check that the directory is there, its permissions and the space on its disk.`,
      });
      const place = mkdtempSync(join(folder, 'none-'));
      await publish(db, place);
      writeFileSync(join(place, 'acme/checkpoint'), 'nothing');
      await assert.rejects(publish(db, place), {
        code: 'sealed_log_differs',
        message: `The checkpoint of acme in ${place} is not valid: A note has no empty line before its signatures. Find out who changed it, and restore the previous one.`,
      });
    });
  });
});
