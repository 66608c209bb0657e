/** What enters the quarantine, what a retry does with it, and what both leave for the sealed log. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { openFetch, type Fetch } from '../../src/ingest/fetch.ts';
import type { Engine } from '../../src/ingest/engine.ts';
import type { Lease } from '../../src/ingest/lease.ts';
import { quarantineRecord, storeQuarantine } from '../../src/ingest/quarantine.ts';
import type { RetryCounts } from '../../src/ingest/quarantine-release.ts';
import {
  createUpgradeRetry,
  retryQuarantine,
  type RetryChoice,
} from '../../src/ingest/quarantine-retry.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import type { Stream } from '../../src/streams/stream.ts';
import { users } from '../../src/streams/users.ts';
import { version } from '../../src/version.ts';
import { collectLog } from '../support/collected-log.ts';
import { takeLease, withLedger } from '../support/ledger.ts';
import { usualClassify } from '../support/stored-records.ts';

const { signal } = new AbortController();

/** A ledger with the lease of a stream. */
type Held = {
  readonly db: Database;
  readonly lease: Lease;
  /** Puts records into the quarantine as if another version had failed with them. */
  readonly put: (contents: readonly string[], fetch?: Fetch) => Promise<void>;
  readonly retry: (choice?: RetryChoice) => Promise<RetryCounts>;
  /** The manifests that were noted since the last call. */
  readonly takeManifests: () => Promise<Record<string, unknown>[]>;
};

async function withHeld(stream: Stream, work: (held: Held) => Promise<void>): Promise<void> {
  await withLedger(async (db) => {
    const lease = await takeLease(db, stream);
    const parts = { db, ensurePartitions: createPartitionKeeper(db), classify: usualClassify };
    await work({
      db,
      lease,
      async put(contents, fetch) {
        const records = contents.map((content, at) =>
          quarantineRecord(new Error(), at + 1, Buffer.from(content), {}),
        );
        await db.transaction(async (tx) => storeQuarantine(tx, lease, records, fetch));
        await db.query(
          `update zendesk_sync.quarantine set tried_by = 'another', code = 'refused', reason = 'before'`,
        );
      },
      retry: (choice = 'all') => retryQuarantine(parts, stream, lease, choice, signal),
      async takeManifests() {
        const taken = await db.query<{ manifest: string }>(
          'with taken as (delete from zendesk_evidence.pending returning id, manifest) select manifest from taken order by id',
        );
        return taken.map(({ manifest }) => JSON.parse(manifest) as Record<string, unknown>);
      },
    });
  });
}

const changed =
  'Somebody has changed the record in the quarantine, so it is not what Zendesk sent and is not stored.';
const access = (id: string, time: string, status = 200): string =>
  `{"id": "${id}", "timestamp": "1970-01-01T00:00:0${time}Z", "status": ${status}}`;
const person = (id: number, name: string): string =>
  `{"id": ${id}, "name": "${name}", "email": "p${id}@acme.example", "role": "agent", "active": true}`;

describe('a record that enters the quarantine', () => {
  it('keeps the fetch with which it came first, and the sealed log says the same', async () => {
    await withHeld(accessLogs, async ({ db, lease, put, takeManifests }) => {
      const task = { kind: 'backfill', span: { from: 60, to: 7200 }, pageSize: 100 } as const;
      const { fetch } = await openFetch(db, lease, task);
      await put(['one', 'two'], fetch);
      await put(['two', 'three', 'three']);
      const rows = await db.query(
        `select convert_from(content, 'UTF8') as content, fetch_id::text as fetch, times_seen as times,
           extract(epoch from span_from)::integer as from, extract(epoch from span_until)::integer as until
         from zendesk_sync.quarantine order by content`,
      );
      const found = { fetch: fetch.fetch, from: 60, until: 7200 };
      assert.deepEqual(rows, [
        { content: 'one', ...found, times: 1 },
        { content: 'three', fetch: null, from: null, until: null, times: 1 },
        { content: 'two', ...found, times: 2 },
      ]);
      const noted = await takeManifests();
      assert.deepEqual(
        noted.map(({ fetch: of, span, records }) => [of, span, (records as { count: 1 }).count]),
        [
          [fetch.fetch, [60, 7200], 2],
          [undefined, undefined, 1],
        ],
      );
    });
  });
});

