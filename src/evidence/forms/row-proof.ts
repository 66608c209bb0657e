/**
 * Proof of a row inside an entry. It is a tlog-proof of the entry, so anyone who knows that form can check it unchanged. How
 * the row hangs in the entry is in its `extra` data, which is what that form has them for:
 *
 * | bytes | what                                                                  |
 * | ----- | --------------------------------------------------------------------- |
 * | 1     | version: 1                                                            |
 * | 4     | place of the row among those of the entry, from 0, big-endian         |
 * | 4     | how many rows the entry has, big-endian                               |
 * | 1     | how many hashes follow                                                |
 * | 32 …  | inclusion proof (RFC 6962, 2.1.1) of the row, from its sibling up     |
 * | 2 + … | length and data of the leaf: what is hashed behind 0x00               |
 * | 2 + … | length and bytes of the entry; 0 where it stands beside the proof     |
 *
 * Nothing of this counts until the path has led the leaf to the root that the entry names, and the entry to the checkpoint.
 */
import type { OpenedCheckpoint } from './checkpoint.ts';
import { FormError } from './form-error.ts';
import { hashBytes, hashLeaf } from './merkle.ts';
import { followInclusion, type TreeHead } from './merkle-proofs.ts';
import { type EntryProof, type TrustedLog, verifyProof } from './proof.ts';

/** How a row hangs in an entry. */
export type RowPlace = {
  /** The place of the row among those of the entry. */
  readonly index: number;
  /** How many rows the entry has. */
  readonly size: number;
  readonly path: readonly Uint8Array[];
  /** What is hashed as the leaf of the row. */
  readonly leaf: Uint8Array;
  /** The entry; empty where it stands beside the proof. */
  readonly entry: Uint8Array;
};

const version = 1;
const headBytes = 10;

/** The place of a row, as the extra data of the proof of its entry. */
export function formatRowPlace({ index, size, path, leaf, entry }: RowPlace): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt8(version);
  head.writeUInt32BE(index, 1);
  head.writeUInt32BE(size, 5);
  head.writeUInt8(path.length, 9);
  return Buffer.concat([head, ...path, withLength(leaf), withLength(entry)]);
}

/** The place of a row in the extra data of a proof, strictly. */
export function parseRowPlace(extra: Uint8Array): RowPlace {
  const bytes = Buffer.from(extra);
  if (bytes.length < headBytes || bytes[0] !== version) {
    throw new FormError('malformed', 'The extra data of a proof are not the place of a row.');
  }
  const pathEnd = headBytes + bytes.readUInt8(9) * hashBytes;
  const leaf = readPiece(bytes, pathEnd);
  const entry = readPiece(bytes, pathEnd + 2 + leaf.length);
  if (pathEnd + 4 + leaf.length + entry.length !== bytes.length) {
    throw new FormError('malformed', 'The place of a row has bytes behind its end.');
  }
  const path = [];
  for (let at = headBytes; at < pathEnd; at += hashBytes) {
    path.push(bytes.subarray(at, at + hashBytes));
  }
  return { index: bytes.readUInt32BE(1), size: bytes.readUInt32BE(5), path, leaf, entry };
}

/** What a row's proof is verified with. */
export type RowEvidence = TrustedLog & {
  /** The entry, where the proof does not bring it. */
  readonly entry?: Uint8Array;
  /** What an entry says of its rows. */
  readonly readRows: (entry: Buffer) => TreeHead;
};

/** The place of a row in an entry and the checkpoint, both verified; refuses a proof that does not lead there. */
export function verifyRowProof(
  proof: EntryProof,
  { entry: beside, readRows, ...log }: RowEvidence,
): OpenedCheckpoint & { readonly place: RowPlace } {
  const place = parseRowPlace(proof.extra ?? Buffer.alloc(0));
  const entry = Buffer.from(place.entry.length > 0 ? place.entry : (beside ?? place.entry));
  const opened = verifyProof(proof, hashLeaf(entry), log);
  const rows = readRows(entry);
  const root = followInclusion(hashLeaf(place.leaf), place.index, place.size, place.path);
  if (rows.size !== place.size || root?.equals(rows.root) !== true) {
    throw new FormError(
      'proof',
      `The proof does not lead row ${place.index} of ${place.size} to the root in its entry: the row or the proof was changed.`,
    );
  }
  return { ...opened, place: { ...place, entry } };
}

function withLength(piece: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(piece.length);
  return Buffer.concat([length, piece]);
}

function readPiece(bytes: Buffer, at: number): Buffer {
  const end = at + 2 > bytes.length ? Number.NaN : at + 2 + bytes.readUInt16BE(at);
  if (!(end <= bytes.length)) throw new FormError('malformed', 'The place of a row is cut off.');
  return bytes.subarray(at + 2, end);
}
