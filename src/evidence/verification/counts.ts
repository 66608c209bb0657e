/** What can be checked without reading every row: the counts by day, the revisions, and what is covered. */
import type { Queryable } from '../../database/client.ts';
import { fromSeconds, subtract, toSeconds, type Span } from '../../span.ts';
import type { LogStream } from '../../streams/stream.ts';
import { sealRevisions } from '../revision-root.ts';
import type { SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';

type StreamOf = { readonly account: string; readonly stream: LogStream };

/** Holds the rows of each day against what the manifests say was stored. Rows from before the log was begun are left out. */
export async function verifyCounts(
  db: Queryable,
  { account, stream: { name, table } }: StreamOf,
  entries: readonly SealedEntry[],
  begunAt: string,
): Promise<readonly Finding[]> {
  const counted = await db.query<{ day: string; rows: number }>(
    `select (${table.time} at time zone 'UTC')::date::text as day, count(*)::float8 as rows
     from ${table.name} where account = $1 and first_synced_at >= $2::timestamptz group by 1`,
    [account, begunAt],
  );
  const stored = new Map(counted.map(({ day, rows }) => [day, rows]));
  const sealed = new Map<string, number>();
  for (const { days } of entries)
    for (const [day, rows] of Object.entries(days)) sealed.set(day, (sealed.get(day) ?? 0) + rows);
  return [...new Set([...stored.keys(), ...sealed.keys()])].toSorted().flatMap((day) => {
    const [now, then] = [stored.get(day) ?? 0, sealed.get(day) ?? 0];
    if (now === then) return [];
    const sentence = `On ${day} ${name} has ${now} rows, and ${then} were stored.`;
    return [finding('rows_miscounted', sentence, { stream: name, time: `${day}T00:00:00Z` })];
  });
}

/** Recomputes the root over the revisions of each page that made some. */
export async function verifyRevisions(
  db: Queryable,
  { account, stream: { name, table } }: StreamOf,
  entries: readonly SealedEntry[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { index, fetch, revisions, storedAt } of entries) {
    if (revisions === undefined) continue;
    const now = await sealRevisions(db, { account, stream: name, table }, storedAt);
    if (now.count === revisions.count && now.root === revisions.root) continue;
    const sentence =
      now.count === revisions.count
        ? `Revisions of ${name} that fetch ${fetch} made (entry ${index} of the log) are not as they were stored.`
        : `Of ${revisions.count} revisions of ${name} that fetch ${fetch} made (entry ${index} of the log), ${now.count} are there.`;
    const kind = now.count < revisions.count ? 'revision_missing' : 'revision_changed';
    findings.push(finding(kind, sentence, { stream: name, entry: index, fetch }));
  }
  return findings;
}

/** Holds the ledger's coverage against what pages completed. Coverage from before the log was begun is left out. */
export async function verifyCoverage(
  db: Queryable,
  { account, stream: { name } }: StreamOf,
  entries: readonly SealedEntry[],
  before: readonly Span[],
): Promise<readonly Finding[]> {
  const rows = await db.query<{ from: Date; to: Date }>(
    `select covered_from as from, covered_until as to from zendesk_sync.coverage where account = $1 and stream = $2`,
    [account, name],
  );
  const covered = rows.map(({ from, to }) => ({ from: toSeconds(from), to: toSeconds(to) }));
  const borne = [
    ...before,
    ...entries.flatMap((entry) => entry.covered.map(([from, to]) => ({ from, to }))),
  ];
  return subtract(covered, borne).map(({ from, to }) => {
    const [start, end] = [from, to].map((second) => fromSeconds(second).toISOString());
    const sentence = `${name} counts as covered from ${start} until ${end}, and no manifest says so.`;
    return finding('coverage_unfounded', sentence, { stream: name, time: start });
  });
}
