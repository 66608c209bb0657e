/** Manifests loaded besides the chain: later ones, and those that wait for the sealer. */
import type { Queryable } from '../../database/client.ts';
import { inUtc } from '../stored-rows.ts';
import { readWaiting } from '../waiting.ts';
import { readEntry, type SealedEntry } from './entry.ts';

/** A manifest in JSON: its place, its bytes and tags in base64; for a waiting one, its stream and when it was written. */
export type LoadedEntry = readonly [
  index: number,
  manifest: string,
  tags: string | null,
  stream?: string,
  storedAt?: string,
];

/** A subquery for the entries of account `$1` from place `$2` on, as a list of `LoadedEntry`. */
export const laterEntries = `(select coalesce(json_agg(json_build_array(e.index, encode(e.manifest, 'base64'), encode(e.tags, 'base64')) order by e.index), '[]')
  from zendesk_evidence.entries e where e.account = $1 and e.index >= $2::bigint)`;

/** The same for what waits. */
export const waitingEntries = `(select coalesce(json_agg(json_build_array(-1, encode(convert_to(p.manifest, 'UTF8'), 'base64'),
    encode(p.tags, 'base64'), p.stream, ${inUtc('p.stored_at')}) order by p.id), '[]')
  from zendesk_evidence.pending p where p.account = $1)`;

/** The manifests of an account from a place on and those that wait, from one snapshot. */
export async function loadLater(
  db: Queryable,
  account: string,
  size: number,
): Promise<readonly SealedEntry[]> {
  const [row] = await db.query<{ later: readonly LoadedEntry[]; waiting: readonly LoadedEntry[] }>(
    `select ${laterEntries} as later, ${waitingEntries} as waiting`,
    [account, size],
  );
  return [...(row?.later ?? []), ...(row?.waiting ?? [])].flatMap(readLoaded);
}

/** Parses a loaded manifest; undefined if the bytes are not a manifest. */
export function readLoaded(loaded: LoadedEntry): readonly SealedEntry[] {
  const [index, manifest, tags] = loaded;
  const bytes = tags === null ? null : Buffer.from(tags, 'base64');
  const text = Buffer.from(manifest, 'base64');
  const entry = readEntry(index, index < 0 ? renderWaiting(text, loaded) : text, bytes);
  return entry === undefined ? [] : [entry];
}

/** A waiting manifest as it will be in the log, except for the root over its revisions. */
function renderWaiting(manifest: Buffer, [, , , stream, storedAt]: LoadedEntry): Buffer {
  const body = { ...readWaiting(manifest.toString()), revisions: undefined };
  return Buffer.from(JSON.stringify({ ...body, stream, stored_at: storedAt }));
}
