/** What somebody without the key makes up beside the sealed log, as a superuser without triggers: done to a real database. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { hashLeaf } from '../../src/evidence/forms/merkle.ts';
import { hashRows, sortRows } from '../../src/evidence/rows-root.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { readSelected, selectSealed, type SelectedRow } from '../../src/evidence/stored-rows.ts';
import { listSealedAccounts } from '../../src/evidence/tile-store.ts';
import { loadPersonKeys } from '../../src/evidence/verification/person-keys.ts';
import type { Finding } from '../../src/evidence/verification/finding.ts';
import { verifyHistory } from '../../src/evidence/verification/verification.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { account, pullCompletely, withInstallation } from '../support/installation.ts';
import { withLedger } from '../support/ledger.ts';
import { describeLog, seal } from '../support/sealed-manifests.ts';

const sealing = { ...describeLog(), account, logs: [auditLogs] };

type Sealed = {
  readonly db: Database;
  /** Runs statements with all triggers off. */
  readonly tamper: (...statements: readonly string[]) => Promise<void>;
};

async function withSealed(work: (sealed: Sealed) => Promise<void>): Promise<void> {
  await withInstallation({ auditLogDays: 2 }, { rescanAges: [] }, async (installation) => {
    const { db } = installation;
    await pullCompletely(installation, 'audit_logs');
    await sealWaiting(db, sealing);
    assert.deepEqual(await findKinds(db), []);
    await work({
      db,
      tamper: (...statements) =>
        db.transaction(async (tx) => {
          await tx.query('set local session_replication_role = replica');
          for (const statement of statements) await tx.query(statement);
        }),
    });
  });
}

/** The kinds of what `verify --deep` finds, each once. */
async function findKinds(db: Database, streams = [auditLogs]): Promise<readonly string[]> {
  return [...new Set((await findAll(db, streams)).map(({ kind }) => kind))].toSorted();
}

async function findAll(db: Database, streams = [auditLogs]): Promise<readonly Finding[]> {
  const result = await verifyHistory(db, {
    account,
    streams,
    isWhole: true,
    deep: true,
    anchors: [],
    report: () => {},
    signal: new AbortController().signal,
  });
  return result?.findings ?? [];
}

async function addEntry(db: Database, manifest: string): Promise<void> {
  const bytes = Buffer.from(manifest);
  await db.query(
    `with added as (
       insert into zendesk_evidence.entries (account, index, manifest)
       select account, size, $2 from zendesk_evidence.logs where account = $1 returning index
     )
     insert into zendesk_evidence.hashes (account, level, index, hash) select $1, 0, index, $3 from added`,
    [account, bytes, hashLeaf(bytes)],
  );
}

async function wait(db: Database, manifest: string): Promise<void> {
  await db.query(
    `insert into zendesk_evidence.pending (account, stream, manifest) values ($1, 'audit_logs', $2)`,
    [account, manifest],
  );
}

const addRow = (id: number, writtenAt: string): string =>
  `insert into zendesk.audit_logs (account, id, created_at, first_synced_at, synced_at)
   select account, ${id}, created_at, ${writtenAt}, ${writtenAt} from zendesk.audit_logs limit 1`;

