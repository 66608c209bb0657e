/** Checks that the quarantine still has every record that entered it, as Zendesk sent it, except those taken out since. */
import type { Database } from '../../database/client.ts';
import { hashRecord, rootOfRecords, type KeptRecord } from '../quarantine-root.ts';
import type { PersonKeys } from '../salts.ts';
import { inMicros, inUtc } from '../stored-rows.ts';
import type { SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';

/** The records that one manifest put into quarantine. */
type SealedRecords = {
  readonly entry: SealedEntry;
  /** The hashes of those that are there or were taken out; empty if the key of the salt is gone. */
  readonly leaves: Buffer[];
};

type StoredRecord = KeptRecord & { readonly number: string; readonly firstSeen: string };

type QuarantineToVerify = {
  readonly account: string;
  readonly streams: readonly { readonly name: string }[];
  /** Whether these are all streams; then records about people are checked too. */
  readonly isWhole: boolean;
};

/** Records may come and go while this runs. */
const mostLooks = 3;

/**
 * Compares the quarantine of some streams with their manifests, in the order of the log. Differences are checked
 * again with the manifests of that moment.
 */
export async function verifyQuarantine(
  db: Database,
  of: QuarantineToVerify,
  loadEntries: () => Promise<readonly SealedEntry[]>,
): Promise<readonly Finding[]> {
  let findings: readonly Finding[] = [];
  for (let looks = 0; looks < mostLooks; looks += 1) {
    findings = await compareQuarantine(db, of, await loadEntries());
    if (findings.length === 0) break;
  }
  return findings;
}

async function compareQuarantine(
  db: Database,
  { account, streams, isWhole }: QuarantineToVerify,
  entries: readonly SealedEntry[],
): Promise<readonly Finding[]> {
  const names = streams.map(({ name }) => name);
  const own = entries.filter(({ stream }) => isWhole || names.includes(stream));
  const sets = openSets(own);
  const keys = await loadRecordKeys(db, account);
  const findings: Finding[] = [];
  const rows = db.read<StoredRecord>(
    `select id::text as number, stream, content, ${inMicros('first_seen')} as micros, ${inUtc('first_seen')} as "firstSeen"
     from zendesk_sync.quarantine where account = $1 and ($3 or stream = any ($2::text[])) order by id`,
    [account, names, isWhole],
  );
  for await (const record of rows) {
    const set = findSet(sets, record.stream, record.firstSeen);
    if (set === undefined) findings.push(describeStranger(record));
    else set.leaves.push(hashRecord(record, keys) ?? Buffer.of());
  }
  for (const { stream, released } of own)
    for (const [firstSeen, leaf] of released)
      findSet(sets, stream, firstSeen)?.leaves.push(Buffer.from(leaf, 'base64'));
  return [...findings, ...[...sets.values()].flatMap((set) => judge(set))];
}

function openSets(entries: readonly SealedEntry[]): Map<string, SealedRecords> {
  const sets = new Map<string, SealedRecords>();
  for (const entry of entries) {
    if (entry.records === undefined) continue;
    const name = entry.kind === 'found' ? '' : entry.storedAt;
    sets.set(`${entry.stream} ${name}`, { entry, leaves: [] });
  }
  return sets;
}

/** The records that entered at that moment, or those that were there when the log of the stream began. */
function findSet(
  sets: ReadonlyMap<string, SealedRecords>,
  stream: string,
  firstSeen: string,
): SealedRecords | undefined {
  const own = sets.get(`${stream} ${firstSeen}`);
  if (own !== undefined) return own;
  const found = sets.get(`${stream} `);
  return found !== undefined && firstSeen < found.entry.storedAt ? found : undefined;
}

function describeStranger({ stream, number, firstSeen }: StoredRecord): Finding {
  return finding(
    'quarantine_added',
    `Record ${number} in quarantine, of ${stream} since ${firstSeen}, belongs to no manifest: this program did not put it there.`,
    { stream, time: firstSeen, id: number },
  );
}

function judge({ entry, leaves }: SealedRecords): readonly Finding[] {
  const { count = 0, root } = entry.records ?? {};
  const now = leaves.length;
  if (now === count && rootOfRecords(leaves) === root) return [];
  const { stream, index, fetch, storedAt: time } = entry;
  const place = index < 0 ? 'not sealed yet' : `entry ${index} of the log`;
  const which = `${count} records of ${stream} that were in quarantine at ${time} (${place})`;
  const facts = { stream, entry: index, fetch, time };
  if (now < count)
    return [
      finding('quarantine_missing', `Of ${which}, ${now} are there or were taken out.`, facts),
    ];
  if (now > count)
    return [finding('quarantine_added', `Of ${which}, ${now} are there or were taken out.`, facts)];
  return [
    finding('quarantine_changed', `Not all of the ${which} are as Zendesk sent them.`, facts),
  ];
}

/** Quarantined records and acknowledgements use the key of no person. */
export async function loadRecordKeys(db: Database, account: string): Promise<PersonKeys> {
  const rows = await db.query<{ name: string; key: Buffer }>(
    `select '0 ' || month::text as name, key from zendesk_evidence.person_keys where account = $1 and person = 0`,
    [account],
  );
  return new Map(rows.map(({ name, key }) => [name, key]));
}
