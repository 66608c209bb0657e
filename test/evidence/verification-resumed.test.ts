/** A verification that was stopped continues where it was, and is honest about when each part was read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { verifyRecorded } from '../../src/evidence/verification/recorded.ts';
import type { Verification } from '../../src/evidence/verification/verification.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';

type Stoppable = Installation & {
  readonly seal: () => Promise<unknown>;
  /** Verifies every row; stopped in the part in which that share of them is exceeded. */
  readonly verify: (share?: number, resumes?: boolean) => Promise<Verification>;
  readonly told: readonly string[];
  readonly tamper: (statement: string) => Promise<void>;
};

async function withStoppable(work: (stoppable: Stoppable) => Promise<void>): Promise<void> {
  const settings = { accessLogDays: 6, accessLogRowsPerDay: 100 };
  await withInstallation(settings, { rescanAges: [] }, async (installation) => {
    const { db, simulator, worker } = installation;
    // A page for each day.
    const end = Math.floor(simulator.now() / 1000) - 3600;
    for (let to = end; to > end - 5 * 86_400; to -= 86_400)
      await worker('access_logs').read({ from: to - 86_400, to }, new AbortController().signal);
    const origin = 'acme/log';
    const sealing = { account, origin, key: makeSigningKey(origin), logs: [accessLogs] };
    const told: string[] = [];
    await sealWaiting(db, sealing);
    await work({
      ...installation,
      told,
      seal: () => sealWaiting(db, sealing),
      verify: async (share = Infinity, resumes = true) => {
        const stopping = new AbortController();
        const report = (_stream: string, rows: number, expected: number): void => {
          if (rows > share * expected) stopping.abort();
        };
        const result = await verifyRecorded(
          db,
          {
            account,
            streams: [accessLogs],
            isWhole: true,
            deep: true,
            span: undefined,
            anchors: [],
            keys: [],
            partRows: 100,
            report,
            signal: stopping.signal,
          },
          { holder: 'test', resumes, tell: (sentence) => void told.push(sentence) },
        );
        return result ?? assert.fail('There is no sealed log.');
      },
      tamper: (statement) =>
        db.transaction(async (tx) => {
          await tx.query('set local session_replication_role = replica');
          await tx.query(statement);
        }),
    });
  });
}

const kindsOf = ({ findings }: Verification): readonly string[] => findings.map(({ kind }) => kind);

/** Changes the row with this place in the order of time. */
const changeRow = (place: number): string =>
  `update zendesk.access_logs set client = 'somebody else' where id = (
     select id from zendesk.access_logs order by timestamp, id offset ${place} limit 1
   )`;

describe('verify --deep that is stopped', { concurrency: 2 }, () => {
  it('continues where it was, and says when it read what', async () => {
    await withStoppable(async ({ db, verify, told, tamper }) => {
      const [counted] = await db.query<{ rows: number }>(
        'select count(*)::integer as rows from zendesk.access_logs',
      );
      const stopped = await verify(0.5);
      assert.equal(stopped.complete, false);
      const [first] = stopped.streams;
      assert.ok(first?.rows !== null && first?.rows !== undefined && first.rows >= 100);
      assert.ok(first.rows < (counted?.rows ?? 0));
      assert.deepEqual(
        stopped.unchecked.map(({ reason }) => reason),
        ['key_unknown', 'stopped'],
      );
      // One in what was read, one in what was not.
      await tamper(changeRow(5));
      await tamper(changeRow((counted?.rows ?? 0) - 5));
      const resumed = await verify();
      assert.equal(resumed.complete, true);
      assert.deepEqual(kindsOf(resumed), ['row_changed']);
      const [stream] = resumed.streams;
      assert.equal(stream?.rows, counted?.rows);
      assert.equal(stream?.checked.length, 2);
      assert.equal(stream.checked[0]?.until, stream.checked[1]?.from);
      assert.equal(stream.checked[0]?.at, stopped.startedAt);
      assert.match(
        told.join(),
        /^Resuming the verification of .*, which was stopped after \d+ rows of acme; --restart starts again\.$/,
      );
      // It ended, so that the next one reads all of it.
      assert.equal(kindsOf(await verify()).length, 2);
    });
  });

  it('looks again at what was stored meanwhile in the part that it had read', async () => {
    await withStoppable(async ({ db, simulator, worker, seal, verify, tamper }) => {
      await verify(0.5);
      const [oldest] = await db.query<{ second: number }>(
        'select floor(extract(epoch from min(timestamp)))::float8 as second from zendesk.access_logs',
      );
      const from = oldest?.second ?? 0;
      simulator.addFault({ kind: 'restamped', stream: 'access_logs', times: Infinity });
      const { counts } = await worker('access_logs').read(
        { from, to: from + 40_000 },
        new AbortController().signal,
      );
      assert.ok(counts.changed > 5, String(counts.changed));
      await seal();
      await tamper(changeRow(5));
      assert.deepEqual(kindsOf(await verify()), ['row_changed']);
    });
  });

  it('keeps what it had found, and starts again where that is wanted', async () => {
    await withStoppable(async ({ db, verify, tamper }) => {
      await tamper(changeRow(5));
      assert.deepEqual(kindsOf(await verify(0.5)), ['row_changed']);
      const [row] = await db.query<{ outcome: string; findings: number }>(
        'select outcome, findings from zendesk_sync.verifications',
      );
      assert.deepEqual(row, { outcome: 'stopped', findings: 1 });
      assert.deepEqual(kindsOf(await verify()), ['row_changed']);
      await verify(0.5);
      const again = await verify(Infinity, false);
      assert.equal(again.streams[0]?.checked.length, 1);
      assert.deepEqual(kindsOf(again), ['row_changed']);
    });
  });
});