describe('verify', { concurrency: 2 }, () => {
  it('finds an entry behind those that the newest checkpoint was signed for', async () => {
    await withSealed(async ({ db }) => {
      await addEntry(
        db,
        `{"account":"${account}","covered":[[0,1]],"kind":"page","stored_at":"2026-11-27T10:00:00.000000Z","stream":"audit_logs","v":1}`,
      );
      assert.deepEqual(await findKinds(db), ['manifest_invalid']);
    });
  });

  it('finds entries without a checkpoint', async () => {
    await withSealed(async ({ db, tamper }) => {
      await tamper('update zendesk_evidence.logs set size = 0, checkpoint = null');
      assert.deepEqual(await findKinds(db), ['checkpoint_invalid']);
    });
  });

  it('finds entries whose log has no row, on which nothing is sealed', async () => {
    await withSealed(async ({ db, tamper }) => {
      await tamper('delete from zendesk_evidence.logs');
      assert.deepEqual(await listSealedAccounts(db), [account]);
      assert.deepEqual(await findKinds(db), ['checkpoint_invalid', 'key_unfounded']);
      await wait(db, '{"kind":"available"}');
      await assert.rejects(sealWaiting(db, sealing), { code: 'sealed_log_differs' });
    });
  });

  it('finds a page that was described again at the moment at which it was written', async () => {
    await withSealed(async ({ db, tamper }) => {
      const [page] = await db.query<{ storedAt: string; manifest: string }>(
        `select convert_from(manifest, 'UTF8') as manifest, convert_from(manifest, 'UTF8')::jsonb ->> 'stored_at' as "storedAt"
         from zendesk_evidence.entries where convert_from(manifest, 'UTF8')::jsonb -> 'rows' ->> 'count' > '0' order by index desc limit 1`,
      );
      const { storedAt = '', manifest = '' } = page ?? {};
      await tamper(
        `update zendesk.audit_logs set action = 'forged'
         where synced_at = '${storedAt}' and id = (select max(id) from zendesk.audit_logs where synced_at = '${storedAt}')`,
      );
      const rows = await db.query<SelectedRow>(
        `select ${selectSealed(auditLogs.table)} from zendesk.audit_logs where synced_at = '${storedAt}'`,
      );
      const { table } = auditLogs;
      const keys = await loadPersonKeys(db, account);
      const { root, tags } = hashRows(table, sortRows(table, rows.map(readSelected)), keys);
      const { rows: described, ...rest } = JSON.parse(manifest) as { readonly rows: object };
      const forged = { ...rest, rows: { ...described, root: root.toString('base64') }, days: {} };
      await db.query(
        `insert into zendesk_evidence.pending (account, stream, stored_at, manifest, tags) values ($1, 'audit_logs', $2, $3, $4)`,
        [account, storedAt, JSON.stringify(forged), tags],
      );
      assert.deepEqual(await findKinds(db), ['row_changed']);
      await sealWaiting(db, sealing);
      assert.ok((await findKinds(db)).includes('row_changed'));
    });
  });

  it('finds revisions that no page has made', async () => {
    const add = (replacedAt: string): string =>
      `insert into zendesk.revisions (account, stream, id, occurred_at, content, replaced_at)
       select account, 'audit_logs', id::text, created_at, to_jsonb(a), ${replacedAt} from zendesk.audit_logs a limit 1`;
    for (const replacedAt of ['now()', 'synced_at'])
      await withSealed(async ({ db, tamper }) => {
        await tamper(add(replacedAt));
        assert.deepEqual(await findKinds(db), ['revision_added']);
      });
  });

  it('finds rows and coverage with times without an end', async () => {
    await withSealed(async ({ db, tamper }) => {
      await tamper(
        addRow(1, `'infinity'`),
        addRow(2, `'-infinity'`),
        `update zendesk_sync.coverage set covered_until = 'infinity'
         where covered_until = (select max(covered_until) from zendesk_sync.coverage)`,
      );
      assert.deepEqual(await findKinds(db), ['coverage_unfounded', 'row_added', 'rows_miscounted']);
    });
  });

  it('finds that rows from before the log were taken into it a second time', async () => {
    await withSealed(async ({ db, tamper }) => {
      await tamper('delete from zendesk_evidence.adoptions', addRow(1, `'2020-01-01'`));
      await wait(db, '{"kind":"available"}');
      await sealWaiting(db, sealing);
      assert.deepEqual(await findKinds(db), ['manifest_invalid', 'row_added']);
    });
  });

  it('makes no key for one that is gone', async () => {
    await withSealed(async ({ db, tamper }) => {
      await tamper('delete from zendesk_evidence.person_keys');
      const found = await findAll(db);
      assert.ok(found.length > 0);
      // One a page, and not one a row.
      const pages = new Set(found.map(({ entry }) => entry));
      assert.equal(found.length, pages.size, found.map(({ sentence }) => sentence).join('\n'));
      assert.deepEqual(await db.query('select from zendesk_evidence.person_keys'), []);
    });
  });

  it('finds hashes of tiles that are not those of the entries', async () => {
    await withLedger(async (db) => {
      const log = describeLog();
      await seal(db, log, 300);
      assert.deepEqual(await findKinds(db, []), []);
      await db.query(
        'update zendesk_evidence.hashes set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where level = 1',
      );
      assert.deepEqual(await findKinds(db, []), ['manifest_invalid']);
      await db.query('delete from zendesk_evidence.hashes where level = 1');
      assert.deepEqual(await findKinds(db, []), ['manifest_invalid']);
    });
  });
});

describe('the sealer', { concurrency: 2 }, () => {
  it('seals nothing on top of a tree that its newest checkpoint was not signed for', async () => {
    await withSealed(async ({ db, tamper }) => {
      await tamper(
        'update zendesk_evidence.logs set frontier = set_byte(frontier, 8, get_byte(frontier, 8) # 1)',
      );
      assert.deepEqual(await findKinds(db), ['checkpoint_invalid']);
      await wait(db, '{"kind":"available"}');
      await assert.rejects(sealWaiting(db, sealing), { code: 'sealed_log_differs' });
    });
  });

  const tooLarge = JSON.stringify({ kind: 'page', note: 'x'.repeat(70_000) });
  for (const nothing of ['garbage', 'null', '["page"]', '{"kind":1}', '[['.repeat(9000), tooLarge])
    it(`takes the hash of what is no manifest, and continues: ${nothing.slice(0, 12)}`, async () => {
      await withSealed(async ({ db }) => {
        await wait(db, nothing);
        await wait(db, '{"kind":"available","account":"other","v":2}');
        assert.deepEqual(await findKinds(db), []);
        assert.equal(await sealWaiting(db, sealing), 2);
        assert.deepEqual(await findKinds(db), ['manifest_invalid']);
        const [last] = await db.query<{ manifest: string }>(
          `select convert_from(manifest, 'UTF8') as manifest from zendesk_evidence.entries order by index desc limit 1`,
        );
        assert.match(last?.manifest ?? '', new RegExp(`^{"account":"${account}",.*"v":1}$`));
      });
    });
});
