/**
 * Proofs of single rows, from the database: from the row to the root in its manifest, from the manifest to a checkpoint. What is read
 * for one is the rows of its page and a few tiles, however large the history is (docs/evidence.md).
 */
import type { Database } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import { proveInclusion } from '../forms/merkle-proofs.ts';
import { formatProof } from '../forms/proof.ts';
import { formatRowPlace } from '../forms/row-proof.ts';
import type { SealedRow } from '../rows-root.ts';
import type { ArchivedRows } from '../verification/archived-rows.ts';
import { readEntry, type SealedEntry } from '../verification/entry.ts';
import { loadAdoptions, loadDroppers, type Adoptions, type FoundEntry } from './adopted.ts';
import { createCache } from './cache.ts';
import type { SealedHead } from './head.ts';
import { createLeaves, type Leaves } from './leaves.ts';
import { createPathFinder, findEntries } from './outer-path.ts';
import { loadPageTree, type NoTree, type PageTree } from './page-tree.ts';

/** A current row, and when it was written: UTC with microseconds. */
export type StandingRow = SealedRow & { readonly storedAt: string };

/** A row that was proven. */
export type ProvenRow = {
  readonly entry: SealedEntry;
  /** The bytes of the manifest, which is that entry. */
  readonly manifest: Buffer;
  /** The salt of what is personal in it. */
  readonly salt: string;
  /** C2SP tlog-proof, with the place of the row in its entry. */
  readonly proof: string;
};

/**
 * Why a row has no proof. `before_log`: it was stored before the log was begun, and not adopted yet; `not_sealed`: its manifest waits for the
 * sealer; `removed`: something was taken away from it on purpose, and the log says so; `erased`: a key of the rows of its page was destroyed; `mismatch`: it is not as it was sealed, or its page or the
 * log is not.
 */
export type Unproven = {
  readonly reason: 'before_log' | 'not_sealed' | 'removed' | NoTree;
  /** The manifest, where it was found. */
  readonly entry?: SealedEntry;
};

/** Proves rows. */
export type Prover = (stream: LogStream, row: StandingRow) => Promise<ProvenRow | Unproven>;

/** Rows come in the order of their keys: what neighbours need is the same. */
const keptPages = 32;

type Page = {
  readonly entry: SealedEntry;
  readonly manifest: Buffer;
  readonly tree: PageTree;
  readonly path: readonly Uint8Array[];
};

/** Prepares to prove rows of an account against a checkpoint. */
export function createProver(db: Database, head: SealedHead, archive?: ArchivedRows): Prover {
  const { account, note: checkpoint } = head;
  const leaves = createLeaves(db, account);
  const findPages = createPageFinder(db, head, leaves, archive);
  return async (stream, row) => {
    const pages = await findPages(stream, row);
    const disclosed = await leaves.disclose(stream, row);
    for (const page of disclosed === undefined ? [] : pages) {
      if ('tree' in page && page.tree.removed.has(disclosed?.hash ?? ''))
        return { reason: 'removed', entry: page.entry };
      const index = 'tree' in page ? page.tree.places.get(disclosed?.hash ?? '') : undefined;
      if (!('tree' in page) || disclosed === undefined || index === undefined) continue;
      const { entry, manifest, tree, path } = page;
      const place = {
        index,
        size: tree.rows,
        path: proveInclusion(index, tree.rows, tree.read),
        leaf: disclosed.leaf,
        entry: Buffer.alloc(0),
      };
      const extra = formatRowPlace(place);
      const proof = formatProof({ index: entry.index, path, checkpoint, extra });
      return { entry, manifest, salt: disclosed.salt, proof };
    }
    // A page whose rows are all as sealed does not contain this one.
    const [first] = pages;
    return first !== undefined && 'reason' in first
      ? first
      : { reason: 'mismatch', ...(first && { entry: first.entry }) };
  };
}

/** Finds the pages that may hold a row: one, nearly always. */
function createPageFinder(
  db: Database,
  head: SealedHead,
  leaves: Leaves,
  archive: ArchivedRows | undefined,
): (stream: LogStream, row: StandingRow) => Promise<readonly (Page | Unproven)[]> {
  const { account } = head;
  const findPath = createPathFinder(db, head);
  const cache = createCache<readonly (Page | Unproven)[]>(keptPages);
  const adoptions = createCache<Adoptions>(keptPages);
  const droppers = createCache<readonly SealedEntry[]>(1);
  const findDroppers = () => droppers.get('', () => loadDroppers(db, account));

  const loadPage = async (
    stream: LogStream,
    { index, manifest, entry }: FoundEntry,
  ): Promise<Page | Unproven> => {
    if (index >= head.size) return { reason: 'not_sealed', entry };
    const path = await findPath({ index, manifest });
    const tree = await loadPageTree(
      db,
      account,
      stream,
      entry,
      leaves.hashAll,
      findDroppers,
      archive,
    );
    if (typeof tree === 'string') return { reason: tree, entry };
    return path === undefined ? { reason: 'mismatch', entry } : { entry, manifest, tree, path };
  };
  const loadPages = async (
    stream: LogStream,
    storedAt: string,
  ): Promise<readonly (Page | Unproven)[]> => {
    const pages: (Page | Unproven)[] = [];
    for (const { index, manifest } of await findEntries(db, account, storedAt)) {
      const entry = readEntry(index, manifest, null);
      if (entry?.stream === stream.name && entry.rows !== undefined && entry.kind !== 'adopted')
        pages.push(await loadPage(stream, { index, manifest, entry }));
    }
    return pages;
  };
  return async (stream, row) => {
    const { name } = stream;
    const pages = await cache.get(`${name} ${row.storedAt}`, () => loadPages(stream, row.storedAt));
    if (pages.length > 0) return pages;
    const { before, isComplete, find } = await adoptions.get(name, () =>
      loadAdoptions(db, account, stream),
    );
    // Both are written in the same form, which sorts as time does.
    if (row.storedAt >= (before ?? head.begunAt))
      return [{ reason: await explainAbsence(db, account, row.storedAt) }];
    const found = find(row);
    if (found === undefined) return [{ reason: isComplete ? 'mismatch' : 'before_log' }];
    return cache.get(`${name} ${found.index}`, async () => [await loadPage(stream, found)]);
  };
}

/** Why no manifest covers what was stored at a time. */
async function explainAbsence(
  db: Database,
  account: string,
  storedAt: string,
): Promise<Unproven['reason']> {
  const [found] = await db.query<{ waits: boolean }>(
    `select exists (select from zendesk_evidence.pending where account = $1 and stored_at = $2::timestamptz) as waits`,
    [account, storedAt],
  );
  return found?.waits === true ? 'not_sealed' : 'mismatch';
}
