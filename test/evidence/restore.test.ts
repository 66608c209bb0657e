/** A database that is restored from an older backup, told from a log that somebody has cut. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { loadHead } from '../../src/evidence/anchoring/head.ts';
import { openDirectory } from '../../src/evidence/directory.ts';
import { formatVerifierKey, makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { listLogKeys } from '../../src/evidence/key-history.ts';
import { rotateKeys } from '../../src/evidence/key-rotation.ts';
import { publishLog } from '../../src/evidence/publication.ts';
import { loadSize, takeBackLost } from '../../src/evidence/restore/take-back.ts';
import { sealWaiting, type Sealing } from '../../src/evidence/sealed-log.ts';
import { startSealing } from '../../src/evidence/sealer.ts';
import { collectOutside } from '../../src/evidence/verification/anchors.ts';
import { verifyHistory, type Verification } from '../../src/evidence/verification/verification.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { backUp, backUpByDump, dumpSkip } from '../support/backup.ts';
import { collectLog } from '../support/collected-log.ts';
import {
  account,
  assertTrue,
  withInstallation,
  type Installation,
} from '../support/installation.ts';
import { statusOf } from '../support/ledger-facts.ts';

const signal = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'zls-restore-'));
after(() => rmSync(folder, { recursive: true, force: true }));
/** A directory that cannot be read, whoever reads it. */
const unreadable = join(folder, 'file', 'log');
writeFileSync(join(folder, 'file'), '');
const streams = [auditLogs, accessLogs];
const origin = 'acme/log';

type Published = Installation & {
  readonly sealing: Sealing;
  /** Where it is published. */
  readonly store: ReturnType<typeof openDirectory>;
  /** Seals what waits, and publishes the log. */
  readonly seal: () => Promise<void>;
  /** What the sealer does before it seals. @returns how many entries the log has since */
  readonly takeBack: (known?: number) => Promise<number>;
  readonly verify: () => Promise<Verification>;
  /** Reads a part of the access log: hours before now. */
  readonly read: (from: number, to: number) => Promise<void>;
  readonly size: () => Promise<number>;
};

async function withPublished(work: (published: Published) => Promise<void>): Promise<void> {
  const settings = { accessLogDays: 2, accessLogRowsPerDay: 400, auditLogDays: 3 };
  await withInstallation(settings, { rescanAges: [] }, async (installation) => {
    const { db, engine, simulator, worker } = installation;
    const directory = mkdtempSync(join(folder, 'log-'));
    const store = openDirectory(directory);
    const sealing = {
      account,
      origin,
      key: makeSigningKey(origin),
      logs: streams,
      copies: [store],
    };
    await work({
      ...installation,
      sealing,
      store,
      async seal() {
        await sealWaiting(db, sealing);
        const head = await loadHead(db, account);
        assert.ok(head);
        await publishLog(db, head, store);
      },
      takeBack: (known) => takeBackLost(db, sealing, known, engine.log),
      async verify() {
        const { anchors } = await collectOutside(db, account, {
          named: [],
          anchorFile: undefined,
          stores: [openDirectory(directory)],
          authorities: [],
        });
        const task = { account, streams, isWhole: true, deep: true, anchors, signal };
        const result = await verifyHistory(db, { ...task, report: () => {} });
        assert.ok(result);
        return result;
      },
      async read(from, to) {
        const now = Math.floor(simulator.now() / 1000);
        const span = { from: now - from * 3600, to: now - to * 3600 };
        assert.equal((await worker('access_logs').read(span, signal)).outcome, 'complete');
      },
      size: () => loadSize(db, account),
    });
  });
}

const kindsOf = ({ findings }: Verification): readonly string[] => findings.map(({ kind }) => kind);

