/** A log in plain files as tlog-tiles lays them out, written with nothing but the forms. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatBundle } from '../../src/evidence/forms/bundles.ts';
import { formatCheckpoint } from '../../src/evidence/forms/checkpoint.ts';
import { emptyFrontier, findRoot, growFrontier } from '../../src/evidence/forms/frontier.ts';
import type { SigningKey } from '../../src/evidence/forms/keys.ts';
import { hashLeaf } from '../../src/evidence/forms/merkle.ts';
import { formatNote, signNote } from '../../src/evidence/forms/note.ts';
import { formatTilePath, listNewTiles, tileWidth } from '../../src/evidence/forms/tiles.ts';

/** Writes a log of these entries into a folder. */
export function writeLog(folder: string, entries: readonly Buffer[], key: SigningKey): void {
  const levels: Buffer[][] = [];
  const leafHashes = entries.map((entry) => hashLeaf(entry));
  const frontier = growFrontier(emptyFrontier, leafHashes, (level, _, hash) => {
    if (level % 8 === 0) (levels[level / 8] ??= []).push(hash);
  });
  for (const tile of listNewTiles(0, entries.length)) {
    const [from, to] = [tile.index * tileWidth, tile.index * tileWidth + tile.width];
    const bytes =
      tile.level === 'entries'
        ? formatBundle(entries.slice(from, to))
        : Buffer.concat((levels[tile.level] ?? []).slice(from, to));
    writeInto(folder, formatTilePath(tile), bytes);
  }
  const text = formatCheckpoint({
    origin: key.verifier.name,
    size: frontier.size,
    root: findRoot(frontier),
    extensions: [],
  });
  writeInto(folder, 'checkpoint', formatNote(signNote(text, [key])));
}

function writeInto(folder: string, path: string, bytes: Buffer | string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
}
