import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { openFetch } from '../../src/ingest/fetch.ts';
import type { Lease } from '../../src/ingest/lease.ts';
import { readPage } from '../../src/ingest/page-records.ts';
import { storePage } from '../../src/ingest/page.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { parseJson } from '../../src/zendesk/body.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { assertSealed, listNoted } from '../support/sealed-rows.ts';
import { usualClassify } from '../support/stored-records.ts';

const span = { from: 0, to: 100_000 };
type Store = (stream: LogStream, ...pages: readonly string[]) => Promise<void>;

/** Stores pages, each the JSON of its records, in one fetch. */
async function withStore(work: (db: Database, store: Store) => Promise<void>): Promise<void> {
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

const access = (id: string, second: number, members = ''): string =>
  `{"id": "${id}", "timestamp": "${moment(second)}", "user_id": ${second % 7}, "status": 200, "url": "/api/v2/tickets/${second}"${members}}`;

const audit = (id: string, time: string, members = ''): string =>
  `{"id": ${id}, "created_at": "${time}", "actor_id": 7, "action": "update"${members}}`;

describe('the manifest of a page', { concurrency: 2 }, () => {
  it('has the root over rows that go in by COPY', async () => {
    await withStore(async (db, store) => {
      const page = Array.from({ length: 600 }, (_, at) => access(`01A${1000 + at}`, 100 + at));
      await store(accessLogs, page.join());
      const noted = await listNoted(db, accessLogs);
      assert.deepEqual(
        noted.map(({ manifest }) => manifest),
        [
          {
            kind: 'page',
            fetch: '1',
            page: 1,
            span: [0, 100_000],
            rows: {
              count: 600,
              root: noted[0]?.manifest.rows.root,
              first: ['100000000', '01A1000'],
              last: ['699000000', '01A1599'],
            },
            days: { '1970-01-01': 600 },
            new: 600,
            late: 0,
            revisions: 0,
            quarantined: 0,
            covered: [[0, 100_000]],
          },
        ],
      );
      await assertSealed(db, accessLogs, noted);
    });
  });

  it('has the root over values that Postgres writes in a way of its own', async () => {
    const odd = [
      `, "ip_address": "2001:DB8:0:0:1:0:0:1"`,
      `, "ip_address": "::FFFF:10.0.0.1"`,
      `, "ip_address": "0:0:0:0:0:0:0:0"`,
      `, "ip_address": "fe80:0:0:1:0:0:0:1"`,
      `, "ip_address": "10.0.0.1"`,
      `, "unheard": {"b": 1.50, "a": [1e2, 1E-7, -0.0, 1e400, 123456789012345678901234567890], "10": 1, "9": 2}`,
      `, "unheard": {"a": 1, "a": 2, "ü": "\\u0000", "__proto__": {"x": null}}`,
      `, "client": "tab\\t back\\\\slash\\n\\r \\u000b\\b\\f ünïcode 𝄞 \\ud800"`,
      `, "bytes_sent": 9223372036854775807, "method": "\\\\N", "referer": ""`,
      `, "bytes_sent": 1e30, "status": 99999`,
    ];
    await withStore(async (db, store) => {
      await store(accessLogs, odd.map((members, at) => access(`01${at}`, 50, members)).join());
      await store(
        auditLogs,
        [
          audit('9', '1970-01-01T00:00:01Z', ', "ip_address": "1::"'),
          audit('10', '1970-01-01T00:00:01Z', ', "change_description": "a\\nb", "source_id": "7"'),
          audit('11', '1970-01-01T00:00:01.0005Z', ', "actor_name": null'),
          audit('8', '1970-01-01T00:00:01.000400Z'),
          audit('12', '1970-01-01T01:00:01+01:00', ', "actor_id": -1'),
        ].join(),
      );
      for (const stream of [accessLogs, auditLogs]) {
        const noted = await listNoted(db, stream);
        assert.equal(noted.length, 1);
        await assertSealed(db, stream, noted);
      }
    });
  });

  it('has the root over what stands after rows were changed, moved, or came twice', async () => {
    await withStore(async (db, store) => {
      await store(
        accessLogs,
        [access('01A', 10), access('01B', 10), access('01C', 11), access('01C', 40)].join(),
        [access('01D', 20), access('01D', 20), access('01A', 10, ', "method": "GET"')].join(),
        [access('01F', 30), access('01F', 90_000), access('01E', 30)].join(),
      );
      const noted = await listNoted(db, accessLogs);
      // What stands is that of the last page, and what no later page has touched.
      const [, , last] = noted;
      assert.ok(last);
      await assertSealed(db, accessLogs, [last]);
      assert.deepEqual(
        noted.map(({ manifest: { rows, days, revisions } }) => [rows.count, days, revisions]),
        [
          [3, { '1970-01-01': 3 }, 1],
          [2, { '1970-01-01': 1 }, 1],
          [2, { '1970-01-01': 1, '1970-01-02': 1 }, 1],
        ],
      );
    });
  });

  it('is written for a fetch that found nothing new, and not for a page on the way', async () => {
    await withStore(async (db, store) => {
      await store(accessLogs, access('01A', 10));
      await store(accessLogs, access('01A', 10), access('01A', 10));
      const noted = await listNoted(db, accessLogs);
      assert.deepEqual(
        noted.map(({ manifest }) => manifest.rows.count),
        [1, 0],
      );
      await assertSealed(db, accessLogs, noted);
    });
  });
});
