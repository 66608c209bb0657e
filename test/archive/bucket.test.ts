/** The archive in a bucket with Object Lock, with the rights to put and to get objects alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadObjects } from '../../src/archive/ledger.ts';
import { deleteReplaced } from '../../src/archive/rewrite.ts';
import { openArchive } from '../../src/archive/store.ts';
import { verifyArchive } from '../../src/archive/verify.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { applyRetention } from '../../src/retention/apply.ts';
import { erasePerson } from '../../src/retention/erase.ts';
import { planRetention } from '../../src/retention/plan.ts';
import {
  archivedLogs,
  verifyWith,
  withArchive as withUsualArchive,
  type Archived,
} from '../support/archive.ts';
import { findTool } from '../support/evidence-tools.ts';
import { addHold, releaseHold } from '../../src/retention/holds.ts';
import { applyLegalHolds } from '../../src/retention/legal-holds.ts';
import { account } from '../support/installation.ts';
import { startBucket } from '../support/versitygw.ts';

const gateway = findTool('versitygw');
const { signal } = new AbortController();
const proxies = { https: undefined, http: undefined, exceptions: '' };

/** Three months of each log: each object is several requests to the bucket. */
const fewMonths = {
  auditLogDays: 70,
  auditLogRowsPerDay: 3,
  accessLogDays: 70,
  accessLogRowsPerDay: 40,
};
const withArchive = (work: (archived: Archived) => Promise<void>): Promise<void> =>
  withUsualArchive(work, fewMonths);

