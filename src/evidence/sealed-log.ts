/**
 * The sealed log of an account in Postgres: entries are added under the lock of its row, so that one process at a time
 * seals, and a process that dies leaves nothing half done.
 */
import {
  longLimitMs,
  type Database,
  type Queryable,
  type Transaction,
} from '../database/client.ts';
import { KnownError } from '../errors.ts';
import { version } from '../version.ts';
import { noteFound } from './adoption/found.ts';
import { canonicalJson } from './canonical-json.ts';
import { openFrontier } from './edge.ts';
import { largestEntryBytes } from './forms/bundles.ts';
import { formatCheckpoint } from './forms/checkpoint.ts';
import {
  emptyFrontier,
  findRoot,
  formatFrontier,
  growFrontier,
  parseFrontier,
  type Frontier,
} from './forms/frontier.ts';
import { formatVerifierKey, type SigningKey } from './forms/keys.ts';
import { hashLeaf } from './forms/merkle.ts';
import { formatNote, signNote } from './forms/note.ts';
import { explainOtherKey } from './key-history.ts';
import { manifestVersion } from './manifest.ts';
import type { PublishedCopy } from './restore/lost-entries.ts';
import { inUtc } from './stored-rows.ts';
import { describeWaiting, loadWaiting } from './waiting.ts';
import type { LogStream } from '../streams/stream.ts';

/** What is needed to seal the log of an account. */
export type Sealing = {
  readonly account: string;
  /** The log's name (LOG_ORIGIN). */
  readonly origin: string;
  readonly key: SigningKey;
  /** The logs of the installation. */
  readonly logs: readonly LogStream[];
  /** Fingerprint of the rules by which this process classifies. Default: it classifies nothing. */
  readonly classification?: string;
  /** Where it is published, to be read again after a restore. Default: nowhere. */
  readonly copies?: readonly PublishedCopy[];
};

/** How many manifests one transaction takes at most. */
export const batchEntries = 256;

/**
 * Adds waiting manifests to the log, in the order in which they were written, and signs a checkpoint.
 *
 * @param leastSize how many entries the log had: a log that is shorter now is not continued
 * @returns how many it took; undefined while another process seals, or when the log is shorter
 * @throws {KnownError} `sealing_key_differs` when the log began under another name or with another key
 */
export async function sealWaiting(
  db: Database,
  sealing: Sealing,
  leastSize = 0,
): Promise<number | undefined> {
  if (!(await hasWork(db, sealing))) return 0;
  await beginLog(db, sealing);
  // When a log begins, the rows of each day are counted.
  return db.transaction(async (tx) => {
    const [log] = await tx.query<LogRow>(
      `select origin, key, frontier, checkpoint, version from zendesk_evidence.logs where account = $1 for update skip locked`,
      [sealing.account],
    );
    if (log === undefined) return undefined;
    await checkIdentity(tx, log, sealing);
    const frontier = openFrontier(log, sealing);
    if (frontier.size < leastSize) return undefined;
    const waiting = await loadWaiting(tx, sealing.account, batchEntries);
    const added = [
      ...(await describeProgram(tx, sealing, log)),
      ...(await noteFound(tx, sealing)),
      ...(await describeWaiting(tx, sealing, waiting)),
    ];
    if (added.length === 0) return 0;
    const program = Array.from({ length: added.length - waiting.length }, () => null);
    const tags = [...program, ...waiting.map((each) => each.tags)];
    const signing = { ...sealing, keys: [sealing.key] };
    await appendEntries(tx, signing, frontier, added, tags);
    await tx.query(
      'delete from zendesk_evidence.pending where account = $2 and id = any ($1::bigint[])',
      [waiting.map(({ id }) => id), sealing.account],
    );
    return waiting.length;
  }, longLimitMs);
}

type LogRow = {
  readonly origin: string;
  readonly key: string;
  readonly frontier: Buffer;
  readonly checkpoint: string | null;
  readonly version: string;
};

/** Whether something waits, or the log does not know this version yet. Called every few seconds: it locks and writes nothing. */
async function hasWork(db: Queryable, { account }: Sealing): Promise<boolean> {
  const [answer] = await db.query<{ has_work: boolean }>(
    `select exists (select from zendesk_evidence.pending where account = $1)
       or not exists (select from zendesk_evidence.logs where account = $1 and version = $2) as has_work`,
    [account, version],
  );
  return answer?.has_work === true;
}

/**
 * Creates the row of a log, unless it exists.
 *
 * @throws {KnownError} `sealed_log_differs` when only the row is gone
 */
