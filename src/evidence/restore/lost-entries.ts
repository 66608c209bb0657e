/** Entries that a copy outside the database has and the database lacks. */
import { KnownError } from '../../errors.ts';
import { parseBundle } from '../forms/bundles.ts';
import { openCheckpoint } from '../forms/checkpoint.ts';
import { FormError } from '../forms/form-error.ts';
import { findRoot, growFrontier, type Frontier } from '../forms/frontier.ts';
import type { VerifierKey } from '../forms/keys.ts';
import { hashLeaf } from '../forms/merkle.ts';
import { formatTilePath, tileWidth, type Tile } from '../forms/tiles.ts';
import { differs, type FileStore } from '../publication.ts';

/** A published copy of a log, for reading. */
export type PublishedCopy = Pick<FileStore, 'name' | 'read'>;

/** A copy that is longer than the log in the database, and its checkpoint. */
export type Longer = {
  readonly copy: PublishedCopy;
  readonly note: string;
  readonly size: number;
};

/** A log: its account, its name, and the keys that its checkpoints may be signed with. */
type LogOf = {
  readonly account: string;
  readonly origin: string;
  readonly keys: readonly VerifierKey[];
};

/**
 * The entries of a published log after those in the database. They are the sealed ones: with them the log has
 * the root in the signed published checkpoint.
 *
 * @throws {KnownError} `sealed_log_differs` when the database does not have the beginning of that log, or the copy is none;
 *   `sealed_log_behind` when the copy lacks an entry
 */
export async function readLostEntries(
  copy: PublishedCopy,
  { account, origin, keys }: LogOf,
  note: string,
  frontier: Frontier,
): Promise<readonly Buffer[]> {
  try {
    const { size, root } = openCheckpoint(note, origin, keys).checkpoint;
    const entries: Buffer[] = [];
    for (const bundle of listBundles(frontier.size, size)) {
      const bytes = await copy.read(`${account}/${formatTilePath(bundle)}`);
      if (bytes === undefined)
        throw new KnownError('sealed_log_behind', {
          found: `The sealed log of ${account} has ${frontier.size} entries in the database, and ${size} in ${copy.name}, which lacks ${formatTilePath(bundle)}`,
        });
      const first = bundle.index * tileWidth;
      const own = parseBundle(bytes, bundle.width).slice(Math.max(0, frontier.size - first));
      for (const entry of own) entries.push(Buffer.from(entry));
    }
    const grown = growFrontier(frontier, entries.map(hashLeaf));
    if (!findRoot(grown).equals(root)) throw differs(account, copy.name, frontier.size);
    return entries;
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    throw new KnownError('sealed_log_differs', {
      found: `The copy of the sealed log of ${account} in ${copy.name} is not valid: ${error.message.replace(/\.$/, '')}`,
      wayOut: 'Find out who changed it, and restore the previous one',
    });
  }
}

function* listBundles(from: number, until: number): Generator<Tile> {
  for (let index = Math.floor(from / tileWidth); index * tileWidth < until; index += 1)
    yield { level: 'entries', index, width: Math.min(tileWidth, until - index * tileWidth) };
}
