import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { formatCheckpoint } from '../../../src/evidence/forms/checkpoint.ts';
import {
  formatAddCheckpoint,
  parseWitnessSize,
  verifyCosignatures,
} from '../../../src/evidence/forms/cosignature.ts';
import { FormError } from '../../../src/evidence/forms/form-error.ts';
import {
  formatVerifierKey,
  keyTypes,
  makeSigningKey,
  nameVerifierKey,
  parseVerifierKey,
} from '../../../src/evidence/forms/keys.ts';
import { hashLeaves, hashPackedTree } from '../../../src/evidence/forms/merkle.ts';
import {
  proveConsistency,
  proveInclusion,
  readFromLeaves,
} from '../../../src/evidence/forms/merkle-proofs.ts';
import {
  addSignatures,
  formatNote,
  type Note,
  parseNote,
  parseSignatureLines,
  signNote,
  verifyNote,
} from '../../../src/evidence/forms/note.ts';
import { formatProof, parseProof, verifyProof } from '../../../src/evidence/forms/proof.ts';
import {
  formatRowPlace,
  parseRowPlace,
  verifyRowProof,
} from '../../../src/evidence/forms/row-proof.ts';

const origin = 'acme/zendesk-log-sync';
const key = makeSigningKey(origin);
const log = { origin, logKeys: [key.verifier] };

// An entry with 2,500 rows, as large as a page, in a log of 4,000 entries: ten million rows.
const rows = Array.from({ length: 2500 }, (_, index) => Buffer.alloc(65, `row ${index} `));
const rowHashes = hashLeaves(rows);
const rowsRoot = hashPackedTree(rowHashes);
const entry = Buffer.from(JSON.stringify({ rows: 2500, root: rowsRoot.toString('base64') }));
const entryIndex = 3210;
const entryHashes = hashLeaves(
  Array.from({ length: 4000 }, (_, index) =>
    index === entryIndex ? entry : Buffer.from(`entry ${index}`),
  ),
);

function signCheckpoint(hashes: Buffer): Note {
  const size = hashes.length / 32;
  const root = hashPackedTree(hashes);
  return signNote(formatCheckpoint({ origin, size, root, extensions: [] }), [key]);
}

function readRows(bytes: Buffer): { size: number; root: Buffer } {
  const { rows: size, root } = JSON.parse(bytes.toString()) as { rows: number; root: string };
  return { size, root: Buffer.from(root, 'base64') };
}

const checkpoint = formatNote(signCheckpoint(entryHashes));
const leafHash = entryHashes.subarray(entryIndex * 32, (entryIndex + 1) * 32);
const proof = {
  index: entryIndex,
  path: proveInclusion(entryIndex, 4000, readFromLeaves(entryHashes)),
  checkpoint,
};

