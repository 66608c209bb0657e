/** Checks that the rows of a part of a log are exactly those that were sealed: reads and hashes every row. */
import type { Database } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import { hashStanding, loadRemnants, nameVersion } from '../remnants.ts';
import { unescapeText } from '../row-leaf.ts';
import { createKeyFinder, type PersonKeys } from '../salts.ts';
import { findAdoption, sortUnderAdoptions } from './adopted.ts';
import type { ArchivedRows } from './archived-rows.ts';
import type { SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';
import { isInWindow, type HoleWindow } from './holes.ts';
import { microsOfIso, sortUnderManifests, type OpenManifest } from './open-manifests.ts';
import { comparePage } from './page-rows.ts';
import type { RowPart } from './row-parts.ts';
import { readRows, spellStretch } from './row-source.ts';
import type { StandingRow } from './standing-row.ts';
import { formatMicros } from './time-text.ts';

/** What the rows came to. */
type VerifiedRows = {
  readonly rows: number;
  /** Rows that were stored before the log began and are not adopted. */
  readonly unsealedRows: number;
  /** Rows that may belong to a missing manifest. */
  readonly uncheckedRows: number;
  readonly findings: readonly Finding[];
};

type RowsToVerify = {
  readonly account: string;
  readonly stream: LogStream;
  readonly part: RowPart;
  /** The manifests of the stream, including those that wait. */
  readonly entries: readonly SealedEntry[];
  /** The manifests that wrote rows, by the time of writing, in microseconds since 1970. */
  readonly known: ReadonlyMap<string, SealedEntry>;
  /** Loads those that came since. */
  readonly loadLater: () => Promise<readonly SealedEntry[]>;
  /** When the missing manifests were written. */
  readonly windows: readonly HoleWindow[];
  readonly keys: PersonKeys;
  readonly archive: ArchivedRows | undefined;
  /** Receives the number of rows read so far; may pause the reading. */
  readonly report: (rows: number) => void | Promise<void>;
  readonly signal: AbortSignal;
};

/** Beyond this number, rows without a manifest are only counted. */
const mostNamed = 1000;

/** Reads the rows of a part and examines what differs from its manifest. */
export async function verifyRows(db: Database, task: RowsToVerify): Promise<VerifiedRows> {
  const { part, known, windows, entries, stream } = task;
  const own = new Set(part.manifests);
  const sorter = sortUnderManifests(part.manifests.filter(({ kind }) => kind !== 'adopted'));
  const adoption = findAdoption(entries);
  const adopted = adoption && sortUnderAdoptions(stream.table, adoption, entries);
  const strangers: StandingRow[] = [];
  const more = new Map<string, number>();
  let [rows, unsealedRows, uncheckedRows] = [0, 0, 0];
  const findKey = createKeyFinder(task.keys);
  const of = { account: task.account, stream: stream.name };
  const remnants = await loadRemnants(db, of, spellStretch(part.read));
  const findPlace = (row: StandingRow, micros: number): Place => {
    const entry = known.get(row.writtenAt);
    // A row whose time is outside its manifest was added by hand.
    if (entry !== undefined)
      return isWithin(entry, micros) ? (sorter.find(row.writtenAt) ?? 'elsewhere') : 'stranger';
    if (isInWindow(windows, row.writtenAt)) return 'unchecked';
    return adopted?.find(row) ?? 'open';
  };
  const hashLeaf = (row: StandingRow, micros: number): string => {
    const key = findKey(row.actor, micros / 1000);
    // A row without a key has no leaf: its manifest is examined.
    if (key === undefined) return '';
    const { writtenAt, canonical } = row;
    const name = (): string => nameVersion(writtenAt, row.micros, unescapeText(canonical.id));
    return hashStanding(canonical, key, remnants, name);
  };
  for await (const some of readRows(db, stream, task.account, part.read, task.archive)) {
    task.signal.throwIfAborted();
    for (const row of some) {
      const micros = Number(row.micros);
      const isOfPart = micros >= part.from && micros < part.until;
      if (isOfPart) rows += 1;
      const place = findPlace(row, micros);
      if (typeof place !== 'string') {
        // The canonical form of an archived row is made only when it is asked for.
        const made = remnants.stripped.size === 0 ? row.leaf : undefined;
        place.add(made ?? hashLeaf(row, micros));
      } else if (!isOfPart || place === 'elsewhere') continue;
      else if (place === 'open') unsealedRows += 1;
      else if (place === 'unchecked') uncheckedRows += 1;
      else if (strangers.length < mostNamed) strangers.push(row);
      else more.set(row.writtenAt, (more.get(row.writtenAt) ?? 0) + 1);
    }
    await task.report(rows);
  }
  const doubtful = [
    ...sorter.listDoubtful(),
    ...(adopted?.listDoubtful() ?? []).filter((entry) => own.has(entry)),
  ];
  const findings = [
    ...(await nameStrangers(task, strangers, more)),
    ...(await compareDoubtful(db, task, doubtful)),
  ];
  return { rows, unsealedRows, uncheckedRows, findings };
}

/** Where a row belongs: to a manifest of this part, of another part, or to none. */
type Place = OpenManifest | 'elsewhere' | 'open' | 'unchecked' | 'stranger';

async function compareDoubtful(
  db: Database,
  task: RowsToVerify,
  doubtful: readonly SealedEntry[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  if (doubtful.length === 0) return findings;
  const entries = [...task.entries, ...(await task.loadLater())];
  for (const entry of doubtful) {
    task.signal.throwIfAborted();
    findings.push(...(await comparePage(db, task, entry, entries)));
  }
  return findings;
}

function isWithin({ bounds: [first, last] }: SealedEntry, micros: number): boolean {
  return micros >= Number(first) && micros <= Number(last);
}

/** Names rows without a manifest, except those stored in the meantime, which have one by now. */
async function nameStrangers(
  { stream, known, loadLater }: RowsToVerify,
  strangers: readonly StandingRow[],
  more: ReadonlyMap<string, number>,
): Promise<readonly Finding[]> {
  if (strangers.length === 0) return [];
  const later = new Set((await loadLater()).map(({ storedAt }) => microsOfIso(storedAt)));
  const isNone = (writtenAt: string): boolean => known.has(writtenAt) || !later.has(writtenAt);
  const findings = strangers
    .filter(({ writtenAt }) => isNone(writtenAt))
    .map(describeStranger(stream));
  const rows = [...more].reduce((sum, [at, count]) => (isNone(at) ? sum + count : sum), 0);
  if (rows === 0) return findings;
  const sentence = `${rows} more rows of ${stream.name} belong to no manifest.`;
  return [...findings, finding('row_added', sentence, { stream: stream.name, rows })];
}

function describeStranger({ name: stream }: LogStream): (row: StandingRow) => Finding {
  return ({ canonical }) => {
    const id = unescapeText(canonical.id);
    const time = formatMicros(canonical.micros);
    return finding(
      'row_added',
      `Row ${id} of ${time} in ${stream} belongs to no manifest: this program did not store it in this form.`,
      { stream, id, time },
    );
  };
}
