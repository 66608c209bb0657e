/** Checks the sealed log in a package: the checkpoint and who signed it, its entries, and checkpoints kept elsewhere. */
import { hash } from 'node:crypto';
import { parseBundle } from '../../evidence/forms/bundles.ts';
import { openCheckpoint, type OpenedCheckpoint } from '../../evidence/forms/checkpoint.ts';
import { verifyCosignatures } from '../../evidence/forms/cosignature.ts';
import { FormError } from '../../evidence/forms/form-error.ts';
import { parseVerifierKey, type VerifierKey } from '../../evidence/forms/keys.ts';
import { formatTilePath, listNewTiles } from '../../evidence/forms/tiles.ts';
import type { CheckedFiles } from './check-files.ts';
import { createLogDigest, type LogDigest } from './log-digest.ts';
import { names } from './names.ts';
import type { Find } from './package-finding.ts';

/** The log of a package, as far as it could be read. */
export type CheckedLog = {
  readonly digest: LogDigest;
  /** The checkpoint as it is in the package. */
  readonly note: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly logKey: string;
  /** Who else signed it, or an earlier checkpoint, besides the log. */
  readonly witnesses: readonly string[];
  /** How many checkpoints of earlier times it has, and how many time stamps of them. */
  readonly kept: number;
  readonly stamps: number;
};

/** Checks the log of a package; undefined if there is no checkpoint signed by it. */
export async function checkLog(
  files: CheckedFiles,
  origin: string,
  find: Find,
): Promise<CheckedLog | undefined> {
  const [logKey = ''] = (await files.readText(names.keys)).split('\n');
  const keys = {
    log: [
      ...(await readKeys(files, names.keys, find)),
      ...(await readKeys(files, names.formerKeys, find)),
    ],
    witnesses: await readKeys(files, names.witnesses, find),
  };
  const note = await files.readText(names.checkpoint);
  const head = openNote(note, names.checkpoint, origin, keys, find);
  if (head === undefined) return undefined;
  const kept = await openKept(files, origin, keys, find);
  const sizes = kept.map(({ opened }) => opened.checkpoint.size);
  const { size, root } = head.opened.checkpoint;
  const digest = await digestEntries(files, size, new Set([size, ...sizes]), find);
  if (digest.rootAt(size)?.equals(root) !== true)
    find(`Its ${size} entries are not those of the entries in the package.`, names.checkpoint);
  for (const sentence of digest.findings()) find(sentence, names.manifests);
  for (const { file, opened } of kept)
    if (digest.rootAt(opened.checkpoint.size)?.equals(opened.checkpoint.root) !== true)
      find(
        `The log in the package does not begin with its ${opened.checkpoint.size} entries.`,
        file,
      );
  const stamps = files.names.filter((file) => file.endsWith('.tsr'));
  for (const file of stamps) await checkStamp(files, file, find);
  return {
    digest,
    note,
    size,
    root,
    logKey,
    witnesses: [...new Set([head, ...kept].flatMap((each) => each.witnesses))],
    kept: kept.length,
    stamps: stamps.length,
  };
}

type Keys = { readonly log: readonly VerifierKey[]; readonly witnesses: readonly VerifierKey[] };
type OpenedNote = { readonly opened: OpenedCheckpoint; readonly witnesses: readonly string[] };

async function readKeys(
  files: CheckedFiles,
  file: string,
  find: Find,
): Promise<readonly VerifierKey[]> {
  if (!files.names.includes(file)) return [];
  const lines = (await files.readText(file)).split('\n').filter((line) => line !== '');
  return lines.flatMap((line) => attempt(() => [parseVerifierKey(line)], file, find) ?? []);
}

function openNote(
  note: string,
  file: string,
  origin: string,
  { log, witnesses }: Keys,
  find: Find,
): OpenedNote | undefined {
  return attempt(
    () => {
      const opened = openCheckpoint(note, origin, log);
      const cosigned = verifyCosignatures(opened.note, witnesses);
      return { opened, witnesses: cosigned.map(({ witness }) => witness.name) };
    },
    file,
    find,
  );
}

function attempt<T>(work: () => T, file: string, find: Find): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    find(error.message, file);
    return undefined;
  }
}

async function openKept(
  files: CheckedFiles,
  origin: string,
  keys: Keys,
  find: Find,
): Promise<readonly (OpenedNote & { readonly file: string })[]> {
  const kept: (OpenedNote & { readonly file: string })[] = [];
  for (const file of files.names.filter((name) => name.endsWith('.note'))) {
    const opened = openNote(await files.readText(file), file, origin, keys, find);
    if (opened !== undefined) kept.push({ file, ...opened });
  }
  return kept;
}

/** Checks that a time stamp belongs to its note. `openssl ts -verify` checks who made it. */
async function checkStamp(files: CheckedFiles, file: string, find: Find): Promise<void> {
  const note = await files.readBytes(file.replace(/tsr$/, 'note'));
  const stamp = await files.readBytes(file);
  if (!stamp.includes(hash('sha256', note, 'buffer')))
    find('It is the time stamp of something else than the note beside it.', file);
}

async function digestEntries(
  files: CheckedFiles,
  size: number,
  sizes: ReadonlySet<number>,
  find: Find,
): Promise<LogDigest> {
  const digest = createLogDigest(sizes);
  const told = files.readLines(names.manifests);
  let line = (await told.next()).value ?? undefined;
  for (const tile of listNewTiles(0, size)) {
    if (tile.level !== 'entries') break;
    const file = `log/${formatTilePath(tile)}`;
    const bytes = await files.readBytes(file);
    const entries = attempt(() => parseBundle(bytes, tile.width), file, find);
    if (entries === undefined) break;
    for (const entry of entries) {
      const index = digest.size();
      if (digest.add(entry) === undefined) find(`Entry ${index} is no manifest.`, file);
      if (line?.startsWith(`{"entry":${index},`) !== true) continue;
      if (line !== `{"entry":${index},"manifest":${entry.toString()}}`)
        find(`Entry ${index} differs from the log.`, names.manifests);
      line = (await told.next()).value ?? undefined;
    }
  }
  if (line !== undefined)
    find(`A line is of no entry of the log: ${line.slice(0, 40)}`, names.manifests);
  return digest;
}
