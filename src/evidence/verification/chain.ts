/** Whether the sealed log is the one whose checkpoint is signed, and still has what anchors say that it had. */
import type { Database } from '../../database/client.ts';
import { openCheckpoint, type OpenedCheckpoint } from '../forms/checkpoint.ts';
import { FormError } from '../forms/form-error.ts';
import { emptyFrontier, findRoot, growFrontier, type Frontier } from '../forms/frontier.ts';
import { parseVerifierKey } from '../forms/keys.ts';
import { hashLeaf } from '../forms/merkle.ts';
import { readEntry, type SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';

/** A checkpoint that was kept elsewhere: what to call it, and the note. */
export type Anchor = { readonly name: string; readonly note: string };

/** What the chain came to. */
type VerifiedChain = {
  readonly size: number;
  readonly entries: readonly SealedEntry[];
  readonly findings: readonly Finding[];
};

/** A clock that is corrected goes back by less. */
const toleratedSetBackMs = 60_000;

/** Recomputes the tree of an account's log from its entries, and holds it against its checkpoint and the anchors. */
export async function verifyChain(
  db: Database,
  account: string,
  anchors: readonly Anchor[],
): Promise<VerifiedChain | undefined> {
  const [log] = await db.query<LogRow>(
    'select origin, key, size::float8 as size, checkpoint from zendesk_evidence.logs where account = $1',
    [account],
  );
  if (log === undefined) return undefined;
  const findings: Finding[] = [];
  const heads = [
    ...openHead(log, { name: 'the newest checkpoint', note: log.checkpoint ?? '' }, findings),
    ...anchors.flatMap((anchor) => openHead(log, anchor, findings)),
  ];
  const sizes = new Set(heads.map(({ opened }) => opened.checkpoint.size));
  const { roots, frontier, entries } = await readLog(db, account, sizes, findings);
  for (const { name, opened } of heads) {
    const { size, root } = opened.checkpoint;
    if (size > frontier.size)
      findings.push(
        finding(
          'log_truncated',
          `The log has ${frontier.size} entries, and ${name} says ${size}: ${size - frontier.size} were removed, or the database was restored from an older backup.`,
        ),
      );
    else if (!(roots.get(size) ?? findRoot(emptyFrontier)).equals(root))
      findings.push(
        finding(
          'log_rewritten',
          `The first ${size} entries of the log are not those that ${name} was signed for.`,
        ),
      );
  }
  return { size: frontier.size, entries, findings };
}

type LogRow = {
  readonly origin: string;
  readonly key: string;
  readonly size: number;
  readonly checkpoint: string | null;
};

type Head = { readonly name: string; readonly opened: OpenedCheckpoint };

function openHead(
  { origin, key, size }: LogRow,
  { name, note }: Anchor,
  findings: Finding[],
): readonly Head[] {
  if (note === '' && size === 0) return [];
  try {
    return [{ name, opened: openCheckpoint(note, origin, [parseVerifierKey(key)]) }];
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    findings.push(finding('checkpoint_invalid', `Of ${name}: ${error.message}`));
    return [];
  }
}

type ReadLog = {
  readonly frontier: Frontier;
  readonly roots: ReadonlyMap<number, Buffer>;
  readonly entries: readonly SealedEntry[];
};

async function readLog(
  db: Database,
  account: string,
  sizes: ReadonlySet<number>,
  findings: Finding[],
): Promise<ReadLog> {
  const entries: SealedEntry[] = [];
  const roots = new Map<number, Buffer>();
  let frontier = emptyFrontier;
  let latestMs = -Infinity;
  const rows = db.read<EntryRow>(
    `select e.index::float8 as index, e.manifest, e.tags, h.hash
     from zendesk_evidence.entries e
     left join zendesk_evidence.hashes h on h.account = e.account and h.level = 0 and h.index = e.index
     where e.account = $1 order by e.index`,
    [account],
  );
  for await (const { index, manifest, tags, hash } of rows) {
    if (index !== frontier.size) {
      findings.push(
        finding(
          'manifest_missing',
          `Entries ${frontier.size} to ${index - 1} of the log are not there.`,
          {
            entry: frontier.size,
          },
        ),
      );
      break;
    }
    const leaf = hashLeaf(manifest);
    const entry = readEntry(index, manifest, tags);
    if (entry === undefined || hash === null || !leaf.equals(hash))
      findings.push(
        finding('manifest_invalid', `Entry ${index} of the log is not what was sealed.`, {
          entry: index,
        }),
      );
    if (entry !== undefined) {
      entries.push(entry);
      latestMs = checkClock(entry, latestMs, findings);
    }
    frontier = growFrontier(frontier, [leaf]);
    if (sizes.has(frontier.size)) roots.set(frontier.size, findRoot(frontier));
  }
  return { frontier, roots, entries };
}

type EntryRow = {
  readonly index: number;
  readonly manifest: Buffer;
  readonly tags: Buffer | null;
  readonly hash: Buffer | null;
};

/** Manifests are sealed in the order in which they were written, so that their times hardly ever go back. */
function checkClock(
  { index, storedAt }: SealedEntry,
  latestMs: number,
  findings: Finding[],
): number {
  const storedMs = Date.parse(storedAt);
  if (Number.isNaN(storedMs)) return latestMs;
  if (storedMs < latestMs - toleratedSetBackMs)
    findings.push(
      finding(
        'clock_set_back',
        `Entry ${index} was written at ${storedAt}, and one before it at ${new Date(latestMs).toISOString()}: the clock of the database was set back.`,
        { entry: index },
      ),
    );
  return Math.max(latestMs, storedMs);
}
