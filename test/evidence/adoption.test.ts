/** Rows that were stored before the sealed log was begun: adopted, and verified like others. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adoptRows } from '../../src/evidence/adoption/adopt.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting, type Sealing } from '../../src/evidence/sealed-log.ts';
import { verifyHistory, type Verification } from '../../src/evidence/verification/verification.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import {
  account,
  pullCompletely,
  withInstallation,
  type Installation,
} from '../support/installation.ts';

const signal = new AbortController().signal;
const streams = [auditLogs, accessLogs];
const chunkRows = 50;

type Adopting = Installation & {
  readonly sealing: Sealing;
  /** Adopts one part, and seals what is noted. False when nothing was left. */
  readonly adoptPart: () => Promise<boolean>;
  readonly adoptAll: () => Promise<void>;
  readonly verify: () => Promise<Verification>;
  readonly tamper: (...statements: readonly string[]) => Promise<void>;
};

/** An account that was pulled by a program that kept no sealed log, and a page or two since. */
async function withOldRows(work: (adopting: Adopting) => Promise<void>): Promise<void> {
  const settings = { accessLogDays: 2, accessLogRowsPerDay: 400, auditLogDays: 3 };
  await withInstallation(settings, { rescanAges: [] }, async (installation) => {
    const { db, engine, worker } = installation;
    await pullCompletely(installation, 'access_logs');
    await pullCompletely(installation, 'audit_logs');
    await db.query('delete from zendesk_evidence.pending');
    await db.query('delete from zendesk_evidence.person_keys');
    for (const name of ['access_logs', 'audit_logs'] as const)
      assert.equal((await worker(name).follow(signal)).outcome, 'complete');
    const origin = 'acme/log';
    const sealing = { account, origin, key: makeSigningKey(origin), logs: streams };
    await sealWaiting(db, sealing);
    const adoptPart = async (): Promise<boolean> => {
      // A turn that has no time does one part of each log.
      const noted = await adoptRows(db, sealing, engine.log, signal, {
        chunkRows,
        turnMs: 0,
      });
      await sealWaiting(db, sealing);
      return noted;
    };
    await work({
      ...installation,
      sealing,
      adoptPart,
      async adoptAll() {
        while (await adoptPart());
      },
      async verify() {
        const task = { account, streams, isWhole: true, deep: true, anchors: [], signal };
        const result = await verifyHistory(db, { ...task, report: () => {} });
        assert.ok(result);
        return result;
      },
      tamper: async (...statements) => {
        await db.transaction(async (tx) => {
          await tx.query('set local session_replication_role = replica');
          for (const statement of statements) await tx.query(statement);
        });
      },
    });
  });
}

const kindsOf = ({ findings }: Verification): readonly string[] => findings.map(({ kind }) => kind);
const accessOf = ({ streams: [, access] }: Verification) => ({
  adopted: access?.adoption?.rows,
  isComplete: access?.adoption?.isComplete,
  open: access?.unsealedRows,
});

