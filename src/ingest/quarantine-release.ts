/** The end of a retry of the quarantine: stored records leave it, and the sealed log records this. */
import { explainRefusal } from '../database/connection-errors.ts';
import type { Transaction } from '../database/client.ts';
import { KnownError } from '../errors.ts';
import { noteManifest } from '../evidence/pending.ts';
import { commitToRecords, type KeptRecord } from '../evidence/quarantine-root.ts';
import { inMicros, inUtc } from '../evidence/stored-rows.ts';
import { version } from '../version.ts';
import type { Lease } from './lease.ts';
import type { DescribedRows } from './page-manifest.ts';
import { writeByHalves } from './rows/isolate.ts';

/** The result for the records: stored, stored meanwhile in another way, or still impossible to store. */
export type RetryCounts = {
  readonly stored: number;
  readonly known: number;
  readonly left: number;
};

/** A record in quarantine. */
export type Entry = {
  readonly number: string;
  readonly content: Buffer;
  /** False if somebody has changed the content since. */
  readonly isAsItCame: boolean;
};

/** A record that can be read now, and its row. */
export type Readable<Row> = { readonly entry: Entry; readonly row: Row };

/** What is wrong with a record still. */
export type Failure = { readonly number: string; readonly error: unknown };

/** Stores what is missing, removes what is stored from the quarantine, and records why the rest stays. */
export async function settle<Row, Written>(
  tx: Transaction,
  account: string,
  batch: {
    readonly readable: readonly Readable<Row>[];
    readonly failures: readonly Failure[];
    /** The positions of those whose key is in the table, from 1: a row stored since is newer than the record in quarantine. */
    readonly stored: readonly { readonly place: number }[];
    readonly write: (some: readonly Readable<Row>[]) => Promise<Written>;
  },
): Promise<SettledBatch<Written>> {
  const places = new Set(batch.stored.map(({ place }) => place));
  const known = batch.readable.filter((_, index) => places.has(index + 1));
  const fresh = batch.readable.filter((_, index) => !places.has(index + 1));
  const { written, refused } = await writeByHalves(tx, fresh, batch.write);
  const failures = [
    ...batch.failures,
    ...refused.map(({ item, error }) => ({
      number: item.entry.number,
      error: explainRefusal(error),
    })),
  ];
  const left = new Set(failures.map(({ number }) => number));
  const done = batch.readable.filter(({ entry }) => !left.has(entry.number));
  const released = await tx.query<ReleasedRecord>(
    `with gone as (delete from zendesk_sync.quarantine where account = $2 and id = any ($1::bigint[])
     returning stream, content, first_seen)
     select stream, content, ${inMicros('first_seen')} as micros, ${inUtc('first_seen')} as "firstSeen" from gone`,
    [done.map(({ entry }) => entry.number), account],
  );
  await tx.query(
    `update zendesk_sync.quarantine q
     set tried_by = $1, code = coalesce(f.code, q.code), reason = coalesce(f.reason, q.reason)
     from unnest($2::bigint[], $3::text[], $4::text[]) as f (id, code, reason)
     where q.account = $5 and q.id = f.id`,
    [
      version,
      failures.map(({ number }) => number),
      failures.map(({ error }) => (error instanceof KnownError ? error.code : null)),
      failures.map(({ error }) => (error instanceof KnownError ? error.message : null)),
      account,
    ],
  );
  const counts = {
    stored: done.length - known.length,
    known: known.length,
    left: failures.length,
  };
  return { counts, written, released };
}

/** A record that was taken out of the quarantine, and when it came into it. */
type ReleasedRecord = KeptRecord & { readonly firstSeen: string };

type SettledBatch<Written> = {
  readonly counts: RetryCounts;
  readonly written: readonly Written[];
  readonly released: readonly ReleasedRecord[];
};

/** Notes for the sealed log what was taken out of the quarantine, and what it became. */
export async function noteRetry(
  tx: Transaction,
  lease: Lease,
  released: readonly ReleasedRecord[],
  written?: DescribedRows,
): Promise<void> {
  if (released.length === 0) return;
  const leaves = await commitToRecords(tx, lease.account, released);
  const each = released.map(
    ({ firstSeen }, at) => [firstSeen, (leaves[at] ?? Buffer.of()).toString('base64')] as const,
  );
  const manifest = { kind: 'retry' as const, ...written?.described, released: each };
  await noteManifest(tx, lease, manifest, written?.tags);
}
