/**
 * Checkpoints: C2SP tlog-checkpoint v1.0.0. The text of a signed note that says how large a log is and what its root is.
 */
import { FormError } from './form-error.ts';
import type { VerifierKey } from './keys.ts';
import type { TreeHead } from './merkle-proofs.ts';
import { type Note, parseNote, verifyNote } from './note.ts';
import { parseDecimal, parseHash } from './text.ts';

/** What a checkpoint says. */
export type Checkpoint = TreeHead & {
  /** The permanent name of the log. */
  readonly origin: string;
  /** Lines that the text allows and advises against. */
  readonly extensions: readonly string[];
};

/** A checkpoint that the log has signed, with the note that contains it. */
export type OpenedCheckpoint = { readonly checkpoint: Checkpoint; readonly note: Note };

/** The text of a checkpoint, which is then signed. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  const lines = [origin, String(size), Buffer.from(root).toString('base64'), ...extensions];
  const text = lines.map((line) => `${line}\n`).join('');
  // A newline within a line would make another checkpoint of it.
  if (parseCheckpoint(text).extensions.length !== extensions.length) {
    throw new FormError('malformed', 'A line of a checkpoint contains a newline.');
  }
  return text;
}

/** What the text of a checkpoint says, strictly. It counts only when the log has signed it. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  const end = lines.pop();
  if (end !== '' || lines.length < 3 || lines.includes('')) {
    throw new FormError(
      'malformed',
      'A checkpoint is not three or more lines that are not empty, each with its newline.',
    );
  }
  const [origin = '', size = '', root = '', ...extensions] = lines;
  return {
    origin,
    size: parseDecimal(size, 'The size in a checkpoint'),
    root: parseHash(root, 'The root in a checkpoint'),
    extensions,
  };
}

/** The checkpoint in a note, when it is of this log and a key of the log has signed it. */
export function openCheckpoint(
  bytes: Uint8Array | string,
  origin: string,
  logKeys: readonly VerifierKey[],
): OpenedCheckpoint {
  const note = parseNote(bytes);
  verifyNote(note, logKeys);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== origin) {
    throw new FormError(
      'origin',
      `A checkpoint is of the log ${checkpoint.origin}: expected ${origin}.`,
    );
  }
  return { checkpoint, note };
}
