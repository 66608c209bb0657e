/**
 * A log that is shorter in the database than its published copy must not continue from there, or there would be two
 * logs of one name. The missing entries are taken back unchanged, and an entry records it: `restore` if the database was
 * restored from an older backup, `cut` if somebody removed the entries.
 */
import {
  longLimitMs,
  type Database,
  type Queryable,
  type Transaction,
} from '../../database/client.ts';
import { hasCode, KnownError } from '../../errors.ts';
import type { Log } from '../../logger.ts';
import { growFrontier, parseFrontier, type Frontier } from '../forms/frontier.ts';
import { hashLeaf } from '../forms/merkle.ts';
import { noteTakeover } from '../key-rotation.ts';
import { readPublished } from '../publication.ts';
import {
  appendEntries,
  batchEntries,
  beginLog,
  checkIdentity,
  renderEntry,
  type Sealing,
} from '../sealed-log.ts';
import { inUtc } from '../stored-rows.ts';
import { describeWaiting, loadWaiting } from '../waiting.ts';
import { readEntry, type SealedEntry } from '../verification/entry.ts';
import { followTakeover, type FollowedTakeover } from '../verification/keys.ts';
import { isInOtherDatabase, noteDatabase } from './database-history.ts';
import { readLostEntries, type Longer } from './lost-entries.ts';
import { noteLostSpans } from './lost-spans.ts';
import { putRowBack } from './removed-row.ts';
import { haveRemnants } from './remnants.ts';

/** How many entries the log of an account has in the database; 0 if there is no log. */
export async function loadSize(db: Queryable, account: string): Promise<number> {
  const [log] = await db.query<{ size: number }>(
    'select size::float8 as size from zendesk_evidence.logs where account = $1',
    [account],
  );
  return log?.size ?? 0;
}

/**
 * Takes back entries that the copies of a log have and the database lacks.
 *
 * @param known the largest size of the log that this process has seen; undefined when the process has just started
 * @returns how many entries the log has now
 * @throws {KnownError} `sealed_log_behind` when a copy lacks some of the missing entries, `anchor_failed` when a copy cannot be
 *   reached after a restore or a failover: continuing could fork the log
 */
export async function takeBackLost(
  db: Database,
  sealing: Sealing,
  known: number | undefined,
  log: Log,
): Promise<number> {
  const { account } = sealing;
  const size = await loadSize(db, account);
  if (known !== undefined && size >= known) return size;
  const { longest, failures } = await findLongest(sealing, size);
  const unreached = failures.find((error) => hasCode(error, 'anchor_failed'));
  if (unreached !== undefined && (known !== undefined || (await isInOtherDatabase(db, account))))
    throw unreachedFailure(account, unreached);
  // A place that has another log stops nothing: it is reported here, and again when the log is published.
  const tell = (error: KnownError): void => log.error({ account, err: error }, error.message);
  failures.forEach(tell);
  if (longest !== undefined)
    await takeBackFrom(db, sealing, longest, log).catch((error: unknown) => {
      if (!hasCode(error, 'sealed_log_differs')) throw error;
      tell(error);
    });
  if (unreached === undefined) await noteDatabase(db, account);
  const since = await loadSize(db, account);
  if (since < (known ?? 0))
    log.error(
      { account, entries: since, known },
      'the sealed log has fewer entries than this process knows of, and no copy outside of the database has them: they are lost, and the log continues without them',
    );
  return since;
}

/** The copy with the most entries, if it has more than the database, and why others could not be read. */
async function findLongest(
  { account, copies = [] }: Sealing,
  size: number,
): Promise<{ readonly longest: Longer | undefined; readonly failures: readonly KnownError[] }> {
  let longest: Longer | undefined;
  const failures: KnownError[] = [];
  for (const copy of copies)
    try {
      const published = await readPublished(copy, account);
      if (published !== undefined && published.size > (longest?.size ?? size))
        longest = { copy, ...published };
    } catch (error) {
      if (!hasCode(error, 'anchor_failed', 'sealed_log_differs')) throw error;
      failures.push(error);
    }
  return { longest, failures };
}

/** Entries may be missing, and whether they are cannot be told: sealing would make two logs of one name. */
function unreachedFailure(account: string, cause: KnownError): KnownError {
  return new KnownError('anchor_failed', {
    found: `The database is not the one that the sealed log of ${account} was in, or has fewer entries of it than before, and a published copy that may have more cannot be reached: ${cause.found}`,
    wayOut:
      'Nothing is sealed until it answers, and manifests wait in the database. If the copy no longer exists, remove EVIDENCE_URL or EVIDENCE_DIR from the settings',
    cause,
  });
}

