/** What was removed on purpose, according to the sealed log: it is not missing, and the rest is still checked. */
import type { Queryable } from '../../database/client.ts';
import { fromSeconds, normalizeSpans, subtract, type Span } from '../../span.ts';
import { sealRemnants } from '../remnants.ts';
import { inMicros } from '../stored-rows.ts';
import type { SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';
import { microsOfIso } from './open-manifests.ts';
import { stretchOf } from './row-parts.ts';
import { readLoaded, waitingEntries, type LoadedEntry } from './sealed-entries.ts';
import { withoutLost } from './taken-back.ts';
import type { Unchecked } from './unchecked.ts';

/** The manifests of a log; one whose rows were all dropped counts as having none. */
export function withoutDropped(entries: readonly SealedEntry[]): readonly SealedEntry[] {
  const droppedAfter: { readonly place: number; readonly span: Span }[] = [];
  for (const [
    place,
    {
      removal,
      span: [from, to],
    },
  ] of entries.entries())
    if (removal?.what === 'rows') droppedAfter.push({ place, span: { from, to } });
  if (droppedAfter.length === 0) return entries;
  return entries.map((entry, place) => {
    const stretch = stretchOf(entry);
    if (stretch === undefined) return entry;
    const own = { from: stretch.from / 1e6, to: stretch.until / 1e6 };
    const dropped = droppedAfter.filter((each) => each.place > place).map(({ span }) => span);
    const isGone = subtract([own], normalizeSpans(dropped)).length === 0;
    return isGone ? { ...entry, rows: undefined } : entry;
  });
}

/** What was removed from a log and from people's data: it can no longer be checked. */
export function listRemoved(
  stream: string | undefined,
  entries: readonly SealedEntry[],
  span: Span,
): readonly Unchecked[] {
  return joinRemovals(entries).flatMap((entry): readonly Unchecked[] => {
    const { removal, storedAt, span: own } = entry;
    if (removal === undefined || (entry.stream === '' ? undefined : entry.stream) !== stream)
      return [];
    const { what, rows } = removal;
    const day = storedAt.slice(0, 10);
    const count = `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`;
    if (stream === undefined)
      return [
        {
          reason: 'removed',
          sentence: `What was personal of somebody in ${count} was erased on ${day} and cannot be checked; the rest of these rows is.`,
        },
      ];
    if (own[0] >= span.to || own[1] <= span.from) return [];
    const [from, until] = own.map(spell);
    const where = `${stream} from ${from} until ${until}`;
    const sentence =
      what === 'rows'
        ? `${where} cannot be checked: dropped by retention on ${day}, ${count}.`
        : `${what} of ${where} cannot be checked: removed by retention on ${day} from ${count}. The rest of these rows is checked.`;
    return [
      { reason: 'removed', stream, ...(from && { from }), ...(until && { until }), sentence },
    ];
  });
}

/** Columns are removed a few thousand rows at a time: those of one day are reported as one. */
function joinRemovals(entries: readonly SealedEntry[]): readonly SealedEntry[] {
  const joined = new Map<string, SealedEntry>();
  for (const entry of entries) {
    const { removal, stream, storedAt, span } = entry;
    if (removal === undefined) continue;
    const day = removal.what === 'rows' ? String(joined.size) : storedAt.slice(0, 10);
    const name = [stream, removal.what, ...span, day].join(' ');
    const rows = removal.rows + (joined.get(name)?.removal?.rows ?? 0);
    joined.set(name, { ...entry, removal: { ...removal, rows } });
  }
  return [...joined.values()];
}

function spell(second: number): string {
  return fromSeconds(second).toISOString().replace('.000Z', 'Z');
}

/** Checks that the remnants of removed rows are unchanged: the sealed log has a root over them. */
export async function verifyRemnants(db: Queryable, account: string): Promise<readonly Finding[]> {
  const [read] = await db.query<{
    moments: readonly string[];
    sealed: readonly LoadedEntry[];
    waiting: readonly LoadedEntry[];
  }>(
    `select
       (select coalesce(json_agg(distinct ${inMicros('r.removed_at')}), '[]') from zendesk_evidence.remnants r where r.account = $1) as moments,
       (select coalesce(json_agg(json_build_array(e.index, encode(e.manifest, 'base64'), null) order by e.index), '[]')
        from zendesk_evidence.entries e
        where e.account = $1
          and (position('"kind":"removed"'::bytea in e.manifest) > 0 or position('"kind":"restore"'::bytea in e.manifest) > 0)
       ) as sealed,
       ${waitingEntries} as waiting`,
    [account],
  );
  const { moments = [], sealed = [], waiting = [] } = read ?? {};
  const strangers = new Set(moments);
  const findings: Finding[] = [];
  for (const entry of withoutLost([...sealed, ...waiting].flatMap(readLoaded)).entries) {
    const { removal, storedAt, index } = entry;
    if (removal?.kept === undefined) continue;
    strangers.delete(microsOfIso(storedAt));
    const { count, root } = await sealRemnants(db, account, storedAt);
    if (count === removal.kept.count && root === removal.kept.root) continue;
    const place = index < 0 ? 'not sealed yet' : `entry ${index} of the log`;
    findings.push(
      finding(
        count < removal.kept.count ? 'record_missing' : 'record_added',
        `What was kept in zendesk_evidence.remnants when rows were removed at ${storedAt} (${place}) is not as it was kept.`,
        { entry: index, time: storedAt },
      ),
    );
  }
  if (strangers.size > 0)
    findings.push(
      finding(
        'record_added',
        `zendesk_evidence.remnants contains something that no manifest mentions: somebody added it.`,
      ),
    );
  return findings;
}
