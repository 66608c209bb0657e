/** Whether the history is what was sealed: the log itself, what is covered, and the rows. */
import type { Database, Queryable } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import { nameKey, type PersonKeys } from '../salts.ts';
import { inMicros, inUtc } from '../stored-rows.ts';
import { verifyChain, type Anchor } from './chain.ts';
import { verifyCounts, verifyCoverage, verifyRevisions } from './counts.ts';
import { readEntry, type SealedEntry } from './entry.ts';
import type { Finding } from './finding.ts';
import { verifyRows } from './rows.ts';

/** What a verification is asked for. */
type VerificationTask = {
  readonly account: string;
  readonly streams: readonly LogStream[];
  /** Reads and hashes every row. Default: counts them. */
  readonly deep: boolean;
  readonly anchors: readonly Anchor[];
  /** Is told of rows as they are read. */
  readonly report: (stream: string, rows: number) => void;
  readonly signal: AbortSignal;
};

/** What it came to. */
export type Verification = {
  readonly account: string;
  readonly deep: boolean;
  /** How many entries the log has. */
  readonly size: number;
  /** Since when the log is kept: rows stored before are not in it. */
  readonly begunAt: string;
  /** How many manifests wait to be sealed. */
  readonly waiting: number;
  readonly streams: readonly VerifiedStream[];
  readonly findings: readonly Finding[];
};

/** What one log came to. */
type VerifiedStream = {
  readonly stream: string;
  readonly manifests: number;
  /** Rows that were read; undefined unless all were. */
  readonly rows: number | undefined;
  /** Rows of which nothing is known, because they were stored before the log was begun. */
  readonly unsealedRows: number | undefined;
};

/** Verifies the history of an account; undefined when it has no sealed log. */
export async function verifyHistory(
  db: Database,
  task: VerificationTask,
): Promise<Verification | undefined> {
  const { account, streams, deep, anchors } = task;
  const chain = await verifyChain(db, account, anchors);
  if (chain === undefined) return undefined;
  const waiting = await loadWaitingEntries(db, account);
  const begunAt = await loadBegin(db, account);
  const keys = deep ? await loadKeys(db, account) : new Map<string, Buffer>();
  const findings: Finding[] = [...chain.findings];
  const verified: VerifiedStream[] = [];
  const sealed = [...chain.entries, ...waiting];
  for (const stream of streams) {
    const own = sealed.filter((entry) => entry.stream === stream.name);
    const of = { account, stream };
    const begun = sealed.flatMap(({ coverage }) => coverage[stream.name] ?? []);
    const before = begun.map(([from, to]) => ({ from, to }));
    findings.push(...(await verifyCoverage(db, of, own, before)));
    findings.push(...(await verifyRevisions(db, of, own)));
    findings.push(...(await verifyCounts(db, of, own, begunAt.text)));
    const read = deep
      ? await verifyRows(db, {
          ...of,
          keys,
          begunAt: begunAt.micros,
          signal: task.signal,
          report: (rows) => task.report(stream.name, rows),
          entries: own,
          loadEntries: () => loadEntries(db, account, stream.name),
        })
      : undefined;
    findings.push(...(read?.findings ?? []));
    verified.push({
      stream: stream.name,
      manifests: own.length,
      rows: read?.rows,
      unsealedRows: read?.unsealedRows,
    });
  }
  const { size } = chain;
  return {
    account,
    deep,
    size,
    begunAt: begunAt.text,
    waiting: waiting.length,
    streams: verified,
    findings,
  };
}

type EntryRow = { readonly index: number; readonly manifest: Buffer; readonly tags: Buffer | null };

/** The manifests of a log of the account, sealed and waiting. */
async function loadEntries(
  db: Queryable,
  account: string,
  stream: string,
): Promise<readonly SealedEntry[]> {
  const rows = await db.query<EntryRow>(
    `select index::float8 as index, manifest, tags from zendesk_evidence.entries where account = $1 order by index`,
    [account],
  );
  const sealed = rows.flatMap(
    ({ index, manifest, tags }) => readEntry(index, manifest, tags) ?? [],
  );
  const waiting = await loadWaitingEntries(db, account);
  return [...sealed, ...waiting].filter((entry) => entry.stream === stream);
}

/** What waits for the sealer, as it will stand in the log. */
async function loadWaitingEntries(db: Queryable, account: string): Promise<readonly SealedEntry[]> {
  const rows = await db.query<EntryRow>(
    `select -1 as index, tags, convert_to((manifest::jsonb - 'revisions' || jsonb_build_object('stream', stream,
       'stored_at', ${inUtc('stored_at')}))::text, 'UTF8') as manifest
     from zendesk_evidence.pending where account = $1 order by id`,
    [account],
  );
  return rows.flatMap(({ index, manifest, tags }) => readEntry(index, manifest, tags) ?? []);
}

async function loadBegin(
  db: Queryable,
  account: string,
): Promise<{ readonly text: string; readonly micros: string }> {
  const [log] = await db.query<{ text: string; micros: string }>(
    `select ${inUtc('begun_at')} as text, ${inMicros('begun_at')} as micros
     from zendesk_evidence.logs where account = $1`,
    [account],
  );
  return log ?? { text: '', micros: '0' };
}

async function loadKeys(db: Queryable, account: string): Promise<PersonKeys> {
  const rows = await db.query<{ person: string; month: string; key: Buffer }>(
    'select person::text as person, month::text as month, key from zendesk_evidence.person_keys where account = $1',
    [account],
  );
  return new Map(rows.map(({ person, month, key }) => [nameKey(person, month), key]));
}