describe('a database that was restored from an older backup', { concurrency: 2 }, () => {
  it('is found by verify, gets the entries back, and what it lost becomes a gap that is read again', async () => {
    await withPublished(async (published) => {
      const { db, url, read, seal, takeBack, verify, size, worker } = published;
      await read(40, 20);
      await seal();
      // One more waits when the backup is made.
      await read(20, 16);
      const before = await size();
      const putBack = await backUp(url);
      await seal();
      await read(16, 8);
      await read(6, 2);
      await seal();
      const sealed = await size();
      await putBack();
      assert.equal(await size(), before);
      assert.deepEqual(kindsOf(await verify()), ['database_restored']);
      // Two processes find it at once.
      await Promise.all([takeBack(), takeBack()]);
      assert.equal(await size(), sealed + 1);
      const result = await verify();
      assert.deepEqual(kindsOf(result), []);
      assert.deepEqual(
        result.restores.map(({ lost }) => lost),
        [2],
      );
      assert.equal(await takeBack(), sealed + 1, 'it is done once');
      await worker('access_logs').follow(signal);
      const { losses } = await statusOf(db, 'access_logs');
      assert.deepEqual(
        losses.map(({ code }) => code),
        ['lost_by_restore', 'lost_by_restore'],
      );
      await worker('access_logs').fill(signal);
      await assertTrue(published, 'access_logs');
      await seal();
      assert.deepEqual(kindsOf(await verify()), []);
      const open = await db.query(
        `select from zendesk_sync.coverage_losses where code = 'lost_by_restore' and closed_at is null`,
      );
      assert.equal(open.length, 0, 'all is back');
    });
  });

  it('is reported by a process that runs during the restore, and one that was there before the log', async () => {
    await withPublished(async ({ url, read, seal, takeBack, verify, size }) => {
      const putBack = await backUp(url);
      await read(40, 20);
      await seal();
      const known = await takeBack();
      assert.equal(known, await size());
      await putBack();
      assert.equal(await size(), 0);
      await read(30, 20);
      assert.equal(await takeBack(known), known + 1);
      await seal();
      assert.deepEqual(kindsOf(await verify()), []);
    });
  });

  it('is found by the sealer when it starts, and while it runs', async () => {
    await withPublished(async ({ db, engine, url, read, seal, sealing, verify, size }) => {
      await read(40, 20);
      await seal();
      const putBack = await backUp(url);
      await read(20, 16);
      await seal();
      const sealed = await size();
      await putBack();
      // The rows are read again before anybody seals.
      await read(20, 16);
      // It ends when it has sealed what waits.
      await startSealing(db, [sealing], engine.log, signal)();
      assert.ok((await size()) > sealed + 1);
      await seal();
      const result = await verify();
      assert.deepEqual(kindsOf(result), []);
      assert.deepEqual(
        result.restores.map(({ lost }) => lost),
        [1],
      );
    });
  });

  it('by pg_dump and pg_restore is found in the same way', { skip: dumpSkip }, async () => {
    await withPublished(async ({ url, read, seal, takeBack, verify, size }) => {
      await read(40, 20);
      await seal();
      await read(20, 16);
      const before = await size();
      const putBack = await backUpByDump(url, join(folder, 'zendesk.dump'));
      await seal();
      await read(16, 8);
      await seal();
      const sealed = await size();
      await putBack();
      assert.equal(await size(), before);
      assert.deepEqual(kindsOf(await verify()), ['database_restored']);
      assert.equal(await takeBack(), sealed + 1);
      const result = await verify();
      assert.deepEqual(kindsOf(result), []);
      assert.deepEqual(
        result.restores.map(({ lost }) => lost),
        [1],
      );
    });
  });

  it('to before another key took over is recognized by that key, from the entry that both have signed', async () => {
    await withPublished(async ({ db, engine, url, read, seal, sealing, size, store, verify }) => {
      await read(40, 20);
      await seal();
      const putBack = await backUp(url);
      await read(20, 16);
      await seal();
      const next = { ...sealing, key: makeSigningKey(origin) };
      await rotateKeys(db, [{ account, origin, from: sealing.key, to: next.key }]);
      await read(16, 12);
      await sealWaiting(db, next);
      const head = await loadHead(db, account);
      assert.ok(head);
      await publishLog(db, head, store);
      const sealed = await size();
      await putBack();
      assert.equal(await takeBackLost(db, next, undefined, engine.log), sealed + 1);
      const keys = (await listLogKeys(db)).map(({ key, signs }) => ({ key, signs }));
      const nameOf = ({ key }: Sealing): string => formatVerifierKey(key.verifier);
      assert.deepEqual(keys, [
        { key: nameOf(sealing), signs: false },
        { key: nameOf(next), signs: true },
      ]);
      assert.deepEqual(kindsOf(await verify()), []);
      await read(12, 10);
      assert.ok(((await sealWaiting(db, next)) ?? 0) > 0);
    });
  });

  it('differs from a log whose row alone was removed, which gets it back', async () => {
    await withPublished(async ({ db, engine, read, seal, sealing, size, takeBack, verify }) => {
      await read(40, 20);
      await seal();
      const sealed = await size();
      const load = () =>
        db.query('select origin, key, size, frontier, checkpoint from zendesk_evidence.logs');
      const before = await load();
      await db.query('delete from zendesk_evidence.logs');
      const other = { ...sealing, key: makeSigningKey(origin) };
      await takeBackLost(db, other, undefined, engine.log);
      assert.deepEqual(await load(), []);
      await Promise.all([takeBack(), takeBack()]);
      assert.deepEqual(await load(), before);
      assert.deepEqual(kindsOf(await verify()), []);
      await read(20, 16);
      await sealWaiting(db, sealing);
      assert.ok((await size()) > sealed);
      assert.deepEqual(kindsOf(await verify()), []);
    });
  });

  it('is not what somebody is believed who has cut the log', async () => {
    await withPublished(async ({ db, read, seal, takeBack, verify, size }) => {
      await read(40, 20);
      await seal();
      const [kept] = await db.query<{ frontier: Buffer; checkpoint: string; size: number }>(
        'select frontier, checkpoint, size::float8 as size from zendesk_evidence.logs',
      );
      await read(20, 10);
      await seal();
      const sealed = await size();
      await db.query('delete from zendesk_evidence.entries where index >= $1', [kept?.size]);
      await db.query('delete from zendesk_evidence.hashes where level = 0 and index >= $1', [
        kept?.size,
      ]);
      await db.query('update zendesk_evidence.logs set size = $1, frontier = $2, checkpoint = $3', [
        kept?.size,
        kept?.frontier,
        kept?.checkpoint,
      ]);
      const { findings } = await verify();
      assert.ok(
        findings.some(
          ({ kind, sentence }) =>
            kind === 'log_truncated' && sentence.endsWith('rows that they describe still exist.'),
        ),
        JSON.stringify(findings),
      );
      assert.equal(await takeBack(), sealed + 1);
      assert.deepEqual(kindsOf(await verify()), ['log_truncated']);
    });
  });

  it('cannot be claimed by somebody who writes into what waits', async () => {
    await withPublished(async ({ db, read, seal, verify, size }) => {
      await read(40, 20);
      await seal();
      const entries = await size();
      const claim = JSON.stringify({ kind: 'restore', from: 1, until: entries, kept: [] });
      await db.query(
        `insert into zendesk_evidence.pending (account, stream, manifest) values ('${account}', '', $1)`,
        [claim],
      );
      await seal();
      const result = await verify();
      assert.deepEqual(kindsOf(result), ['manifest_invalid']);
      assert.deepEqual(result.restores, []);
    });
  });

  it('is not told by a copy of another log, which stops nothing', async () => {
    await withPublished(async ({ db, engine, read, seal, sealing, size }) => {
      await read(40, 20);
      await seal();
      const entries = await size();
      await db.query('delete from zendesk_evidence.logs');
      await db.query('delete from zendesk_evidence.entries');
      await db.query('delete from zendesk_evidence.hashes');
      await db.query('delete from zendesk_evidence.adoptions');
      const other = { ...sealing, key: makeSigningKey(origin) };
      assert.equal(await takeBackLost(db, other, undefined, engine.log), 0);
      await read(20, 19);
      await startSealing(db, [other], engine.log, signal)();
      assert.ok((await size()) > 0 && entries > 0);
    });
  });

  it('whose copy lacks an entry is not gone on with', async () => {
    await withPublished(async ({ url, read, seal, sealing, db, engine, size }) => {
      await read(40, 20);
      await seal();
      const before = await size();
      const putBack = await backUp(url);
      await read(20, 16);
      await seal();
      await putBack();
      const [copy] = sealing.copies ?? [];
      assert.ok(copy);
      const holed = {
        name: copy.name,
        read: async (path: string) => (path.includes('tile/entries') ? undefined : copy.read(path)),
      };
      const lacking = { ...sealing, copies: [holed] };
      await assert.rejects(takeBackLost(db, lacking, undefined, engine.log), {
        code: 'sealed_log_behind',
      });
      await read(16, 15);
      await startSealing(db, [lacking], engine.log, signal)();
      assert.equal(await size(), before);
    });
  });

  it('seals nothing while the copy that may have more cannot be reached', async () => {
    await withPublished(async (published) => {
      const { db, engine, url, read, seal, sealing, takeBack, verify, size } = published;
      await read(40, 20);
      await seal();
      await takeBack();
      const before = await size();
      const putBack = await backUp(url);
      await read(20, 16);
      await seal();
      const known = await size();
      await putBack();
      await read(20, 16);
      const away = { ...sealing, copies: [openDirectory(unreadable)] };
      const log = collectLog();
      await startSealing(db, [away], log, signal)();
      assert.equal(await size(), before);
      // Also for a process that has seen more of the log.
      await assert.rejects(takeBackLost(db, away, known, engine.log), { code: 'anchor_failed' });
      const sentences = new Set(log.lines().map(({ msg }) => msg));
      assert.deepEqual(
        [...sentences],
        [
          `The database is not the one that the sealed log of acme was in, or has fewer entries of it than before, and a published copy that may have more cannot be reached: EVIDENCE_DIR is ${unreadable}, which cannot be read (ENOTDIR). Nothing is sealed until it answers, and manifests wait in the database. If the copy no longer exists, remove EVIDENCE_URL or EVIDENCE_DIR from the settings.`,
        ],
      );
      await startSealing(db, [sealing], engine.log, signal)();
      await seal();
      const result = await verify();
      assert.deepEqual(kindsOf(result), []);
      assert.deepEqual(
        result.restores.map(({ lost }) => lost),
        [1],
      );
    });
  });

  it('is not what a copy that cannot be reached makes of the same database: sealing continues', async () => {
    await withPublished(async ({ db, engine, read, seal, sealing, takeBack, size }) => {
      await read(40, 20);
      await seal();
      await takeBack();
      const before = await size();
      await read(20, 16);
      const away = { ...sealing, copies: [openDirectory(unreadable)] };
      await startSealing(db, [away], engine.log, signal)();
      assert.ok((await size()) > before);
    });
  });

  it('continues with its own log if no copy outside says otherwise', async () => {
    await withInstallation(
      { accessLogDays: 1 },
      {},
      async ({ db, engine, url, simulator, worker }) => {
        const sealing = { account, origin, key: makeSigningKey(origin), logs: streams };
        const now = Math.floor(simulator.now() / 1000);
        const putBack = await backUp(url);
        await worker('access_logs').read({ from: now - 7200, to: now - 3600 }, signal);
        await sealWaiting(db, sealing);
        const known = await loadSize(db, account);
        await putBack();
        assert.equal(await takeBackLost(db, sealing, known, engine.log), 0);
      },
    );
  });
});
