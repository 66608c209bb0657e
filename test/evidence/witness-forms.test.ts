import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatCheckpoint } from '../../src/evidence/forms/checkpoint.ts';
import {
  formatAddCheckpoint,
  parseWitnessSize,
  verifyCosignatures,
} from '../../src/evidence/forms/cosignature.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { hashLeaves, hashPackedTree } from '../../src/evidence/forms/merkle.ts';
import { proveConsistency, readFromLeaves } from '../../src/evidence/forms/merkle-proofs.ts';
import { addSignatures, parseSignatureLines, signNote } from '../../src/evidence/forms/note.ts';
import { findTool } from '../support/evidence-tools.ts';
import { startWitness } from '../support/litewitness.ts';
import { findProgram } from '../support/project-files.ts';

const key = makeSigningKey('acme/zendesk-log-sync');
const tool = findTool('litewitness');
const skip =
  tool.skip === false && findProgram('ssh-agent') === undefined
    ? 'ssh-agent is not in the path, and litewitness needs it'
    : tool.skip;

function hashEntries(count: number, word = 'entry'): Buffer {
  return hashLeaves(Array.from({ length: count }, (_, index) => Buffer.from(`${word} ${index}`)));
}

function signHead(hashes: Buffer) {
  const [size, root] = [hashes.length / 32, hashPackedTree(hashes)];
  return signNote(formatCheckpoint({ origin: key.verifier.name, size, root, extensions: [] }), [
    key,
  ]);
}

describe('litewitness', { skip }, () => {
  it('cosigns a log as it grows, and refuses one that was rewritten', async () => {
    const program = tool.skip === false ? tool.path : '';
    const witness = await startWitness(program, key.verifier);
    const ask = async (from: number, hashes: Buffer) => {
      const path = proveConsistency(from, hashes.length / 32, readFromLeaves(hashes));
      const note = signHead(hashes);
      const body = formatAddCheckpoint(from, path, note);
      const answer = await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body });
      return { note, status: answer.status, text: await answer.text() };
    };
    try {
      for (const [from, to] of [
        [0, 1],
        [1, 300],
        [300, 300],
        [300, 777],
      ] as const) {
        const { note, status, text } = await ask(from, hashEntries(to));
        assert.equal(status, 200, text);
        const cosigned = addSignatures(note, parseSignatureLines(text));
        const found = verifyCosignatures(cosigned, [witness.key]);
        assert.deepEqual(
          found.map(({ witness: { name } }) => name),
          ['witness.example/one'],
        );
      }
      const late = await ask(0, hashEntries(900));
      assert.equal(late.status, 409);
      assert.equal(parseWitnessSize(late.text), 777);
      // The whole log written again, with the same key.
      const forged = await ask(777, hashEntries(900, 'other'));
      assert.equal(forged.status, 422, forged.text);
    } finally {
      await witness.stop();
    }
  });
});
