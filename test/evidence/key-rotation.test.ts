import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { openDirectory } from '../../src/evidence/directory.ts';
import { formatCheckpoint, openCheckpoint } from '../../src/evidence/forms/checkpoint.ts';
import { findRoot, parseFrontier } from '../../src/evidence/forms/frontier.ts';
import {
  formatVerifierKey,
  makeSigningKey,
  type SigningKey,
} from '../../src/evidence/forms/keys.ts';
import { formatNote, parseNote, signNote, verifyNote } from '../../src/evidence/forms/note.ts';
import { planInclusion, proveInclusion } from '../../src/evidence/forms/merkle-proofs.ts';
import { formatProof } from '../../src/evidence/forms/proof.ts';
import { formatTilePath, listTilesOf, readFromTiles } from '../../src/evidence/forms/tiles.ts';
import { listLogKeys } from '../../src/evidence/key-history.ts';
import { rotateKeys } from '../../src/evidence/key-rotation.ts';
import { publishLog } from '../../src/evidence/publication.ts';
import { appendEntries, sealWaiting } from '../../src/evidence/sealed-log.ts';
import { loadTile } from '../../src/evidence/tile-store.ts';
import { verifyHistory } from '../../src/evidence/verification/verification.ts';
import { buildVerifier, findTool } from '../support/evidence-tools.ts';
import { withLedger } from '../support/ledger.ts';
import { patienceMs } from '../support/patience.ts';
import { describeLog, seal } from '../support/sealed-manifests.ts';