export async function beginLog(db: Queryable, { account, origin, key }: Sealing): Promise<void> {
  const [state] = await db.query<{ isLeft: boolean }>(
    `with state as (
       select exists (select from zendesk_evidence.entries where account = $1)
         and not exists (select from zendesk_evidence.logs where account = $1) as is_left
     ),
     begun as (
       insert into zendesk_evidence.logs (account, origin, key, frontier, version, begun_at)
       select $1, $2, $3, $4, '', coalesce((select min(stored_at) from zendesk_evidence.pending where account = $1), clock.at)
       from state cross join (select now() as at) as clock where not is_left
       on conflict (account) do nothing
     )
     select is_left as "isLeft" from state`,
    [account, origin, formatVerifierKey(key.verifier), formatFrontier(emptyFrontier)],
  );
  if (state?.isLeft === true)
    throw new KnownError('sealed_log_differs', {
      found: `The sealed log of ${account} has entries in the database, and its row in zendesk_evidence.logs is gone: somebody has removed it`,
      wayOut: 'Run "verify", and put the row back from a backup',
    });
}

/** @throws {KnownError} `sealing_key_differs` when the log has another name or key */
export async function checkIdentity(
  tx: Queryable,
  log: Pick<LogRow, 'origin' | 'key'>,
  { account, origin, key }: Sealing,
): Promise<void> {
  if (log.origin !== origin)
    throw new KnownError('sealing_key_differs', {
      found: `The sealed log of ${account} is named ${log.origin}, and LOG_ORIGIN says ${origin}`,
      wayOut: 'Set LOG_ORIGIN to the name it has: a log keeps its name permanently',
    });
  const own = formatVerifierKey(key.verifier);
  if (log.key !== own) throw await explainOtherKey(tx, account, own);
}

async function describeProgram(
  tx: Queryable,
  { key }: Sealing,
  { version: former, frontier }: LogRow,
): Promise<readonly object[]> {
  if (former === version) return [];
  const [clock] = await tx.query<{ now: string }>(`select ${inUtc('now()')} as now`);
  const noted = { version, noted_at: clock?.now };
  return parseFrontier(frontier).size > 0
    ? [{ kind: 'version', ...noted }]
    : [{ kind: 'begun', ...noted, key: formatVerifierKey(key.verifier) }];
}

/** A log, and the keys that sign its checkpoint. */
type Signing = {
  readonly account: string;
  readonly origin: string;
  readonly keys: readonly SigningKey[];
};

/** Adds manifests, or entries as they were, to a log whose row the transaction has locked, and signs a checkpoint over them. */
export async function appendEntries(
  tx: Transaction,
  { account, origin, keys }: Signing,
  frontier: Frontier,
  manifests: readonly (object | Buffer)[],
  tags: readonly (Buffer | null)[],
): Promise<Frontier> {
  const entries = manifests.map((manifest) =>
    manifest instanceof Buffer ? manifest : renderEntry(account, manifest),
  );
  const hashes: { level: number; index: number; hash: Buffer }[] = [];
  const grown = growFrontier(frontier, entries.map(hashLeaf), (height, index, hash) => {
    if (height % 8 === 0) hashes.push({ level: height / 8, index, hash });
  });
  await tx.query(
    `insert into zendesk_evidence.entries (account, index, manifest, tags)
     select $1, $2::bigint + place - 1, entry, tags
     from unnest($3::bytea[], $4::bytea[]) with ordinality as e (entry, tags, place)`,
    [account, frontier.size, entries, tags],
  );
  await tx.query(
    `insert into zendesk_evidence.hashes (account, level, index, hash)
     select $1, * from unnest($2::integer[], $3::bigint[], $4::bytea[])`,
    [
      account,
      hashes.map(({ level }) => level),
      hashes.map(({ index }) => index),
      hashes.map(({ hash }) => hash),
    ],
  );
  const text = formatCheckpoint({
    origin,
    size: grown.size,
    root: findRoot(grown),
    extensions: [],
  });
  await tx.query(
    `update zendesk_evidence.logs
     set size = $2, frontier = $3, checkpoint = $4, version = $5, sealed_at = clock.at
     from (select now() as at) as clock
     where account = $1`,
    [account, grown.size, formatFrontier(grown), formatNote(signNote(text, keys)), version],
  );
  return grown;
}

/** The entry of a manifest. */
export function renderEntry(account: string, manifest: object): Buffer {
  const entry = Buffer.from(
    canonicalJson(JSON.stringify({ ...manifest, v: manifestVersion, account })),
  );
  if (entry.length > largestEntryBytes)
    throw new Error(`A manifest has ${entry.length} bytes, more than ${largestEntryBytes}.`);
  return entry;
}
