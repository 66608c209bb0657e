import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { formatVerifierKey, makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { hashLeaves, hashPackedTree } from '../../src/evidence/forms/merkle.ts';
import {
  planInclusion,
  proveInclusion,
  readFromLeaves,
} from '../../src/evidence/forms/merkle-proofs.ts';
import { formatProof } from '../../src/evidence/forms/proof.ts';
import { formatRowPlace } from '../../src/evidence/forms/row-proof.ts';
import { formatTilePath, listTilesOf, readFromTiles } from '../../src/evidence/forms/tiles.ts';
import { buildVerifier, findTool } from '../support/evidence-tools.ts';
import { writeLog } from '../support/log-files.ts';
import { patienceMs } from '../support/patience.ts';

const folder = mkdtempSync(join(tmpdir(), 'zls-foreign-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const key = makeSigningKey('acme/zendesk-log-sync');
const keyFile = join(folder, 'key.pub');
writeFileSync(keyFile, formatVerifierKey(key.verifier));

const size = 70_000;
const entries = Array.from({ length: size }, (_, index) =>
  Buffer.from(JSON.stringify({ entry: index, text: 'x'.repeat(index % 50) })),
);

/** A log of so many entries in a folder of its own. */
function makeLog(count: number): string {
  const log = mkdtempSync(join(folder, `${count}-`));
  writeLog(log, entries.slice(0, count), key);
  return log;
}

/** Does something while one bit of a file is another, at a place counted from its start or, below 0, from its end. */
function withFlippedByte(path: string, at: number, act: () => void): void {
  const bytes = readFileSync(path);
  const flipped = Buffer.from(bytes);
  const place = at < 0 ? bytes.length + at : at;
  flipped[place] = (flipped[place] ?? 0) ^ 1;
  writeFileSync(path, flipped);
  try {
    act();
  } finally {
    writeFileSync(path, bytes);
  }
}

const fsck = findTool('fsck');

describe("Tessera's fsck", { skip: fsck.skip }, () => {
  const program = fsck.skip === false ? fsck.path : '';

  /**
   * Whether it accepts a log. Its exit status is 0 for a damaged log too, and with one worker it waits without end, so
   * only its words count.
   */
  function accepts(log: string): boolean {
    const args = [`--storage_url=file://${log}`, `--public_key=${keyFile}`, '--ui=false', '-N=64'];
    const { stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: patienceMs });
    const isAccepted = stderr.includes("Successfully fsck'd");
    assert.equal(isAccepted, !stderr.includes('fsck failed'), stderr);
    return isAccepted;
  }

  for (const count of [0, 1, 255, 256, 257, 65_536]) {
    it(`accepts a log of ${count} entries`, () => assert.ok(accepts(makeLog(count))));
  }

  it('accepts a log of 70,000 entries and finds a flipped byte in each kind of its files', () => {
    const log = makeLog(size);
    assert.ok(accepts(log));
    const files: readonly (readonly [string, number])[] = [
      ['tile/entries/000', 2],
      ['tile/entries/100', 4000],
      ['tile/entries/273.p/112', -1],
      ['tile/0/000', 0],
      ['tile/0/100', 4000],
      ['tile/0/273.p/112', -1],
      ['tile/1/000', 31],
      ['tile/1/001.p/17', -1],
      ['tile/2/000.p/1', 5],
      ['checkpoint', 23],
      ['checkpoint', 40],
      ['checkpoint', -5],
    ];
    for (const [file, at] of files) {
      withFlippedByte(join(log, file), at, () => {
        assert.equal(accepts(log), false, `${file} at ${at}`);
      });
    }
    assert.ok(accepts(log));
  });
});

const verifier = buildVerifier();

describe('a verifier in Go', { skip: verifier.skip }, () => {
  const program = verifier.skip === false ? verifier.path : '';
  const log = makeLog(size);
  const index = 65_540;
  const rows = Array.from({ length: 2500 }, (_, row) => Buffer.alloc(65, `row ${row} `));
  const rowHashes = hashLeaves(rows);
  const rowsRoot = hashPackedTree(rowHashes).toString('base64');
  const readTile = readFromTiles(size, (tile) => readFileSync(join(log, formatTilePath(tile))));

  const extra = formatRowPlace({
    index: 1234,
    size: rows.length,
    path: proveInclusion(1234, rows.length, readFromLeaves(rowHashes)),
    leaf: rows[1234] ?? assert.fail(),
    entry: Buffer.alloc(0),
  });
  const proof = formatProof({
    index,
    path: proveInclusion(index, size, readTile),
    checkpoint: readFileSync(join(log, 'checkpoint'), 'utf8'),
    extra,
  });
  const proofFile = join(folder, 'row.tlog-proof');
  const entryFile = join(folder, 'entry');
  writeFileSync(proofFile, proof);
  writeFileSync(entryFile, entries[index] ?? assert.fail());

  function run(root = rowsRoot) {
    const args = [keyFile, proofFile, entryFile, root, String(rows.length)];
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    return status === 0 ? stdout : `refused: ${stderr}`;
  }

  it('follows a row to its entry, and the entry to the checkpoint', () => {
    assert.equal(
      run(),
      'entry 65540 of 70000 in acme/zendesk-log-sync\nrow 1234 of 2500 in the entry\n',
    );
  });

  it('refuses a proof, an entry or a root that is another', () => {
    // Bytes of the row's part, of the index, of the path, of the checkpoint and of its signature.
    for (const at of [40, proof.indexOf('index ') + 7, proof.indexOf('index ') + 20, -150, -20]) {
      withFlippedByte(proofFile, at, () => assert.match(run(), /^refused: /, `byte ${at}`));
    }
    withFlippedByte(entryFile, 3, () => assert.match(run(), /^refused: /));
    assert.match(run(Buffer.alloc(32).toString('base64')), /^refused: /);
    assert.doesNotMatch(run(), /refused/);
  });

  it('needs a proof for which few tiles are read', () => {
    const tiles = listTilesOf(planInclusion(index, size), size).map((tile) => formatTilePath(tile));
    assert.deepEqual(tiles, [
      'tile/0/256',
      'tile/1/001.p/17',
      'tile/0/273.p/112',
      'tile/2/000.p/1',
    ]);
  });
});

after(() => {
  if (verifier.skip === false) rmSync(dirname(verifier.path), { recursive: true, force: true });
});
