/** The manifests of a log, to find the pages of removed rows. */
import type { Database, Queryable } from '../database/client.ts';
import { readEntry, type SealedEntry } from '../evidence/verification/entry.ts';
import { loadLater } from '../evidence/verification/sealed-entries.ts';
import { withoutLost } from '../evidence/verification/taken-back.ts';

/** The sealed ones; of other logs only those about a restore. */
export async function loadEntries(
  db: Database,
  account: string,
  stream: string,
): Promise<readonly SealedEntry[]> {
  const entries: SealedEntry[] = [];
  const rows = db.read<{ index: number; manifest: Buffer }>(
    `select index::float8 as index, manifest from zendesk_evidence.entries where account = $1 order by index`,
    [account],
  );
  for await (const { index, manifest } of rows) {
    const entry = readEntry(index, manifest, null);
    if (entry !== undefined && (entry.stream === stream || entry.takenBack !== undefined))
      entries.push(entry);
  }
  return entries;
}

/** Including those sealed since, and those that wait: the caller has locked the rows. */
export async function loadLaterEntries(
  tx: Queryable,
  account: string,
  stream: string,
  read: readonly SealedEntry[],
): Promise<readonly SealedEntry[]> {
  const later = await loadLater(tx, account, (read.at(-1)?.index ?? -1) + 1);
  return withoutLost([...read, ...later]).entries.filter((entry) => entry.stream === stream);
}
