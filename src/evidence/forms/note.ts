/**
 * Signed notes: C2SP signed-note v1.0.0. A text that ends in a newline, an empty line, and one line for each signature:
 * `— name base64(id of the key ‖ signature)`. What a note says counts only after `verifyNote`.
 */
import { sign, verify } from 'node:crypto';
import { FormError } from './form-error.ts';
import { formatKeyId, keyTypes, type SigningKey, toPublicKey, type VerifierKey } from './keys.ts';
import { isKeyName, parseBase64 } from './text.ts';

/** A signature line. */
export type NoteSignature = {
  readonly name: string;
  readonly id: number;
  /** What stands behind the id of the key. */
  readonly signature: Buffer;
};

/** A note as it was read: nothing of it is verified. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] };

// As golang.org/x/mod/sumdb/note and torchwood: enough for any checkpoint, and nobody waits endlessly.
const largestNoteBytes = 1_000_000;
const mostSignatures = 100;

/** The note in bytes or a text, strictly. */
export function parseNote(bytes: Uint8Array | string): Note {
  const note = readText(bytes);
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw new FormError('malformed', 'A note has no empty line before its signatures.');
  return { text: note.slice(0, end + 1), signatures: parseSignatureLines(note.slice(end + 2)) };
}

/** Signature lines, as they stand in a note and as a witness answers them: at least one, each ended by a newline. */
export function parseSignatureLines(lines: string): NoteSignature[] {
  if (!lines.endsWith('\n')) {
    throw new FormError('malformed', 'Signature lines do not end in a newline, or there are none.');
  }
  const signatures = lines.slice(0, -1).split('\n').map(parseSignatureLine);
  if (signatures.length > mostSignatures) {
    throw new FormError(
      'malformed',
      `A note has ${signatures.length} signatures: at most ${mostSignatures} are read.`,
    );
  }
  return signatures;
}

/** A note as text. */
export function formatNote({ text, signatures }: Note): string {
  return `${text}\n${signatures.map(formatSignatureLine).join('')}`;
}

/** A note with a text and the signatures of these keys over it. */
export function signNote(text: string, keys: readonly SigningKey[]): Note {
  if (!text.endsWith('\n')) {
    throw new FormError('malformed', 'The text of a note must end in a newline.');
  }
  const bytes = Buffer.from(readText(text));
  const signatures = keys.map(({ privateKey, verifier: { name, id } }) => {
    return { name, id, signature: sign(null, bytes, privateKey) };
  });
  return { text, signatures };
}

/** A note with further signatures behind its own. The same line is not put twice. */
export function addSignatures(note: Note, further: readonly NoteSignature[]): Note {
  const all = [...note.signatures, ...further];
  const lines = new Map(all.map((signature) => [formatSignatureLine(signature), signature]));
  return { text: note.text, signatures: [...lines.values()] };
}

/**
 * The signatures of a note that keys have verified, at least one. Lines of other keys are ignored, as the text demands; a
 * wrong signature of a known key is refused with the whole note.
 */
export function verifyNote(note: Note, keys: readonly VerifierKey[]): NoteSignature[] {
  const verified = note.signatures.filter((signature) => {
    const key = findKey(signature, keys);
    if (key === undefined) return false;
    if (verifySignature(note.text, signature, key)) return true;
    throw new FormError(
      'signature',
      `The signature of ${key.name}+${formatKeyId(key.id)} does not fit the text: one of them was changed.`,
    );
  });
  if (verified.length > 0) return verified;
  const signers = note.signatures.map(({ name, id }) => `${name}+${formatKeyId(id)}`).join(', ');
  throw new FormError(
    'unsigned',
    `None of the keys that are trusted has signed; signed by ${signers || 'nobody'}.`,
  );
}

/** The key with the name and the id that a signature line gives. */
export function findKey(
  { name, id }: Pick<NoteSignature, 'name' | 'id'>,
  keys: readonly VerifierKey[],
): VerifierKey | undefined {
  return keys.find((key) => key.name === name && key.id === id);
}

function verifySignature(text: string, { signature }: NoteSignature, key: VerifierKey): boolean {
  return key.type === keyTypes.note && verify(null, Buffer.from(text), toPublicKey(key), signature);
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name = '', base64] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
  if (base64 === undefined || !isKeyName(name)) {
    throw new FormError(
      'malformed',
      'A signature line is not an em dash, the name of a key and a signature in base64.',
    );
  }
  const bytes = parseBase64(base64, `The signature of ${name}`);
  if (bytes.length < 5) {
    throw new FormError('malformed', `The signature of ${name} has ${bytes.length} bytes.`);
  }
  return { name, id: bytes.readUInt32BE(), signature: bytes.subarray(4) };
}

function formatSignatureLine({ name, id, signature }: NoteSignature): string {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(id);
  return `— ${name} ${Buffer.concat([head, signature]).toString('base64')}\n`;
}

function readText(bytes: Uint8Array | string): string {
  const buffer = Buffer.from(bytes);
  if (buffer.length > largestNoteBytes) {
    throw new FormError(
      'malformed',
      `A note has ${buffer.length} bytes: at most ${largestNoteBytes} are read.`,
    );
  }
  const text = buffer.toString();
  const isExact = typeof bytes === 'string' ? bytes === text : Buffer.from(text).equals(buffer);
  // oxlint-disable-next-line no-control-regex -- a note has none of them but newlines
  if (!isExact || /[\0-\x09\x0b-\x1f]/.test(text)) {
    throw new FormError('malformed', 'A note is not UTF-8 without control characters.');
  }
  return text;
}
