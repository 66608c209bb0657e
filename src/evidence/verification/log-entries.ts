/** Reads the entries of a sealed log in order and builds the tree over them, as far as both exist. */
import type { Database } from '../../database/client.ts';
import {
  emptyFrontier,
  findRoot,
  growFrontier,
  type Frontier,
  type TellSubtree,
} from '../forms/frontier.ts';
import { hashLeaf } from '../forms/merkle.ts';
import { readEntry, type SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';
import { followTakeover, type FollowedTakeover } from './keys.ts';
import { findSetBacks } from './set-back.ts';
import { compareTiles, type TileHash } from './tile-hashes.ts';

/** A range of missing entries (half-open), and when the entries on either side were written. */
export type LogHole = {
  readonly from: number;
  readonly until: number;
  readonly after: string | undefined;
  readonly before: string | undefined;
};

/** A log as it was read. */
export type ReadLog = {
  readonly entries: readonly SealedEntry[];
  /** The entries by which other keys have taken over. */
  readonly takeovers: readonly FollowedTakeover[];
  readonly manifests: {
    readonly valid: number;
    readonly invalid: number;
    readonly missing: number;
  };
  readonly holes: readonly LogHole[];
  /** Up to where the tree is known: to the end, unless entries are missing together with their hashes. */
  readonly knownSize: number;
  readonly frontier: Frontier;
  readonly size: number;
  /** The roots at the requested sizes, as far as the tree is known. */
  readonly roots: ReadonlyMap<number, Buffer>;
  readonly findings: readonly Finding[];
};

type EntryRow = {
  readonly index: number;
  readonly manifest: Buffer;
  readonly tags: Buffer | null;
  readonly hash: Buffer | null;
};

/**
 * Reads all entries and builds the tree over them. The hash of a missing entry takes its place, so that the entries
 * after it can still be checked.
 *
 * @param log its name, and how many entries it claims to have
 * @param sizes the sizes whose roots are requested
 */
export async function readLog(
  db: Database,
  account: string,
  { origin, size: toldSize }: { readonly origin: string; readonly size: number },
  sizes: ReadonlySet<number>,
): Promise<ReadLog> {
  const tree = growTree(sizes);
  const entries: SealedEntry[] = [];
  const takeovers: FollowedTakeover[] = [];
  const holes: LogHole[] = [];
  const findings: Finding[] = [];
  let [next, valid] = [0, 0];
  const passOver = async (until: number, before: string | undefined): Promise<void> => {
    const after = entries.findLast(({ storedAt }) => storedAt !== '')?.storedAt;
    holes.push({ from: next, until, after, before });
    findings.push(describeHole(next, until));
    tree.add(await loadHashes(db, account, next, until), until - next);
  };
  const rows = db.read<EntryRow>(
    `select e.index::float8 as index, e.manifest, e.tags, h.hash
     from zendesk_evidence.entries e
     left join zendesk_evidence.hashes h on h.account = e.account and h.level = 0 and h.index = e.index
     where e.account = $1 order by e.index`,
    [account],
  );
  for await (const { index, manifest, tags, hash } of rows) {
    const leaf = hashLeaf(manifest);
    const entry = readEntry(index, manifest, tags);
    // Notes of the sealer itself have no such time.
    if (index !== next) await passOver(index, entry?.storedAt === '' ? undefined : entry?.storedAt);
    next = index + 1;
    if (entry === undefined || hash === null || !leaf.equals(hash))
      findings.push(
        finding('manifest_invalid', `Entry ${index} of the log is not what was sealed.`, {
          entry: index,
        }),
      );
    else valid += 1;
    if (entry !== undefined) {
      entries.push(entry);
      const { takeover } = entry;
      if (takeover !== undefined)
        takeovers.push(followTakeover(takeover, origin, index, tree.end().frontier));
    }
    tree.add([leaf], 1);
  }
  const present = next - countMissing(holes);
  if (next < toldSize) await passOver(toldSize, undefined);
  const { tiles, ...grown } = tree.end();
  findings.push(...findSetBacks(entries), ...(await compareTiles(db, account, tiles)));
  return {
    entries,
    takeovers,
    manifests: { valid, invalid: present - valid, missing: countMissing(holes) },
    holes,
    size: Math.max(next, toldSize),
    ...grown,
    findings,
  };
}

function countMissing(holes: readonly LogHole[]): number {
  return holes.reduce((sum, { from, until }) => sum + until - from, 0);
}

function describeHole(from: number, until: number): Finding {
  const which =
    until - from === 1
      ? `Entry ${from} of the log is missing.`
      : `Entries ${from} to ${until - 1} of the log are missing.`;
  return finding('manifest_missing', which, { entry: from });
}

async function loadHashes(
  db: Database,
  account: string,
  from: number,
  until: number,
): Promise<readonly Buffer[]> {
  const rows = await db.query<{ hash: Buffer }>(
    `select hash from zendesk_evidence.hashes
     where account = $1 and level = 0 and index >= $2::bigint and index < $3::bigint order by index`,
    [account, from, until],
  );
  return rows.map(({ hash }) => hash);
}

function growTree(sizes: ReadonlySet<number>) {
  const roots = new Map<number, Buffer>();
  let frontier: Frontier = emptyFrontier;
  let isKnown = true;
  const tiles: TileHash[] = [];
  const tell: TellSubtree = (height, index, hash) => {
    if (height > 0 && height % 8 === 0) tiles.push({ level: height / 8, index, hash });
  };
  return {
    /** Adds leaves. If some are missing, the tree is unknown from here on. */
    add(leaves: readonly Buffer[], count: number): void {
      isKnown = isKnown && leaves.length === count;
      if (!isKnown) return;
      for (const leaf of leaves) {
        frontier = growFrontier(frontier, [leaf], tell);
        if (sizes.has(frontier.size)) roots.set(frontier.size, findRoot(frontier));
      }
    },
    end: (): Pick<ReadLog, 'roots' | 'knownSize' | 'frontier'> & {
      readonly tiles: readonly TileHash[];
    } => ({
      tiles,
      roots,
      knownSize: frontier.size,
      frontier,
    }),
  };
}