describe('a proof of an entry', () => {
  it('is the text of tlog-proof, with its extra data or without', () => {
    const path = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const plain = { index: 7, path, checkpoint: 'a\n1\n\n— b c\n' };
    const hashes = path.map((hash) => hash.toString('base64')).join('\n');
    const text = `c2sp.org/tlog-proof@v1\nindex 7\n${hashes}\n\na\n1\n\n— b c\n`;
    assert.equal(formatProof(plain), text);
    assert.deepEqual(parseProof(text), plain);
    const extra = { ...plain, extra: Buffer.from('more') };
    assert.equal(formatProof(extra), text.replace('index', 'extra bW9yZQ==\nindex'));
    assert.deepEqual(parseProof(formatProof(extra)), extra);
    const single = { index: 0, path: [], checkpoint: 'x' };
    assert.deepEqual(parseProof(formatProof(single)), single);
  });

  it('leads the entry to the checkpoint that the log has signed', () => {
    const { checkpoint: found } = verifyProof(parseProof(formatProof(proof)), leafHash, log);
    assert.deepEqual(found, {
      origin,
      size: 4000,
      root: hashPackedTree(entryHashes),
      extensions: [],
    });
  });

  it('is refused for another entry, another place, another log or another key', () => {
    const wrong = new FormError(
      'proof',
      'The proof does not lead entry 3210 to the root of the checkpoint of 4000 entries: the entry, the proof or the checkpoint was changed.',
    );
    assert.throws(() => verifyProof(proof, entryHashes.subarray(0, 32), log), wrong);
    assert.throws(() => verifyProof({ ...proof, path: proof.path.slice(1) }, leafHash, log), wrong);
    assert.throws(() => verifyProof({ ...proof, index: 3211 }, leafHash, log), { fault: 'proof' });
    assert.throws(() => verifyProof({ ...proof, index: 4000 }, leafHash, log), { fault: 'proof' });
    assert.throws(() => verifyProof(proof, leafHash, { ...log, origin: 'other' }), {
      fault: 'origin',
    });
    const logKeys = [makeSigningKey(origin).verifier];
    assert.throws(() => verifyProof(proof, leafHash, { origin, logKeys }), { fault: 'unsigned' });
  });

  it('is found out wherever one byte of its text is another', () => {
    const bytes = Buffer.from(formatProof(proof));
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(
        () => verifyProof(parseProof(changed.toString()), leafHash, log),
        FormError,
        `byte ${at}`,
      );
    }
  });

  it('is refused in any other form', () => {
    const text = formatProof({ ...proof, extra: Buffer.from('more') });
    const wrong = [
      '',
      '\n\n',
      checkpoint,
      text.replace('@v1', '@v2'),
      text.replace('extra bW9yZQ==', 'extra bW9yZQ'),
      text.replace('extra bW9yZQ==\n', 'extra bW9yZQ==\nextra bW9yZQ==\n'),
      text.replace('index 3210', 'index 03210'),
      text.replace('index 3210', 'index -1'),
      text.replace('index 3210\n', ''),
      text.replace('index 3210\n', 'index 3210\nAAAA\n'),
      text.replace('\n\n', '\n'),
      text.replaceAll('\n', '\r\n'),
      formatProof({ ...proof, path: Array.from({ length: 64 }, () => Buffer.alloc(32)) }),
    ];
    for (const each of wrong) {
      assert.throws(() => verifyProof(parseProof(each), leafHash, log), FormError, each);
    }
  });
});

describe('a proof of a row', () => {
  const place = {
    index: 1234,
    size: 2500,
    path: proveInclusion(1234, 2500, readFromLeaves(rowHashes)),
    leaf: rows[1234] ?? assert.fail(),
    entry: Buffer.alloc(0),
  };
  const rowProof = { ...proof, extra: formatRowPlace(place) };
  const evidence = { ...log, entry, readRows };

  it('leads the row to its entry and the entry to the checkpoint, whether it brings the entry or not', () => {
    const found = verifyRowProof(parseProof(formatProof(rowProof)), evidence);
    assert.deepEqual(found.place, { ...place, entry });
    assert.equal(found.checkpoint.size, 4000);
    const whole = { ...proof, extra: formatRowPlace({ ...place, entry }) };
    assert.deepEqual(verifyRowProof(parseProof(formatProof(whole)), { ...log, readRows }), found);
  });

  it('is a proof of its entry for a verifier that does not know of rows', () => {
    assert.equal(
      verifyProof(parseProof(formatProof(rowProof)), leafHash, log).checkpoint.size,
      4000,
    );
  });

  it('takes less than 2 KB at ten million rows, with the cosignatures of two witnesses', () => {
    const cosigned = addSignatures(parseNote(checkpoint), [
      cosign('witness.example.com/one', parseNote(checkpoint), 1_800_000_000).line,
      cosign('witness.example.com/two', parseNote(checkpoint), 1_800_000_000).line,
    ]);
    const text = formatProof({ ...rowProof, checkpoint: formatNote(cosigned) });
    assert.ok(Buffer.byteLength(text) <= 2000, `${Buffer.byteLength(text)} bytes`);
  });

  it('is found out wherever one byte of the row’s part is another', () => {
    const whole = formatRowPlace({ ...place, entry });
    for (let at = 0; at < whole.length; at++) {
      const extra = Buffer.from(whole);
      extra[at] = (extra[at] ?? 0) ^ 1;
      assert.throws(
        () => verifyRowProof({ ...proof, extra }, { ...log, readRows }),
        Error,
        `${at}`,
      );
    }
  });

  it('is refused when it is cut, has more behind it, or counts other rows than the entry', () => {
    const { extra } = rowProof;
    for (let length = 0; length < extra.length; length++) {
      assert.throws(() => parseRowPlace(extra.subarray(0, length)), FormError, `${length}`);
    }
    assert.throws(() => parseRowPlace(Buffer.concat([extra, Buffer.of(0)])), FormError);
    assert.throws(() => verifyRowProof(proof, evidence), FormError);
    assert.throws(() => verifyRowProof(rowProof, { ...log, readRows }), { fault: 'proof' });
    const fewer = (bytes: Buffer) => ({ ...readRows(bytes), size: 2499 });
    assert.throws(
      () => verifyRowProof(rowProof, { ...evidence, readRows: fewer }),
      new FormError(
        'proof',
        'The proof does not lead row 1234 of 2500 to the root in its entry: the row or the proof was changed.',
      ),
    );
  });
});