type LogRow = { readonly origin: string; readonly key: string; readonly frontier: Buffer };

async function takeBackFrom(
  db: Database,
  sealing: Sealing,
  { copy, note, size }: Longer,
  log: Log,
): Promise<void> {
  const { account, origin, key } = sealing;
  if (await putRowBack(db, sealing, { copy, note, size }))
    log.error(
      { account, place: copy.name },
      'the row of the sealed log was removed from the database; it was put back from where the log is published',
    );
  await beginLog(db, sealing);
  const done = await db.transaction(async (tx) => {
    const [row] = await tx.query<LogRow>(
      'select origin, key, frontier from zendesk_evidence.logs where account = $1 for update',
      [account],
    );
    if (row === undefined) return undefined;
    const frontier = parseFrontier(row.frontier);
    // Another process may have done it.
    if (frontier.size >= size) return undefined;
    const keys = [key.verifier];
    const lost = await readLostEntries(copy, { account, origin, keys }, note, frontier);
    const takeovers = followKeys(row.key, origin, frontier, lost);
    const newest = takeovers.at(-1)?.to ?? row.key;
    await checkIdentity(tx, { ...row, key: newest }, sealing);
    for (const takeover of takeovers) await noteTakeover(tx, account, takeover);
    return append(tx, sealing, frontier, lost);
  }, longLimitMs);
  if (done === undefined) return;
  const facts = { account, place: copy.name, ...done };
  if (done.kind === 'cut')
    log.error(
      facts,
      'entries were removed from the sealed log in the database while their rows are there; they were taken back from where they are published',
    );
  else
    log.warn(
      facts,
      'the database was restored from an older backup; the sealed log was taken back from where it is published, and what was lost is read again',
    );
}

/** The takeovers of keys within the lost entries: those that both keys signed. */
function followKeys(
  first: string,
  origin: string,
  frontier: Frontier,
  lost: readonly Buffer[],
): readonly FollowedTakeover[] {
  const takeovers: FollowedTakeover[] = [];
  let [before, key] = [frontier, first];
  for (const entry of lost) {
    const takeover = readEntry(before.size, entry, null)?.takeover;
    const followed = takeover && followTakeover(takeover, origin, before.size, before);
    if (followed?.from === key && followed.isSigned) {
      takeovers.push(followed);
      key = followed.to;
    }
    before = growFrontier(before, [hashLeaf(entry)]);
  }
  return takeovers;
}

type Done = {
  readonly kind: 'restore' | 'cut';
  readonly from: number;
  readonly until: number;
  /** How many of these entries describe data that the database lacks. */
  readonly lost: number;
};

async function append(
  tx: Transaction,
  sealing: Sealing,
  frontier: Frontier,
  entries: readonly Buffer[],
): Promise<Done> {
  const { account, logs, key } = sealing;
  const waiting = await loadWaiting(tx, account, null);
  const described = await describeWaiting(tx, sealing, waiting);
  const rendered = described.map((manifest) => renderEntry(account, manifest).toString('base64'));
  const places = new Map(rendered.map((text, place) => [text, waiting[place]]));
  const kept = entries.map((entry) => places.get(entry.toString('base64')));
  const lost = entries.flatMap((entry, at): SealedEntry[] => {
    const read = readEntry(frontier.size + at, entry, null);
    return kept[at] !== undefined || read === undefined ? [] : [read];
  });
  const kind = (await haveRemnants(tx, account, logs, lost)) ? 'cut' : 'restore';
  const signing = { ...sealing, keys: [key] };
  let grown = frontier;
  for (let at = 0; at < entries.length; at += batchEntries) {
    const tags = kept.slice(at, at + batchEntries).map((each) => each?.tags ?? null);
    grown = await appendEntries(tx, signing, grown, entries.slice(at, at + batchEntries), tags);
  }
  await tx.query(
    'delete from zendesk_evidence.pending where account = $2 and id = any ($1::bigint[])',
    [kept.flatMap((each) => each?.id ?? []), account],
  );
  const [clock] = await tx.query<{ now: string }>(`select ${inUtc('now()')} as now`);
  const span = { from: frontier.size, until: grown.size };
  const keptPlaces = kept.flatMap((each, at) => (each === undefined ? [] : [frontier.size + at]));
  const manifest = { kind, noted_at: clock?.now, ...span, kept: keptPlaces };
  await appendEntries(tx, signing, grown, [manifest], [null]);
  if (kind === 'restore') for (const stream of logs) await noteLostSpans(tx, account, stream, lost);
  return { kind, ...span, lost: lost.length };
}