describe('a retry of the quarantine', () => {
  it('stores what can be stored, leaves what a newer row says, and notes why the rest stays', async () => {
    await withHeld(accessLogs, async ({ db, put, retry, takeManifests }) => {
      await put([access('newer', '2.5', 201)]);
      assert.deepEqual(await retry(), { stored: 1, known: 0, left: 0 });
      await db.query(
        `alter table zendesk.access_logs add constraint no_teapots check (status <> 418) not valid`,
      );
      await db.query('delete from zendesk_sync.stale_days');
      await takeManifests();
      await put([
        access('newer', '2', 500),
        access('a', '1'),
        access('refused', '3', 418),
        'no JSON',
        access('b', '4'),
        '{"id": "timeless"}',
        access('c', '5'),
      ]);
      await db.query(
        `update zendesk_sync.quarantine set content = 'by hand' where content = convert_to($1, 'UTF8')`,
        [access('c', '5')],
      );
      await takeManifests();

      assert.deepEqual(await retry(), { stored: 2, known: 1, left: 4 });
      assert.deepEqual(await db.query('select id, status from zendesk.access_logs order by id'), [
        { id: 'a', status: 200 },
        { id: 'b', status: 200 },
        { id: 'newer', status: 201 },
      ]);
      const left = () =>
        db.query(
          `select convert_from(content, 'UTF8') as content, code, reason, tried_by as by from zendesk_sync.quarantine order by id`,
        );
      const rest = [
        {
          content: access('refused', '3', 418),
          code: 'record_refused',
          reason: 'Postgres rejects the row: it violates no_teapots (SQLSTATE 23514).',
          by: version,
        },
        { content: 'no JSON', code: 'refused', reason: 'before', by: version },
        {
          content: '{"id": "timeless"}',
          code: 'record_unreadable',
          reason: 'Record timeless has no usable timestamp.',
          by: version,
        },
        { content: 'by hand', code: 'record_unreadable', reason: changed, by: version },
      ];
      assert.deepEqual(await left(), rest);
      assert.deepEqual(
        await db.query(
          'select day::text, sum(rows)::integer as rows from zendesk_sync.stored_rows group by day',
        ),
        [{ day: '1970-01-01', rows: 3 }],
      );
      assert.deepEqual(await db.query('select day::text from zendesk_sync.stale_days'), [
        { day: '1970-01-01' },
      ]);
      const [manifest, ...more] = await takeManifests();
      assert.deepEqual([manifest?.['kind'], manifest?.['new'], more], ['retry', 2, []]);
      assert.deepEqual(manifest?.['days'], { '1970-01-01': 2 });
      assert.equal((manifest?.['released'] as unknown[] | undefined)?.length, 3);

      assert.deepEqual(await retry(), { stored: 0, known: 0, left: 4 });
      assert.deepEqual(await left(), rest);
      assert.deepEqual(await takeManifests(), []);
    });
  });

  it('of a record that is stored already tells the sealed log of no rows', async () => {
    await withHeld(accessLogs, async ({ put, retry, takeManifests }) => {
      await put([access('a', '1')]);
      await retry();
      await put([access('a', '1', 404)]);
      await takeManifests();
      assert.deepEqual(await retry(), { stored: 0, known: 1, left: 0 });
      const [manifest] = await takeManifests();
      assert.deepEqual([manifest?.['kind'], manifest?.['rows']], ['retry', undefined]);
    });
  });

  it('keeps a record as it came if its row would lose something, and looks for partitions again', async () => {
    await withHeld(accessLogs, async ({ db, put, retry }) => {
      const twice = access('b', '2').replace('{', '{"status": 500, ');
      await put([access('a', '1')]);
      await retry();
      await db.query('drop table zendesk_partitions.access_logs_1970_01');
      await put([access('c', '1'), twice]);
      assert.deepEqual(await retry(), { stored: 2, known: 0, left: 0 });
      assert.deepEqual(
        await db.query('select id, status, extra from zendesk.access_logs order by id'),
        [
          { id: 'b', status: 200, extra: { $original: { text: twice } } },
          { id: 'c', status: 200, extra: null },
        ],
      );
    });
  });

  it('stores people, and nobody twice', async () => {
    await withHeld(users, async ({ db, put, retry, takeManifests }) => {
      await put([person(2, 'Grace')]);
      await retry();
      await put([person(1, 'Ada'), person(2, 'Somebody'), 'no JSON', person(3, 'Joan')]);
      await takeManifests();
      assert.deepEqual(await retry(), { stored: 2, known: 1, left: 1 });
      assert.deepEqual(await db.query('select id::integer, name from zendesk.users order by id'), [
        { id: 1, name: 'Ada' },
        { id: 2, name: 'Grace' },
        { id: 3, name: 'Joan' },
      ]);
      const [manifest] = await takeManifests();
      assert.equal((manifest?.['released'] as unknown[] | undefined)?.length, 3);
    });
  });

  it('tries what was chosen, also of hundreds', async () => {
    await withHeld(accessLogs, async ({ db, put, retry }) => {
      const again = () => db.query(`update zendesk_sync.quarantine set tried_by = 'another'`);
      const tried = async (): Promise<number | undefined> => {
        const [row] = await db.query<{ count: number }>(
          'select count(*)::integer from zendesk_sync.quarantine where tried_by = $1',
          [version],
        );
        return row?.count;
      };
      await put(Array.from({ length: 205 }, (_, number) => `no JSON ${number}`));
      assert.deepEqual([await retry(), await tried()], [{ stored: 0, known: 0, left: 205 }, 205]);
      assert.deepEqual(await retry('other-versions'), { stored: 0, known: 0, left: 0 });
      await again();
      assert.deepEqual(await retry({ numbers: ['3', '204', '999'] }), {
        stored: 0,
        known: 0,
        left: 2,
      });
      assert.equal(await tried(), 2);
      assert.deepEqual(await retry('other-versions'), { stored: 0, known: 0, left: 203 });
    });
  });

  it('is made once by a process for what another version could not store, and logged if there was any', async () => {
    await withHeld(accessLogs, async ({ db, lease, put }) => {
      const log = collectLog();
      const ensurePartitions = createPartitionKeeper(db);
      const engine = { account: 'acme', db, ensurePartitions, classify: usualClassify, log };
      const create = () => createUpgradeRetry(engine as unknown as Engine, accessLogs);
      await create()(lease, signal);
      assert.deepEqual(log.lines(), []);

      await put([access('a', '1'), 'no JSON']);
      const once = create();
      await assert.rejects(once(lease, AbortSignal.abort(new Error('stopped'))), /stopped/);
      await once(lease, signal);
      const counts = { stored: 1, known: 0, left: 1 };
      const msg = 'the records in quarantine were tried again';
      const line = { level: 'info', account: 'acme', stream: 'access_logs', ...counts, msg };
      assert.deepEqual(log.lines(), [line]);
      await put([access('b', '2')]);
      await once(lease, signal);
      assert.deepEqual(log.lines(), [line]);
      assert.deepEqual(await db.query('select id from zendesk.access_logs'), [{ id: 'a' }]);
    });
  });
});