/** A cosignature as the text of tlog-cosignature describes it, made without the code that verifies it. */
function cosign(name: string, note: Note, time: number) {
  const { privateKey, verifier } = makeSigningKey(name);
  const witness = nameVerifierKey(name, keyTypes.cosignature, verifier.publicKey);
  const signed = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${note.text}`), privateKey);
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  return { witness, line: { name, id: witness.id, signature: Buffer.concat([stamp, signed]) } };
}

describe('a cosignature', () => {
  const note = signCheckpoint(entryHashes);
  const one = cosign('witness.example.com/one', note, 1_679_315_147);
  const two = cosign('witness.example.com/two', note, 1_679_315_148);
  const cosigned = parseNote(formatNote(addSignatures(note, [one.line, two.line])));

  it('is verified for each witness that is known, with its time', () => {
    const line = `${formatVerifierKey(one.witness)}\n`;
    assert.match(line, /^witness\.example\.com\/one\+[\da-f]{8}\+B/);
    const found = verifyCosignatures(cosigned, [parseVerifierKey(line)]);
    assert.deepEqual(found, [{ witness: one.witness, time: 1_679_315_147, line: one.line }]);
    const both = verifyCosignatures(cosigned, [two.witness, one.witness]);
    assert.deepEqual(
      both.map(({ time }) => time),
      [1_679_315_147, 1_679_315_148],
    );
    const stranger = cosign('witness.example.com/one', note, 1).witness;
    assert.deepEqual(verifyCosignatures(cosigned, [stranger]), []);
    assert.equal(verifyNote(cosigned, [key.verifier]).length, 1);
  });

  it('is refused when its time, its key or the checkpoint is another', () => {
    const early = Buffer.from(one.line.signature);
    early[7] = (early[7] ?? 0) ^ 1;
    const wrong: readonly Note[] = [
      addSignatures(note, [{ ...one.line, signature: early }]),
      addSignatures(note, [{ ...one.line, signature: one.line.signature.subarray(8) }]),
      addSignatures(note, [{ ...one.line, signature: two.line.signature }]),
      { ...cosigned, text: cosigned.text.replace('4000', '4001') },
      { ...cosigned, text: 'no checkpoint\n' },
    ];
    for (const each of wrong) {
      assert.throws(() => verifyCosignatures(each, [one.witness]), FormError);
    }
    const plain = { ...one.witness, type: keyTypes.note };
    assert.throws(() => verifyCosignatures(cosigned, [plain]), { fault: 'signature' });
  });
});

describe('what a witness is asked and answers', () => {
  it('is the old size, the consistency proof, and the checkpoint', () => {
    const note = signCheckpoint(entryHashes);
    const path = proveConsistency(3000, 4000, readFromLeaves(entryHashes));
    const body = formatAddCheckpoint(3000, path, note);
    const [first, ...lines] = body.slice(0, body.indexOf('\n\n')).split('\n');
    assert.equal(first, 'old 3000');
    assert.deepEqual(
      lines,
      path.map((hash) => hash.toString('base64')),
    );
    assert.equal(body.slice(body.indexOf('\n\n') + 2), formatNote(note));
    assert.equal(formatAddCheckpoint(0, [], note), `old 0\n\n${formatNote(note)}`);
    const tooLong = Array.from({ length: 64 }, () => Buffer.alloc(32));
    assert.throws(() => formatAddCheckpoint(1, tooLong, note), FormError);
  });

  it('is signature lines, or the size that it has seen', () => {
    const { line } = cosign('w', signCheckpoint(entryHashes), 1);
    const text = formatNote({ text: '', signatures: [line] }).slice(1);
    assert.deepEqual(parseSignatureLines(text), [line]);
    for (const wrong of ['', '\n', 'Forbidden\n', `${text}\n`]) {
      assert.throws(() => parseSignatureLines(wrong), FormError);
    }
    assert.equal(parseWitnessSize('20852014\n'), 20_852_014);
    assert.equal(parseWitnessSize('0'), 0);
    for (const wrong of ['', '\n', '-1\n', '1\n\n', 'conflict\n', '01\n']) {
      assert.throws(() => parseWitnessSize(wrong), FormError);
    }
  });
});
