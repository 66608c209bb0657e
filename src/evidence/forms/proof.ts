/**
 * Proof of a single entry: C2SP tlog-proof as of commit 0065ea5 of C2SP/C2SP (no version of it is tagged yet; `@v1` is
 * part of its text). It can be checked without the log, by its keys alone.
 */
import { type OpenedCheckpoint, openCheckpoint } from './checkpoint.ts';
import { FormError } from './form-error.ts';
import type { VerifierKey } from './keys.ts';
import { followInclusion } from './merkle-proofs.ts';
import { parseBase64, parseDecimal, parseHash } from './text.ts';

/** A proof that a log has an entry. */
export type EntryProof = {
  /** The place of the entry in the log. */
  readonly index: number;
  /** The inclusion proof, from the sibling of the entry up. */
  readonly path: readonly Uint8Array[];
  /** The checkpoint, a signed note, as the log gave it. */
  readonly checkpoint: string;
  /** What else is needed to compute the hash of the entry. Nothing vouches for it. */
  readonly extra?: Uint8Array;
};

/** The log and the keys by which a proof is judged. */
export type TrustedLog = { readonly origin: string; readonly logKeys: readonly VerifierKey[] };

const header = 'c2sp.org/tlog-proof@v1';

// A tree of 2^53 leaves is 53 levels high.
const mostHashes = 63;

/** A proof as text. */
export function formatProof({ index, path, checkpoint, extra }: EntryProof): string {
  const lines = [
    header,
    ...(extra === undefined ? [] : [`extra ${Buffer.from(extra).toString('base64')}`]),
    `index ${index}`,
    ...path.map((hash) => Buffer.from(hash).toString('base64')),
  ];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** The proof in a text, strictly. Nothing of it is verified. */
export function parseProof(text: string): EntryProof {
  // The checkpoint has an empty line of its own; the first one is before it.
  const end = text.indexOf('\n\n');
  const [first, ...lines] = text.slice(0, Math.max(end, 0)).split('\n');
  if (first !== header) {
    throw new FormError('malformed', `A proof does not begin with the line ${header}.`);
  }
  const extra = lines[0]?.startsWith('extra ') === true ? lines.shift()?.slice(6) : undefined;
  const index = lines.shift();
  if (index?.startsWith('index ') !== true) {
    throw new FormError('malformed', 'A proof does not say the index of its entry.');
  }
  if (lines.length > mostHashes) {
    throw new FormError('malformed', `A proof has ${lines.length} hashes: at most ${mostHashes}.`);
  }
  return {
    index: parseDecimal(index.slice(6), 'The index of a proof'),
    path: lines.map((line) => parseHash(line, 'A hash of a proof')),
    checkpoint: text.slice(end + 2),
    ...(extra === undefined ? {} : { extra: parseBase64(extra, 'The extra data of a proof') }),
  };
}

/** The checkpoint that a proof leads an entry to, given by its hash; refuses a proof that does not. */
export function verifyProof(
  proof: EntryProof,
  leafHash: Uint8Array,
  { origin, logKeys }: TrustedLog,
): OpenedCheckpoint {
  const opened = openCheckpoint(proof.checkpoint, origin, logKeys);
  const { size, root } = opened.checkpoint;
  if (followInclusion(leafHash, proof.index, size, proof.path)?.equals(root) !== true) {
    throw new FormError(
      'proof',
      `The proof does not lead entry ${proof.index} to the root of the checkpoint of ${size} entries: the entry, the proof or the checkpoint was changed.`,
    );
  }
  return opened;
}