describe('rows from before the sealed log', { concurrency: 2 }, () => {
  it('are adopted part by part, and verify says which are and which are not yet', async () => {
    await withOldRows(async ({ adoptPart, adoptAll, verify, db }) => {
      const [counted] = await db.query<{ rows: number }>(
        `select count(*)::integer as rows from zendesk.access_logs
         where synced_at < (select before from zendesk_evidence.adoptions where stream = 'access_logs')`,
      );
      const rows = counted?.rows ?? 0;
      const before = await verify();
      assert.deepEqual(kindsOf(before), []);
      assert.deepEqual(accessOf(before), { adopted: 0, isComplete: false, open: rows });
      await adoptPart();
      const after = await verify();
      assert.deepEqual(kindsOf(after), []);
      assert.deepEqual(accessOf(after), {
        adopted: chunkRows,
        isComplete: false,
        open: rows - chunkRows,
      });
      await adoptAll();
      const all = await verify();
      assert.deepEqual(kindsOf(all), []);
      assert.deepEqual(accessOf(all), { adopted: rows, isComplete: true, open: 0 });
    });
  });

  it('are found and adopted beside whatever somebody has put among the manifests', async () => {
    const settings = { accessLogDays: 2, accessLogRowsPerDay: 100, auditLogDays: 2 };
    await withInstallation(settings, { rescanAges: [] }, async (installation) => {
      const { db, engine, worker } = installation;
      await pullCompletely(installation, 'access_logs');
      await db.query('delete from zendesk_evidence.pending');
      assert.equal((await worker('access_logs').follow(signal)).outcome, 'complete');
      const garbage = [
        'no JSON',
        `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
        '{"kind":"page","days":{"x":"y","2026-99-99":1e400},"covered":[1,["a"],[2,1]]}',
        '{"kind":"page","days":[],"covered":{}}',
        '{"kind":"restore","from":"x","kept":7}',
      ];
      for (const manifest of garbage)
        await db.query(
          `insert into zendesk_evidence.pending (account, stream, manifest) values ($1, 'access_logs', $2)`,
          [account, manifest],
        );
      const origin = 'acme/log';
      const sealing = { account, origin, key: makeSigningKey(origin), logs: streams };
      assert.ok(((await sealWaiting(db, sealing)) ?? 0) > garbage.length);
      await db.query(
        `insert into zendesk_evidence.entries (account, index, manifest) values ($1, 100000, '\\xff'), ($1, 100001, $2)`,
        [account, Buffer.from('{"kind":"page","stream":"access_logs","stored_at":"0000-99-99"}')],
      );
      const adopt = () => adoptRows(db, sealing, engine.log, signal, { chunkRows, turnMs: 0 });
      while (await adopt()) await sealWaiting(db, sealing);
      const [left] = await db.query<{ open: number }>(
        `select count(*)::integer as open from zendesk_evidence.adoptions where stream = 'access_logs' and ended_at is null`,
      );
      assert.deepEqual(left, { open: 0 });
    });
  });

  it('may be changed and moved by the source before, while and after they are adopted', async () => {
    await withOldRows(async ({ adoptPart, adoptAll, verify, simulator, worker, sealing, db }) => {
      const now = Math.floor(simulator.now() / 1000);
      const restamp = async (from: number, to: number): Promise<void> => {
        const { counts } = await worker('access_logs').read(
          { from: now - from * 3600, to: now - to * 3600 },
          signal,
        );
        assert.ok(counts.changed > 0, 'some rows have moved');
        await sealWaiting(db, sealing);
      };
      simulator.addFault({ kind: 'restamped', stream: 'access_logs', times: Infinity });
      await restamp(30, 24);
      assert.deepEqual(kindsOf(await verify()), [], 'before');
      await adoptPart();
      await adoptPart();
      await restamp(47, 12);
      assert.deepEqual(kindsOf(await verify()), [], 'while');
      await adoptAll();
      assert.deepEqual(kindsOf(await verify()), [], 'all');
      await restamp(40, 10);
      assert.deepEqual(kindsOf(await verify()), [], 'after');
    });
  });

  it('are under one manifest each, whatever pages change while they are adopted', async () => {
    await withOldRows(async ({ adoptAll, verify, simulator, worker, sealing, db }) => {
      const now = Math.floor(simulator.now() / 1000);
      simulator.addFault({ kind: 'restamped', stream: 'access_logs', times: Infinity });
      const pages = async (): Promise<void> => {
        for (const hours of [47, 30, 40])
          await worker('access_logs').read(
            { from: now - hours * 3600, to: now - (hours - 9) * 3600 },
            signal,
          );
      };
      await Promise.all([pages(), adoptAll()]);
      await adoptAll();
      await sealWaiting(db, sealing);
      const result = await verify();
      assert.deepEqual(kindsOf(result), []);
      assert.equal(accessOf(result).isComplete, true);
    });
  });

  for (const [deed, statement, found] of [
    [
      'changed',
      `update zendesk.access_logs set client = 'x' where id = (select min(id) from zendesk.access_logs)`,
      ['row_changed'],
    ],
    [
      'removed',
      `delete from zendesk.access_logs where id = (select min(id) from zendesk.access_logs)`,
      ['rows_miscounted', 'row_missing'],
    ],
    [
      'added as if it had been there',
      `insert into zendesk.access_logs (account, id, timestamp, first_synced_at, synced_at)
       select account, 'stranger', timestamp, synced_at, synced_at from zendesk.access_logs order by synced_at, id limit 1`,
      ['rows_miscounted', 'row_added'],
    ],
  ] as const)
    it(`that were adopted are found where one was ${deed}`, async () => {
      await withOldRows(async ({ adoptAll, verify, tamper }) => {
        await adoptAll();
        await tamper(statement);
        assert.deepEqual(kindsOf(await verify()), found);
      });
    });

  it('that are not adopted yet are counted, and coverage of that time is known', async () => {
    await withOldRows(async ({ verify, tamper }) => {
      await tamper(
        `delete from zendesk.access_logs where id = (select min(id) from zendesk.access_logs)`,
        `update zendesk_sync.coverage set covered_from = covered_from - interval '1 day' where stream = 'audit_logs'`,
      );
      assert.deepEqual(kindsOf(await verify()).toSorted(), [
        'coverage_unfounded',
        'rows_miscounted',
      ]);
    });
  });
});
