import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  formatSigningKey,
  formatVerifierKey,
  makeSigningKey,
  parseSigningKey,
} from '../../src/evidence/forms/keys.ts';
import { rotateKeys } from '../../src/evidence/key-rotation.ts';
import { withLedger } from '../support/ledger.ts';
import { runProgram, temporary } from '../support/program.ts';
import { describeLog, seal } from '../support/sealed-manifests.ts';

let folders = 0;

/** A data directory of its own. */
function makeFolder(): string {
  folders += 1;
  const folder = join(temporary, `keys-${folders}`);
  mkdirSync(folder);
  return folder;
}

describe('keys make', () => {
  it('writes a key that only its owner may read, and never over a file', async () => {
    const path = join(makeFolder(), 'key.pem');
    const made = await runProgram(['keys', 'make', path]);
    assert.equal(made.status, 0, made.stderr);
    assert.doesNotMatch(made.stdout, /PRIVATE/);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const text = readFileSync(path, 'utf8');
    assert.equal(parseSigningKey(text, 'acme/log').verifier.name, 'acme/log');
    const again = await runProgram(['keys', 'make', path]);
    assert.deepEqual(
      [again.status, again.stderr],
      [2, `${path} is there already, and a key is never overwritten. Name another file.\n`],
    );
    assert.equal(readFileSync(path, 'utf8'), text);
    const nowhere = join(temporary, 'nowhere/key.pem');
    const { status, stderr } = await runProgram(['keys', 'make', nowhere]);
    assert.deepEqual(
      [status, stderr],
      [
        2,
        `A key cannot be written to ${nowhere} (ENOENT). Check that its folder is there, and its permissions.\n`,
      ],
    );
  });
});

describe('keys rotate', () => {
  it('replaces the key in the data directory, also where it was interrupted before', async () => {
    await withLedger(async (db, url) => {
      const folder = makeFolder();
      const settings = { DATABASE_URL: url, DATA_DIR: folder, SIGNING_KEY: '' };
      const sealing = describeLog();
      writeFileSync(join(folder, 'signing-key.pem'), formatSigningKey(sealing.key));
      await seal(db, sealing, 2);
      // Killed after the entry was written, before the new key took its place.
      const next = makeSigningKey('acme/log');
      writeFileSync(join(folder, 'signing-key.next.pem'), formatSigningKey(next));
      await rotateKeys(db, [{ account: 'acme', origin: 'acme/log', from: sealing.key, to: next }]);
      const { status, stdout, stderr } = await runProgram(['keys', 'rotate'], settings);
      assert.equal(status, 0, stderr);
      assert.equal(
        stdout,
        `The log of acme is signed with this key since entry 3 already.\n${join(folder, 'signing-key.pem')} is the new key now; the previous key is kept next to it. Restart every other process that uses this database.\n`,
      );
      const id = formatVerifierKey(sealing.key.verifier).split('+')[1];
      assert.deepEqual(readdirSync(folder).toSorted(), [
        `signing-key.${id}.pem`,
        'signing-key.pem',
      ]);
      await seal(db, { ...sealing, key: next }, 1);
      const second = await runProgram(['keys', 'rotate'], settings);
      assert.match(second.stdout, /^The log of acme is signed with the new key since entry 5\.\n/);
      const shown = await runProgram(['keys', 'show', '--json'], settings);
      const [log] = JSON.parse(shown.stdout) as [
        { keys: { key: string; since_entry: number; signs: boolean }[]; key_of_settings: string },
      ];
      assert.deepEqual(
        log.keys.map(({ since_entry, signs }) => [since_entry, signs]),
        [
          [0, false],
          [3, false],
          [5, true],
        ],
      );
      assert.equal(log.key_of_settings, log.keys[2]?.key);
      const page = await runProgram(['keys', 'show'], settings);
      assert.equal(
        page.stdout,
        `Account acme, log acme/log\n${log.keys
          .map(
            ({ key, since_entry, signs }) =>
              `  ${key}\n    since entry ${since_entry}${signs ? ', signs now, the key of the settings' : ''}\n`,
          )
          .join('')}`,
      );
    });
  });

  it('says where to put the new key when the settings name the old one', async () => {
    await withLedger(async (db, url) => {
      const sealing = describeLog();
      const settings = {
        DATABASE_URL: url,
        SIGNING_KEY: formatSigningKey(sealing.key),
        LOG_ORIGIN: 'acme/log',
      };
      const early = await runProgram(['keys', 'rotate'], settings);
      assert.deepEqual(
        [early.status, early.stderr],
        [
          2,
          'There is no sealed log yet. The key of the settings signs it from its first entry on.\n',
        ],
      );
      await seal(db, sealing, 2);
      const bare = await runProgram(['keys', 'rotate'], settings);
      assert.deepEqual(
        [bare.status, bare.stderr],
        [
          2,
          'The key comes from SIGNING_KEY or SIGNING_KEY_FILE. Name the file of the new key with --to; it is made when it is not there.\n',
        ],
      );
      const path = join(makeFolder(), 'new.pem');
      const done = await runProgram(['keys', 'rotate', '--to', path], settings);
      assert.equal(
        done.stdout,
        `The log of acme is signed with the new key since entry 3.\nSet SIGNING_KEY_FILE to ${path} for every process, and restart them. Until then nothing is sealed, and nothing is lost. Keep the previous key: it proves the earlier entries.\n`,
      );
      const other = { ...settings, SIGNING_KEY: formatSigningKey(makeSigningKey('acme/log')) };
      const refused = await runProgram(['keys', 'rotate', '--to', `${path}2`], other);
      assert.deepEqual(
        [refused.status, refused.stderr],
        [
          1,
          'The sealed log of acme is signed with another key than the one of the settings. Set SIGNING_KEY_FILE to the key that signs it now: only that one can hand it over.\n',
        ],
      );
      const verified = await runProgram(['verify'], settings);
      assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    });
  });
});
