/** The note with which another key takes over a log: both keys sign the checkpoint before the entry. */
import { formatCheckpoint, openCheckpoint } from './forms/checkpoint.ts';
import { findRoot, type Frontier } from './forms/frontier.ts';
import { formatVerifierKey, parseVerifierKey, type SigningKey } from './forms/keys.ts';
import { formatNote, parseNote, signNote, verifyNote } from './forms/note.ts';

/** What an entry of kind `key` says. */
export type Takeover = { readonly from: string; readonly to: string; readonly note: string };

/** The note of an entry with which one key takes over from another. */
export function signTakeover(
  origin: string,
  frontier: Frontier,
  from: SigningKey,
  to: SigningKey,
): string {
  const extensions = [`key ${formatVerifierKey(to.verifier)}`];
  const { size } = frontier;
  const text = formatCheckpoint({ origin, size, root: findRoot(frontier), extensions });
  return formatNote(signNote(text, [from, to]));
}

/**
 * Whether both keys have signed that one takes over from the other in the log at this point.
 *
 * @throws {FormError} when not
 */
export function isSignedByBoth(
  { from, to, note }: Takeover,
  origin: string,
  before: Frontier,
): boolean {
  const keys = [parseVerifierKey(from), parseVerifierKey(to)];
  const { checkpoint } = openCheckpoint(note, origin, keys);
  return (
    keys.every((key) => verifyNote(parseNote(note), [key]).length > 0) &&
    checkpoint.size === before.size &&
    findRoot(before).equals(checkpoint.root) &&
    checkpoint.extensions.length === 1 &&
    checkpoint.extensions[0] === `key ${to}`
  );
}
