/**
 * The sealed log of an account in Postgres: entries are added under the lock of its row, so that one process at a time
 * seals, and a process that dies leaves nothing half done.
 */
import type { Database, Queryable, Transaction } from '../database/client.ts';
import { KnownError } from '../errors.ts';
import { version } from '../version.ts';
import { canonicalJson } from './canonical-json.ts';
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
import { manifestVersion } from './manifest.ts';
import { sealRevisions } from './revision-root.ts';
import { inUtc } from './stored-rows.ts';
import type { LogStream } from '../streams/stream.ts';

/** What it takes to seal the log of an account. */
export type Sealing = {
  readonly account: string;
  /** The log's name (LOG_ORIGIN). */
  readonly origin: string;
  readonly key: SigningKey;
  /** The logs of the installation. */
  readonly logs: readonly LogStream[];
};

/** How many manifests one transaction takes at most. */
export const batchEntries = 256;

/**
 * Takes waiting manifests into the log, in the order in which they were written, and signs a checkpoint.
 *
 * @returns how many it took; undefined while another process seals
 * @throws {KnownError} `sealing_key_differs` when the log was begun under another name or with another key
 */
export async function sealWaiting(db: Database, sealing: Sealing): Promise<number | undefined> {
  if (!(await hasWork(db, sealing))) return 0;
  await beginLog(db, sealing);
  return db.transaction(async (tx) => {
    const [log] = await tx.query<LogRow>(
      `select origin, key, frontier, version from zendesk_evidence.logs where account = $1 for update skip locked`,
      [sealing.account],
    );
    if (log === undefined) return undefined;
    checkIdentity(log, sealing);
    const waiting = await loadWaiting(tx, sealing.account);
    const added = [
      ...(await describeProgram(tx, sealing, log)),
      ...(await describeWaiting(tx, sealing, waiting)),
    ];
    if (added.length === 0) return 0;
    const program = Array.from({ length: added.length - waiting.length }, () => null);
    const tags = [...program, ...waiting.map((each) => each.tags)];
    await append(tx, sealing, parseFrontier(log.frontier), added, tags);
    await tx.query('delete from zendesk_evidence.pending where id = any ($1::bigint[])', [
      waiting.map(({ id }) => id),
    ]);
    return waiting.length;
  });
}

type LogRow = {
  readonly origin: string;
  readonly key: string;
  readonly frontier: Buffer;
  readonly version: string;
};

/** Whether something waits, or the log has still to be told of this version. Asked every few seconds: nothing is locked or written for it. */
async function hasWork(db: Queryable, { account }: Sealing): Promise<boolean> {
  const [answer] = await db.query<{ has_work: boolean }>(
    `select exists (select from zendesk_evidence.pending where account = $1)
       or not exists (select from zendesk_evidence.logs where account = $1 and version = $2) as has_work`,
    [account, version],
  );
  return answer?.has_work === true;
}

async function beginLog(db: Queryable, { account, origin, key }: Sealing): Promise<void> {
  await db.query(
    `insert into zendesk_evidence.logs (account, origin, key, frontier, version, begun_at)
     select $1, $2, $3, $4, '', coalesce((select min(stored_at) from zendesk_evidence.pending where account = $1), now())
     on conflict (account) do nothing`,
    [account, origin, formatVerifierKey(key.verifier), formatFrontier(emptyFrontier)],
  );
}

function checkIdentity(log: LogRow, { account, origin, key }: Sealing): void {
  if (log.origin !== origin)
    throw new KnownError('sealing_key_differs', {
      found: `The sealed log of ${account} is named ${log.origin}, and LOG_ORIGIN says ${origin}`,
      wayOut: 'Set LOG_ORIGIN to the name it has: a log keeps its name for ever',
    });
  if (log.key !== formatVerifierKey(key.verifier))
    throw new KnownError('sealing_key_differs', {
      found: `The sealed log of ${account} is signed with another key than the one of this process`,
      wayOut: 'Give every process the same SIGNING_KEY_FILE',
    });
}

type Waiting = {
  readonly id: string;
  readonly stream: string;
  readonly stored_at: string;
  readonly manifest: string;
  readonly tags: Buffer | null;
};

async function loadWaiting(tx: Queryable, account: string): Promise<readonly Waiting[]> {
  return tx.query<Waiting>(
    `select id::text as id, stream, manifest, tags, ${inUtc('stored_at')} as stored_at
     from zendesk_evidence.pending where account = $1 order by pending.id limit ${batchEntries}`,
    [account],
  );
}

async function describeProgram(
  tx: Queryable,
  { account, logs }: Sealing,
  { version: former, frontier }: LogRow,
): Promise<readonly object[]> {
  if (former === version) return [];
  if (parseFrontier(frontier).size > 0) return [{ kind: 'version', version }];
  // What was covered before has no manifests.
  const covered = await tx.query<{ stream: string; spans: readonly [number, number][] }>(
    `select stream, json_agg(json_build_array(extract(epoch from covered_from), extract(epoch from covered_until)) order by covered_from) as spans
     from zendesk_sync.coverage where account = $1 and stream = any ($2::text[]) group by stream`,
    [account, logs.map(({ name }) => name)],
  );
  const coverage = Object.fromEntries(covered.map(({ stream, spans }) => [stream, spans]));
  return [{ kind: 'begun', version, coverage }];
}

/** The manifests with what the sealer adds: when they were written, and the roots over revisions. */
async function describeWaiting(
  tx: Queryable,
  { account, logs }: Sealing,
  waiting: readonly Waiting[],
): Promise<readonly object[]> {
  const described: object[] = [];
  for (const { stream, stored_at: storedAt, manifest } of waiting) {
    const body = JSON.parse(manifest) as { readonly revisions?: number };
    const log = logs.find(({ name }) => name === stream);
    const revisions =
      (body.revisions ?? 0) === 0 || log === undefined
        ? {}
        : { revisions: await sealRevisions(tx, { account, stream, table: log.table }, storedAt) };
    described.push({
      ...body,
      ...(stream !== '' && { stream }),
      stored_at: storedAt,
      ...revisions,
    });
  }
  return described;
}

async function append(
  tx: Transaction,
  { account, origin, key }: Sealing,
  frontier: Frontier,
  manifests: readonly object[],
  tags: readonly (Buffer | null)[],
): Promise<void> {
  const entries = manifests.map((manifest) => renderEntry(account, manifest));
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
     set size = $2, frontier = $3, checkpoint = $4, version = $5, sealed_at = now()
     where account = $1`,
    [account, grown.size, formatFrontier(grown), formatNote(signNote(text, [key])), version],
  );
}

function renderEntry(account: string, manifest: object): Buffer {
  const entry = Buffer.from(
    canonicalJson(JSON.stringify({ v: manifestVersion, account, ...manifest })),
  );
  if (entry.length > largestEntryBytes)
    throw new Error(`A manifest has ${entry.length} bytes, more than ${largestEntryBytes}.`);
  return entry;
}
