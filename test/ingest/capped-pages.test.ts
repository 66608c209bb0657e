import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pullCompletely, withInstallation, type Installation } from '../support/installation.ts';
import { listFetches, statusOf } from '../support/ledger-facts.ts';
import { listRawRecords } from '../support/raw-records.ts';
import { startRawLogServer, type RawLogServer } from '../support/raw-log-server.ts';

const logs = ['audit_logs', 'access_logs'] as const;
type Log = (typeof logs)[number];
const now = Math.floor(Date.now() / 1000);

/** So many records in the last two days, evenly spread, the newest a few minutes old. */
const evenly = (count: number): number[] =>
  Array.from({ length: count }, (_, place) => now - 600 - Math.floor((place * 170_000) / count));

/** Numbers between 0 and 1 that are always the same. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function withServer(
  stream: Log,
  seconds: readonly number[],
  work: (server: RawLogServer, installation: Installation) => Promise<void>,
): Promise<void> {
  const server = await startRawLogServer();
  server.records[stream] = listRawRecords(stream, seconds);
  const settings = {
    origin: server.origin,
    rescanAges: [],
    isNew: true,
    ...(stream === 'audit_logs' && { horizons: { audit_logs: now - 200_000 } }),
  };
  try {
    await withInstallation({}, settings, (installation) => work(server, installation));
  } finally {
    server.close();
  }
}

/** Fails unless every record is stored and all of the time is covered. */
async function assertStored({ db }: Installation, stream: Log, count: number): Promise<void> {
  const [stored] = await db.query<{ rows: number }>(
    `select count(*)::integer as rows from zendesk.${stream}`,
  );
  assert.deepEqual(stored, { rows: count });
  const { state, gaps } = await statusOf(db, stream);
  assert.deepEqual({ state, gaps }, { state: 'ok', gaps: 0 });
}

describe('a last page when the source gives fewer records than requested', () => {
  for (const stream of logs)
    for (const most of [1, 7, 37, 99])
      it(`is not accepted while has_more is unreliable: ${most} records a page of ${stream}`, async () => {
        const count = most === 1 ? 40 : 400;
        await withServer(stream, evenly(count), async (server, installation) => {
          const random = createRandom(most);
          server.mostRecords = () => most;
          server.changeMeta = (meta) => ({ ...meta, has_more: meta.has_more && random() < 0.5 });
          await pullCompletely(installation, stream);
          await assertStored(installation, stream, count);
        });
      });

  for (const stream of logs)
    it(`is not accepted while has_more is unreliable: pages of ${stream} with a different number of records each`, async () => {
      await withServer(stream, evenly(400), async (server, installation) => {
        const random = createRandom(11);
        const moods = createRandom(12);
        server.mostRecords = () => 20 + Math.floor(random() * 40);
        server.changeMeta = (meta) => ({ ...meta, has_more: meta.has_more && moods() < 0.6 });
        await pullCompletely(installation, stream);
        await assertStored(installation, stream, 400);
      });
    });

  for (const stream of logs)
    it(`is not accepted when the very first page says so, nor when each page does: ${stream}`, async () => {
      // All within the reach of the live fetch.
      const began = Math.floor(Date.now() / 1000);
      const seconds = Array.from({ length: 200 }, (_, place) => began - 700 + place);
      await withServer(stream, seconds, async (server, installation) => {
        server.mostRecords = () => 37;
        server.changeMeta = (meta) => ({ ...meta, has_more: false });
        await pullCompletely(installation, stream);
        await assertStored(installation, stream, 200);
      });
    });

  it('costs nothing when it is shorter than the others and right', async () => {
    // Two spans of 37 + 37 + 26 records each, after which everything needed is known.
    const dense = (from: number): number[] =>
      Array.from({ length: 100 }, (_, place) => from + place * 200);
    const seconds = [...dense(now - 172_000), ...dense(now - 86_000)];
    await withServer('audit_logs', seconds, async (server, installation) => {
      server.mostRecords = () => 37;
      await pullCompletely(installation, 'audit_logs');
      await assertStored(installation, 'audit_logs', 200);
      const fetches = await listFetches(installation.db, 'audit_logs');
      for (const { seen, pages } of fetches)
        assert.ok(pages <= Math.max(1, Math.ceil(seen / 37)), `${pages} pages for ${seen} records`);
    });
  });
});
