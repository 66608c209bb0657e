/** Writes the sealed log into a package, in its published form, and the manifests of the package's rows as lines. */
import type { Database } from '../../database/client.ts';
import { parseBundle } from '../../evidence/forms/bundles.ts';
import { formatTilePath, listNewTiles } from '../../evidence/forms/tiles.ts';
import type { SealedHead } from '../../evidence/proving/head.ts';
import { loadTile } from '../../evidence/tile-store.ts';
import type { ReportSpan } from '../shared/report.ts';
import type { ArchiveWriter } from './archive-writer.ts';
import { concernsSpan, createLogDigest, type LogDigest } from './log-digest.ts';
import { names } from './names.ts';
import type { Spool } from './spool.ts';

/** Which manifests are written as lines. */
type Concern = {
  readonly entries: ReadonlySet<number>;
  readonly streams: readonly string[];
  readonly span: ReportSpan;
};

/** Adds the files of the log up to a checkpoint, and the manifests that concern what is in the package. */
export async function packLog(
  db: Database,
  { account, size, note }: SealedHead,
  archive: ArchiveWriter,
  { entries, streams, span }: Concern,
  manifests: Spool,
): Promise<LogDigest> {
  const digest = createLogDigest(new Set([size]));
  await archive.add(names.checkpoint, [note]);
  for (const tile of listNewTiles(0, size)) {
    const bytes = await loadTile(db, account, tile);
    await archive.add(`log/${formatTilePath(tile)}`, [bytes]);
    if (tile.level !== 'entries') continue;
    for (const manifest of parseBundle(bytes, tile.width)) {
      const index = digest.size();
      const entry = digest.add(manifest);
      const isWanted = entries.has(index) || (entry && concernsSpan(entry, streams, span)) === true;
      if (isWanted) await manifests.write(`{"entry":${index},"manifest":${manifest.toString()}}\n`);
    }
  }
  await archive.add(names.manifests, manifests.read());
  return digest;
}
