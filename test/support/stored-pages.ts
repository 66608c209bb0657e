/** Pages of records in a ledger, and records as JSON. */
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { openFetch } from '../../src/ingest/fetch.ts';
import type { Lease } from '../../src/ingest/lease.ts';
import { readPage } from '../../src/ingest/page-records.ts';
import { storePage } from '../../src/ingest/page.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { parseJson } from '../../src/zendesk/body.ts';
import { takeLease, withLedger } from './ledger.ts';
import { usualClassify } from './stored-records.ts';

const span = { from: 0, to: 100_000 };
type Store = (stream: LogStream, ...pages: readonly string[]) => Promise<void>;

/** Stores pages, each the JSON of its records, in one fetch. */
export async function withStore(
  work: (db: Database, store: Store) => Promise<void>,
): Promise<void> {
  await withLedger(async (db) => {
    const ensurePartitions = createPartitionKeeper(db);
    const leases = new Map<LogStream, Promise<Lease>>();
    await work(db, async (stream, ...pages) => {
      const lease = await (leases.get(stream) ?? takeLease(db, stream));
      leases.set(stream, Promise.resolve(lease));
      const task = { kind: 'backfill', span, pageSize: 2500 } as const;
      let { fetch } = await openFetch(db, lease, task);
      for (const [at, text] of pages.entries()) {
        const records = parseJson(Buffer.from(`[${text}]`)) as unknown[];
        const page = { records, originals: () => [], lossy: new Set<number>() };
        const isLast = at === pages.length - 1;
        ({ fetch } = await storePage({ db, ensurePartitions }, lease, stream, {
          ...readPage(stream, usualClassify, page),
          fetch,
          pageSize: 2500,
          askedAt: 200_000,
          covered: [],
          end: isLast
            ? { kind: 'complete', coverage: [span], rescans: [] }
            : { kind: 'more', nextCursor: String(at) },
        }));
      }
    });
  });
}

const moment = (second: number): string => new Date(second * 1000).toISOString();

/** A record of the access log. */
export const access = (id: string, second: number, members = ''): string =>
  `{"id": "${id}", "timestamp": "${moment(second)}", "user_id": ${second % 7}, "status": 200, "url": "/api/v2/tickets/${second}"${members}}`;

/** A record of the audit log. */
export const audit = (id: string, time: string, members = ''): string =>
  `{"id": ${id}, "created_at": "${time}", "actor_id": 7, "action": "update"${members}}`;
