/** Whether the history is what was sealed: the log itself, what is covered, and the rows. */
import type { Database, Queryable } from '../../database/client.ts';
import { fromSeconds, type Span } from '../../span.ts';
import type { LogStream } from '../../streams/stream.ts';
import { loadPersonKeys } from './person-keys.ts';
import { inUtc } from '../stored-rows.ts';
import { verifyAcknowledgements } from './acknowledgements.ts';
import { findAdoption, type Adoption } from './adopted.ts';
import { verifyChain, type VerifiedChain } from './chain.ts';
import { compareCounts, compareCoverage } from './counts.ts';
import {
  listChecked,
  noProgress,
  progressOf,
  type CheckedStretch,
  type DeepProgress,
} from './deep-progress.ts';
import type { SealedEntry } from './entry.ts';
import { mayBeOf, type Finding } from './finding.ts';
import { listWindows } from './holes.ts';
import type { ReadLog } from './log-entries.ts';
import { verifyQuarantine } from './quarantine.ts';
import { verifyRecords } from './records.ts';
import { listRemoved, withoutDropped } from './removed.ts';
import { readDeeply } from './reading.ts';
import { concerns } from './row-parts.ts';
import { loadLater } from './sealed-entries.ts';
import { findAddedRevisions, verifyRevisions } from './revisions.ts';
import { loadStanding } from './standing-log.ts';
import { withoutLost, type Restore } from './taken-back.ts';
import { listGonePartitions, listHoles, listUnsealed, type Unchecked } from './unchecked.ts';
import type { VerificationTask, LogToRead } from './task.ts';

/** The result, in the form of `verify --json` (docs/evidence.md). */
export type Verification = {
  readonly account: string;
  /** The name of the sealed log. */
  readonly origin: string;
  readonly deep: boolean;
  /** The requested range, ISO 8601; null: all time. */
  readonly from: string | null;
  readonly until: string | null;
  readonly startedAt: string;
  readonly endedAt: string;
  /** False for one that was stopped. */
  readonly complete: boolean;
  /** How many entries the log has. */
  readonly size: number;
  /** When the log began: rows stored earlier are not in it. */
  readonly begunAt: string;
  /** How many manifests wait to be sealed. */
  readonly waiting: number;
  readonly manifests: ReadLog['manifests'];
  readonly streams: readonly VerifiedStream[];
  /** Restores from an older backup, as recorded in the log. */
  readonly restores: readonly Restore[];
  readonly findings: readonly Finding[];
  /** What cannot be checked, and why. */
  readonly unchecked: readonly Unchecked[];
};

/** What one log came to. */
type VerifiedStream = {
  readonly stream: string;
  /** Those that concern the requested range. */
  readonly manifests: number;
  /** Rows that were read; null unless all were. */
  readonly rows: number | null;
  /** Rows that were stored before the log began and have been adopted since; null while the log has nothing about the stream. */
  readonly adoption: Adoption | null;
  /** Rows not adopted yet, because they were stored before the log began. */
  readonly unsealedRows: number | null;
  /** When they were read: several stretches if the verification was stopped and resumed. */
  readonly checked: readonly CheckedStretch[];
};

const allOfTheTime: Span = { from: -Infinity, to: Infinity };

