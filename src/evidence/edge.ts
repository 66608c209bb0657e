/** The right edge of a log's tree in the database, to which entries are added, and whether it matches the checkpoint. */
import { KnownError } from '../errors.ts';
import { openCheckpoint, type Checkpoint } from './forms/checkpoint.ts';
import { FormError } from './forms/form-error.ts';
import {
  emptyFrontier,
  findRoot,
  formatFrontier,
  parseFrontier,
  type Frontier,
} from './forms/frontier.ts';
import type { SigningKey } from './forms/keys.ts';

type LogEdge = { readonly frontier: Buffer; readonly checkpoint: string | null };
type LogOf = { readonly account: string; readonly origin: string; readonly key: SigningKey };

/**
 * The right edge of the tree of the newest checkpoint. With another one, every later checkpoint would be
 * signed for a tree that has no entries.
 *
 * @throws {KnownError} `sealed_log_differs` when the database has another one
 */
export function openFrontier(
  { frontier: bytes, checkpoint: note }: LogEdge,
  { account, origin, key }: LogOf,
): Frontier {
  try {
    if (note === null && bytes.equals(formatFrontier(emptyFrontier))) return emptyFrontier;
    const { checkpoint } = openCheckpoint(note ?? '', origin, [key.verifier]);
    if (isEdgeOf(bytes, checkpoint)) return parseFrontier(bytes);
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
  }
  throw new KnownError('sealed_log_differs', {
    found: `The newest checkpoint of the sealed log of ${account} is not signed for the tree that the database has: somebody has changed it, and nothing is sealed on top of it`,
    wayOut:
      'Run "verify --deep", find out who has changed it, and put the row of the log in zendesk_evidence.logs back as it was',
  });
}

/** Whether these bytes are the frontier of the tree of a checkpoint. */
export function isEdgeOf(
  bytes: Buffer,
  { size, root }: Pick<Checkpoint, 'size' | 'root'>,
): boolean {
  try {
    const frontier = parseFrontier(bytes);
    return frontier.size === size && findRoot(frontier).equals(root);
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    return false;
  }
}