const folder = mkdtempSync(join(tmpdir(), 'zls-keys-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const origin = 'acme/log';
const [first, second, third] = [1, 2, 3].map(() => makeSigningKey(origin)) as [
  SigningKey,
  SigningKey,
  SigningKey,
];
const nameOf = ({ verifier }: SigningKey): string => formatVerifierKey(verifier);

async function rotate(db: Database, from: SigningKey, to: SigningKey) {
  return rotateKeys(db, [{ account: 'acme', origin, from, to }]);
}

async function verify(db: Database, notes: readonly string[] = []): Promise<readonly string[]> {
  const result = await verifyHistory(db, {
    account: 'acme',
    streams: [],
    isWhole: true,
    deep: false,
    anchors: notes.map((note, place) => ({ name: `anchor ${place + 1}`, note })),
    report: () => {},
    signal: new AbortController().signal,
  });
  return (result?.findings ?? []).map(({ sentence }) => sentence);
}

async function loadEntry(db: Database, index: number): Promise<Buffer> {
  const [row] = await db.query<{ manifest: Buffer }>(
    'select manifest from zendesk_evidence.entries where index = $1',
    [index],
  );
  return row?.manifest ?? assert.fail(`no entry ${index}`);
}

describe('another key', () => {
  it('takes over by an entry that both keys sign, and verify knows both', async () => {
    await withLedger(async (db) => {
      const { note: before } = await seal(db, describeLog(first), 3);
      assert.deepEqual(await rotate(db, first, second), [
        { account: 'acme', entry: 4, isNew: true },
      ]);
      assert.deepEqual(await rotate(db, first, second), [
        { account: 'acme', entry: 4, isNew: false },
      ]);
      const { note: over } = await seal(db, describeLog(second), 0);
      for (const key of [first, second])
        assert.equal(openCheckpoint(over, origin, [key.verifier]).checkpoint.size, 5);
      const entry = JSON.parse(String(await loadEntry(db, 4))) as Record<string, string>;
      assert.deepEqual(
        { kind: entry['kind'], from: entry['from'], to: entry['to'] },
        { kind: 'key', from: nameOf(first), to: nameOf(second) },
      );
      const statement = parseNote(entry['note'] ?? '');
      assert.deepEqual(statement.text.split('\n').slice(3), [`key ${nameOf(second)}`, '']);
      assert.equal(verifyNote(statement, [first.verifier, second.verifier]).length, 2);
      const { note: later } = await seal(db, describeLog(second), 2);
      assert.throws(() => openCheckpoint(later, origin, [first.verifier]));
      await rotate(db, second, third);
      assert.deepEqual(await verify(db, [before, over, later]), []);
      assert.deepEqual(
        (await listLogKeys(db)).map(({ key, since_entry, signs }) => [key, since_entry, signs]),
        [
          [nameOf(first), 0, false],
          [nameOf(second), 4, false],
          [nameOf(third), 7, true],
        ],
      );
    });
  });

  it('is reported to a process with the former key', async () => {
    await withLedger(async (db) => {
      await seal(db, describeLog(first), 1);
      await rotate(db, first, second);
      await db.query(
        `insert into zendesk_evidence.pending (account, stream, manifest) values ('acme', '', '{"kind":"page"}')`,
      );
      await assert.rejects(sealWaiting(db, describeLog(first)), {
        code: 'sealing_key_differs',
        message:
          'Since entry 2 the sealed log of acme is signed with a new key, and this process still has the one before. Set SIGNING_KEY_FILE to the new key for every process and start them again; if "keys rotate" was interrupted, run it again first.',
      });
      await assert.rejects(sealWaiting(db, describeLog(third)), {
        code: 'sealing_key_differs',
        message:
          'The sealed log of acme is signed with another key than the one of this process. Give every process the same SIGNING_KEY_FILE; a container that creates a key at each start has a different key each time. To change the key, run "keys rotate".',
      });
      await assert.rejects(rotate(db, first, third), { code: 'sealing_key_differs' });
      assert.equal(await sealWaiting(db, describeLog(second)), 1);
    });
  });

  it('takes over no tree that the newest checkpoint was not signed for', async () => {
    await withLedger(async (db) => {
      await seal(db, describeLog(first), 3);
      const [log] = await db.query<{ frontier: Buffer }>(
        'select frontier from zendesk_evidence.logs',
      );
      const forged = Buffer.from(log?.frontier ?? []);
      forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
      await db.query('update zendesk_evidence.logs set frontier = $1', [forged]);
      await assert.rejects(rotate(db, first, second), { code: 'sealed_log_differs' });
      assert.deepEqual(await db.query('select key from zendesk_evidence.logs'), [
        { key: nameOf(first) },
      ]);
    });
  });

  it('takes over nothing without the former key, and the former key signs nothing later', async () => {
    await withLedger(async (db) => {
      const { note } = await seal(db, describeLog(first), 2);
      await db.transaction(async (tx) => {
        const [log] = await tx.query<{ frontier: Buffer }>(
          'select frontier from zendesk_evidence.logs',
        );
        const frontier = parseFrontier(log?.frontier ?? Buffer.of());
        const { size } = frontier;
        const extensions = [`key ${nameOf(second)}`];
        const text = formatCheckpoint({ origin, size, root: findRoot(frontier), extensions });
        const claim = {
          kind: 'key',
          from: nameOf(first),
          to: nameOf(second),
          note: formatNote(signNote(text, [second])),
        };
        const signing = { account: 'acme', origin, keys: [second] };
        await appendEntries(tx, signing, frontier, [claim], [null]);
        await tx.query('update zendesk_evidence.logs set key = $1', [nameOf(second)]);
      });
      const found = await verify(db, [note]);
      assert.deepEqual(found.slice(0, 2), [
        'Entry 3 of the log says that another key has taken over, and not both keys have signed that.',
        'The log was begun with another key than the one that its checkpoints lead to.',
      ]);
      assert.match(found[2] ?? '', /^Of anchor 1: None of the keys that are trusted has signed/);
    });
    await withLedger(async (db) => {
      await seal(db, describeLog(first), 2);
      await rotate(db, first, second);
      const { checkpoint } = await seal(db, describeLog(second), 5);
      const forged = formatNote(signNote(formatCheckpoint(checkpoint), [first]));
      assert.match((await verify(db, [forged]))[0] ?? '', /^Of anchor 1: None of the keys/);
    });
  });
});

const fsck = findTool('fsck');
const verifier = buildVerifier();
after(() => {
  if (verifier.skip === false) rmSync(dirname(verifier.path), { recursive: true, force: true });
});

describe('a log that had two keys', () => {
  it('is accepted by fsck with the newer one', { skip: fsck.skip }, async () => {
    await withLedger(async (db) => {
      await seal(db, describeLog(first), 3);
      await rotate(db, first, second);
      await publishLog(db, await seal(db, describeLog(second), 300), openDirectory(folder));
      const keyFile = join(folder, 'second.pub');
      writeFileSync(keyFile, nameOf(second));
      const args = [
        `--storage_url=file://${join(folder, 'acme')}`,
        `--public_key=${keyFile}`,
        '--ui=false',
        '-N=64',
      ];
      const program = fsck.skip === false ? fsck.path : '';
      const { stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: patienceMs });
      assert.match(stderr, /Successfully fsck'd/);
    });
  });

  it(
    'is read by the verifier in Go with the keys of its history',
    { skip: verifier.skip },
    async () => {
      await withLedger(async (db) => {
        const old = await seal(db, describeLog(first), 3);
        await rotate(db, first, second);
        const newer = await seal(db, describeLog(second), 3);
        const keyFile = join(folder, 'keys.pub');
        writeFileSync(keyFile, `${nameOf(first)}\n${nameOf(second)}\n`);
        for (const { note, checkpoint } of [old, newer]) {
          const { size } = checkpoint;
          const tiles = new Map<string, Buffer>();
          for (const tile of listTilesOf(planInclusion(1, size), size))
            tiles.set(formatTilePath(tile), await loadTile(db, 'acme', tile));
          const read = readFromTiles(
            size,
            (tile) => tiles.get(formatTilePath(tile)) ?? assert.fail(),
          );
          const path = proveInclusion(1, size, read);
          writeFileSync(join(folder, 'proof'), formatProof({ index: 1, path, checkpoint: note }));
          writeFileSync(join(folder, 'entry'), await loadEntry(db, 1));
          const args = [keyFile, join(folder, 'proof'), join(folder, 'entry')];
          const program = verifier.skip === false ? verifier.path : '';
          const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
          assert.equal(stdout, `entry 1 of ${size} in acme/log\n`, stderr);
        }
      });
    },
  );
});