/** Verifies the history of an account; undefined when it has no sealed log. If stopped, it returns what it has seen so far. */
export async function verifyHistory(
  db: Database,
  task: VerificationTask,
): Promise<Verification | undefined> {
  const { account, streams, deep, span = allOfTheTime, signal } = task;
  const startedAt = new Date().toISOString();
  const chain = await verifyChain(db, { keys: [], ...task, logs: streams });
  if (chain === undefined) return undefined;
  const begunAt = await loadBegin(db, account);
  const lost = withoutLost(chain.entries);
  const findings: Finding[] = [...chain.findings, ...lost.findings, ...(task.outside ?? [])];
  const unchecked: Unchecked[] = [...chain.unchecked, ...listHoles(chain.holes)];
  const logs: LogToRead[] = [];
  let waiting = 0;
  for (const stream of streams) {
    signal.throwIfAborted();
    const counted = await verifyCounted(db, { account, stream, span }, chain);
    findings.push(...counted.findings);
    unchecked.push(...counted.unchecked);
    logs.push(counted);
    ({ waiting } = counted);
  }
  const loadEntries = async (): Promise<readonly SealedEntry[]> =>
    withoutLost([...chain.entries, ...(await loadLater(db, account, chain.places))]).entries;
  findings.push(
    ...(await verifyQuarantine(db, task, loadEntries)),
    ...(await verifyAcknowledgements(db, account, loadEntries)),
    ...(await verifyRecords(db, account)),
  );
  let { progress = noProgress } = task;
  if (deep) {
    const keys = await loadPersonKeys(db, account);
    const { holes, places: size } = chain;
    const windows = listWindows(holes);
    const { archive } = task;
    const reading = { ...task, archive, progress, keys, span, windows, size, startedAt };
    const read = await readDeeply(db, reading, logs);
    progress = read.progress;
    unchecked.push(...read.unchecked);
    findings.push(...progress.findings.filter((each) => mayBeOf(each, span)));
  }
  return {
    account,
    origin: chain.origin,
    deep,
    from: task.span === undefined ? null : fromSeconds(span.from).toISOString(),
    until: task.span === undefined ? null : fromSeconds(span.to).toISOString(),
    startedAt,
    endedAt: new Date().toISOString(),
    complete: !signal.aborted,
    size: chain.size,
    begunAt,
    waiting,
    manifests: chain.manifests,
    streams: logs.map((log) => describeStream(log, deep ? progress : undefined)),
    restores: lost.restores,
    findings,
    unchecked: [...unchecked, ...listRemoved(undefined, lost.entries, span)],
  };
}

type CountedLog = LogToRead & {
  readonly waiting: number;
  readonly findings: readonly Finding[];
  readonly unchecked: readonly Unchecked[];
};

/** What can be said about a log without reading its rows. */
async function verifyCounted(
  db: Database,
  of: { readonly account: string; readonly stream: LogStream; readonly span: Span },
  { entries, holes, places }: VerifiedChain,
): Promise<CountedLog> {
  const { account, stream, span } = of;
  const { name } = stream;
  const read = entries.filter((entry) => entry.stream === name);
  const windows = listWindows(holes);
  const standing = await loadStanding(db, { ...of, size: places, windows, entries: read });
  const sealed = withoutLost([...entries, ...standing.later]).entries;
  const own = sealed.filter((entry) => entry.stream === name);
  const adoption = findAdoption(own);
  const concerned = own.filter((entry) => concerns(entry, span));
  const named = { stream: name, span };
  const covered = compareCoverage(named, standing, own, holes);
  return {
    stream,
    entries: withoutDropped(own),
    adoption,
    manifests: concerned.length,
    waiting: standing.later.filter(({ index }) => index < 0).length,
    findings: [
      // Until its first manifest is sealed, the log says nothing about the stream.
      ...(adoption === undefined ? [] : covered.findings),
      ...(await verifyRevisions(db, of, concerned)),
      ...(await findAddedRevisions(db, of, { entries: own, places, windows })),
      ...(adoption === undefined ? [] : compareCounts(named, standing.counted, own)),
    ],
    unchecked: [
      ...covered.unchecked,
      ...listUnsealed(name, adoption),
      ...listRemoved(name, own, span),
      ...(await listGonePartitions(db, account, name, span)),
    ],
  };
}

function describeStream(
  { stream: { name: stream }, manifests, adoption }: LogToRead,
  progress: DeepProgress | undefined,
): VerifiedStream {
  const read = progress && progressOf(progress, stream);
  return {
    stream,
    manifests,
    adoption: adoption ?? null,
    rows: read?.rows ?? null,
    unsealedRows: read?.unsealedRows ?? null,
    checked: read === undefined ? [] : listChecked(read),
  };
}

async function loadBegin(db: Queryable, account: string): Promise<string> {
  const [log] = await db.query<{ text: string }>(
    `select ${inUtc('begun_at')} as text from zendesk_evidence.logs where account = $1`,
    [account],
  );
  return log?.text ?? '';
}