describe('an archive in a bucket', { skip: gateway.skip }, () => {
  it('takes every object once, is read back, and is locked', async () => {
    const server = await startBucket(gateway.skip === false ? gateway.path : '');
    try {
      await withArchive(async ({ db, archive }) => {
        const store = openArchive({ kind: 'bucket', bucket: server.config }, proxies, signal);
        const told = await archive(undefined, store);
        assert.ok(told.some(({ rows }) => rows > 0));
        assert.deepEqual((await verifyWith(db, store, account)).findings, []);
        const checked = await verifyArchive(db, {
          store,
          streams: archivedLogs,
          report: () => {},
          signal,
        });
        assert.deepEqual(checked.findings, []);
        const [object] = await loadObjects(db);
        assert.ok(object);
        assert.equal(await store.create(object.object, Buffer.from('other')), false);
        const part = await store.readPart(object.object, 0, 4);
        assert.equal(part?.toString(), 'PAR1');
        const versions = await server.ask('GET', 'evidence?versions=');
        const [, key = '', version = ''] =
          /<Key>(logs\/[^<]+parquet)<\/Key>.*?<VersionId>([^<]+)/.exec(versions.text) ?? [];
        const path = `evidence/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
        const gone = await server.ask('DELETE', `${path}?versionId=${version}`);
        assert.equal(gone.status, 403, gone.text);
      });
    } finally {
      await server.stop();
    }
  });

  it('shows its locks, and puts objects under a legal hold that have rows of a hold', async () => {
    const server = await startBucket(gateway.skip === false ? gateway.path : '');
    try {
      await withArchive(async ({ db, archive }) => {
        const store = openArchive({ kind: 'bucket', bucket: server.config }, proxies, signal);
        await archive(undefined, store);
        const objects = await loadObjects(db);
        const [first] = objects;
        assert.ok(first);
        const apply = (by = store) =>
          applyLegalHolds(db, { store: by, streams: archivedLogs, account, signal });
        const deed = { reason: 'claim', by: 'ann' };
        const span = { from: Number(first.first[0]) / 1e6, to: Number(first.last[0]) / 1e6 };
        const scope = { stream: first.stream, span, person: undefined, ticket: undefined };
        await addHold(db, account, { name: 'claim', ...deed, ...scope });
        // The writer has no right to it: that is reported, and tried again.
        assert.equal((await store.locks?.read(first.object))?.state, 'unknown');
        const refused = await apply();
        assert.ok(refused.refused.put > 0 && refused.put === 0);
        const rights = openArchive({ kind: 'bucket', bucket: server.owner }, proxies, signal);
        const locked = await rights.locks?.read(first.object);
        // This server knows the lock of the bucket alone.
        assert.deepEqual(
          [locked?.state, locked?.mode, locked?.hasLegalHold],
          ['default', 'COMPLIANCE', false],
        );
        assert.equal((await apply(rights)).put, refused.refused.put);
        assert.equal((await rights.locks?.read(first.object))?.hasLegalHold, true);
        const last = objects.findLast(({ stream }) => stream === first.stream);
        assert.equal((await rights.locks?.read(last?.object ?? ''))?.hasLegalHold, false);
        assert.equal((await apply(rights)).put, 0);
        await releaseHold(db, account, { name: 'claim', ...deed });
        const kept = await apply();
        assert.deepEqual([kept.taken, kept.refused.taken], [0, refused.refused.put]);
        assert.equal((await apply(rights)).taken, refused.refused.put);
        assert.equal((await rights.locks?.read(first.object))?.hasLegalHold, false);
      });
    } finally {
      await server.stop();
    }
  });

  it('keeps the rows where a right is missing, and says so', async () => {
    const server = await startBucket(gateway.skip === false ? gateway.path : '');
    try {
      await withArchive(async ({ db, archive }) => {
        const stranger = { ...server.config.credentials, secretAccessKey: 'wrong' };
        const bucket = { ...server.config, credentials: stranger };
        const store = openArchive({ kind: 'bucket', bucket }, proxies, signal);
        await assert.rejects(archive(undefined, store), {
          code: 'archive_failed',
          message: /cannot be written \(403, SignatureDoesNotMatch\)\. Check the AWS_ settings/,
        });
        const rows = await db.query('select from zendesk.audit_logs limit 1');
        assert.equal(rows.length, 1);
      });
    } finally {
      await server.stop();
    }
  });

  it('says what a lock keeps of what was erased, which no longer counts and is no longer listed', async () => {
    const server = await startBucket(gateway.skip === false ? gateway.path : '');
    try {
      await withArchive(async ({ db, archive, sealing }) => {
        const open = (credentials: typeof server.config.credentials) =>
          openArchive(
            { kind: 'bucket', bucket: { ...server.config, credentials } },
            proxies,
            signal,
          );
        await archive(undefined, open(server.config.credentials));
        const [person] = await db.query<{ id: string }>(
          `select person::text as id from zendesk_evidence.person_keys where person > 0 group by 1 order by count(*) desc, 1 limit 1`,
        );
        const deed = { by: 'ann', reason: 'request 17' };
        const id = person?.id ?? '';
        const writer = open(server.config.credentials);
        const before = (await loadObjects(db)).length;
        const first = await erasePerson(db, account, archivedLogs, id, deed, writer);
        assert.ok(first.archived.objects > 0);
        assert.equal(first.archived.kept.length, first.archived.objects);
        for (const { why } of first.archived.kept)
          assert.match(why, /s3:DeleteObject(?:Version)? is (?:not )?allowed/);
        const kept = await deleteReplaced(db, open(server.ownerCredentials));
        assert.equal(kept.objects, 0);
        for (const { why } of kept.kept)
          assert.match(
            why,
            /^its version \S+ stays until its lock has ended, or .* lists no longer show it$/,
          );
        await sealWaiting(db, sealing);
        assert.deepEqual((await verifyWith(db, writer, account)).findings, []);
        const listed = await server.ask('GET', 'evidence?list-type=2&max-keys=1000');
        const names = listed.text.match(/<Key>[^<]+[.]parquet<\/Key>/g) ?? [];
        assert.equal(names.length, before);
      });
    } finally {
      await server.stop();
    }
  });

  for (const isLocked of [true, false])
    it(`loses what retention and an erasure take away, ${isLocked ? 'except what its lock keeps, which is named and no longer counts' : 'with every version of it'}`, async () => {
      const server = await startBucket(gateway.skip === false ? gateway.path : '', isLocked);
      try {
        await withArchive(async ({ db, archive, sealing, simulator }) => {
          const bucket = { ...server.config, credentials: server.ownerCredentials };
          const store = openArchive({ kind: 'bucket', bucket }, proxies, signal);
          await archive(undefined, store);
          const before = (await loadObjects(db)).map(({ object }) => object);
          const policies = [{ of: 'access_logs', days: 45, months: 0, text: '45 days' }];
          const now = new Date(simulator.now());
          const planned = await planRetention(db, account, archivedLogs, policies, now, store);
          const kept = await applyRetention(db, planned, 'ann', () => {}, signal, store);
          const [person] = await db.query<{ id: string }>(
            `select person::text as id from zendesk_evidence.person_keys where person > 0 group by 1 order by count(*) desc, 1 limit 1`,
          );
          const deed = { by: 'ann', reason: 'request 17' };
          const id = person?.id ?? '';
          const erased = await erasePerson(db, account, archivedLogs, id, deed, store);
          assert.ok(planned.length > 0 && erased.archived.objects > 0);
          await sealWaiting(db, sealing);
          assert.deepEqual((await verifyWith(db, store, account)).findings, []);
          const counting = (await loadObjects(db)).map(({ object }) => object).toSorted();
          const gone = before.filter((object) => !counting.includes(object)).toSorted();
          const listed = await server.ask('GET', 'evidence?list-type=2&max-keys=1000');
          assert.deepEqual(listObjects(listed.text), counting);
          const versions = listObjects((await server.ask('GET', 'evidence?versions=')).text);
          const named = [...kept, ...erased.archived.kept].map(({ object }) => object);
          if (isLocked) {
            // What retention wrote again and the erasure once more is kept too.
            const old = versions.filter((object) => !counting.includes(object));
            assert.deepEqual([...new Set(named)].toSorted(), old);
            for (const { why } of [...kept, ...erased.archived.kept])
              assert.match(why, /^its version \S+ stays until its lock has ended, or /);
            for (const object of gone) assert.ok(named.includes(object), object);
          } else {
            assert.deepEqual(named, []);
            assert.deepEqual(versions, counting);
          }
        });
      } finally {
        await server.stop();
      }
    });
});

/** The objects of rows in an answer, without the prefix. */
function listObjects(text: string): readonly string[] {
  const keys = [...text.matchAll(/<Key>logs\/([^<]+[.]parquet)<\/Key>/g)];
  return [...new Set(keys.map(([, key = '']) => decodeURIComponent(key)))].toSorted();
}
