/** Checks that the revisions are those that pages made: each page sealed the root over its own. */
import type { Queryable } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import { loadRevisionRemnants } from '../remnants.ts';
import { readRevisions } from '../revision-root.ts';
import { inMicros } from '../stored-rows.ts';
import { findAdoption } from './adopted.ts';
import type { SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';
import { isInWindow, type HoleWindow } from './holes.ts';
import { microsOfIso } from './open-manifests.ts';
import { loadPersonKeys } from './person-keys.ts';
import { loadLater } from './sealed-entries.ts';

type StreamOf = { readonly account: string; readonly stream: LogStream };

/** Recomputes the root over the revisions of each page that made some. Writes nothing. */
export async function verifyRevisions(
  db: Queryable,
  { account, stream: { name, table } }: StreamOf,
  entries: readonly SealedEntry[],
): Promise<readonly Finding[]> {
  const own = entries.filter(({ revisions }) => revisions !== undefined);
  if (own.length === 0) return [];
  const keys = await loadPersonKeys(db, account);
  const remnants = await loadRevisionRemnants(db, { account, stream: name });
  const findings: Finding[] = [];
  for (const { index, fetch, revisions, storedAt } of own) {
    const { count = 0, root } = revisions ?? {};
    const now = await readRevisions(db, { account, stream: name, table }, storedAt, keys, remnants);
    if (now.count === count && now.root === root) continue;
    const sentence =
      now.count === count
        ? `Revisions of ${name} that fetch ${fetch} made (entry ${index} of the log) are not as they were stored.`
        : `Of ${count} revisions of ${name} that fetch ${fetch} made (entry ${index} of the log), ${now.count} are there.`;
    const kind = now.count < count ? 'revision_missing' : 'revision_changed';
    findings.push(finding(kind, sentence, { stream: name, entry: index, fetch }));
  }
  return findings;
}

type Added = {
  /** All manifests of the stream. */
  readonly entries: readonly SealedEntry[];
  /** How many entries of the log were read: later ones are read again. */
  readonly places: number;
  /** When the missing manifests were written. */
  readonly windows: readonly HoleWindow[];
};

/** Revisions since the log of the stream began that no page claims. */
export async function findAddedRevisions(
  db: Queryable,
  { account, stream: { name } }: StreamOf,
  { entries, places, windows }: Added,
): Promise<readonly Finding[]> {
  const before = findAdoption(entries)?.before;
  if (before === undefined) return [];
  const stored = await db.query<{ moment: string; text: string; rows: number }>(
    `select ${inMicros('replaced_at')} as moment, replaced_at::text as text, count(*)::float8 as rows from zendesk.revisions
     where account = $1 and stream = $2 and replaced_at >= $3::timestamptz group by replaced_at order by replaced_at`,
    [account, name, before],
  );
  const known = momentsOf(entries.filter(({ index, revisions }) => index < 0 || revisions));
  const strangers = stored.filter(
    ({ moment }) => !known.has(moment) && !isInWindow(windows, moment),
  );
  if (strangers.length === 0) return [];
  // Revisions stored in the meantime have their manifest by now.
  const later = momentsOf(await loadLater(db, account, places));
  return strangers
    .filter(({ moment }) => !later.has(moment))
    .map(({ text, rows }) => {
      const which = rows === 1 ? 'A revision' : `${rows} revisions`;
      const sentence = `${which} of ${name} of ${text} ${rows === 1 ? 'belongs' : 'belong'} to no manifest: this program did not make ${rows === 1 ? 'it' : 'them'}.`;
      return finding('revision_added', sentence, { stream: name, rows });
    });
}

function momentsOf(entries: readonly SealedEntry[]): ReadonlySet<string> {
  return new Set(entries.map(({ storedAt }) => microsOfIso(storedAt)));
}
