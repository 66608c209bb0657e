/**
 * What witnesses say: C2SP tlog-cosignature v1.0.1 (Ed25519, type 0x04) and the bodies of `add-checkpoint` of C2SP
 * tlog-witness v1.0.0. A cosignature says that at a time this was the largest state of the log that the witness had seen,
 * and that it contains every state seen before.
 */
import { verify } from 'node:crypto';
import { parseCheckpoint } from './checkpoint.ts';
import { FormError } from './form-error.ts';
import { formatKeyId, keyTypes, toPublicKey, type VerifierKey } from './keys.ts';
import { findKey, formatNote, type Note, type NoteSignature } from './note.ts';
import { parseDecimal } from './text.ts';

/** A cosignature that has been verified. */
export type Cosignature = {
  readonly witness: VerifierKey;
  /** The witness's time, in seconds since 1970. */
  readonly time: number;
  readonly line: NoteSignature;
};

// tlog-witness: the client must not send more.
const mostProofLines = 63;

/**
 * The cosignatures of a checkpoint that these witnesses have given; lines of other keys are ignored, and a wrong one of a
 * known witness is refused. It may be none: how many are enough is for the caller to say.
 */
export function verifyCosignatures(note: Note, witnesses: readonly VerifierKey[]): Cosignature[] {
  return note.signatures.flatMap((line) => {
    const witness = findKey(line, witnesses);
    return witness === undefined ? [] : [verifyCosignature(note.text, line, witness)];
  });
}

function verifyCosignature(text: string, line: NoteSignature, witness: VerifierKey): Cosignature {
  // Nothing but a checkpoint is ever cosigned.
  parseCheckpoint(text);
  const { signature } = line;
  const time = signature.length === 72 ? Number(signature.readBigUInt64BE()) : Number.NaN;
  if (
    witness.type !== keyTypes.cosignature ||
    !Number.isSafeInteger(time) ||
    !verify(
      null,
      Buffer.from(`cosignature/v1\ntime ${time}\n${text}`),
      toPublicKey(witness),
      signature.subarray(8),
    )
  ) {
    throw new FormError(
      'signature',
      `The cosignature of ${witness.name}+${formatKeyId(witness.id)} does not fit the checkpoint.`,
    );
  }
  return { witness, time, line };
}

/** The body of `add-checkpoint`: the size that the witness has seen, the consistency proof from there, the checkpoint. */
export function formatAddCheckpoint(
  oldSize: number,
  proof: readonly Uint8Array[],
  checkpoint: Note,
): string {
  if (proof.length > mostProofLines) {
    throw new FormError(
      'malformed',
      `A consistency proof has ${proof.length} hashes: a witness takes at most ${mostProofLines}.`,
    );
  }
  const lines = proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`);
  return `old ${oldSize}\n${lines.join('')}\n${formatNote(checkpoint)}`;
}

/** The size in the answer 409 of a witness (`text/x.tlog.size`): that of the newest checkpoint that it has cosigned. */
export function parseWitnessSize(body: string): number {
  return parseDecimal(body.replace(/\n$/, ''), 'The size that a witness answered');
}
