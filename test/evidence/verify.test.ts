/** Each thing that somebody may do to the stored history, done to a real database by a superuser without triggers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting, type Sealing } from '../../src/evidence/sealed-log.ts';
import { loadCheckpoint } from '../../src/evidence/tile-store.ts';
import { noProgress } from '../../src/evidence/verification/deep-progress.ts';
import { verifyHistory } from '../../src/evidence/verification/verification.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import {
  account,
  pullCompletely,
  withInstallation,
  type Installation,
} from '../support/installation.ts';

const streams = [auditLogs, accessLogs];
const signal = new AbortController().signal;

/** An account whose history is sealed, and what `verify --deep` says of it. */
type Sealed = Installation & {
  readonly sealing: Sealing;
  /** Kinds and ids of what is found. */
  readonly verify: (anchors?: readonly string[]) => Promise<readonly string[]>;
  /** Runs statements with all triggers off. */
  readonly tamper: (...statements: readonly string[]) => Promise<void>;
};

async function withSealed(work: (sealed: Sealed) => Promise<void>): Promise<void> {
  const settings = { accessLogDays: 2, accessLogRowsPerDay: 700, auditLogDays: 3 };
  await withInstallation(settings, { rescanAges: [] }, async (installation) => {
    const { db } = installation;
    await pullCompletely(installation, 'access_logs');
    await pullCompletely(installation, 'audit_logs');
    const origin = 'acme/log';
    const sealing = { account, origin, key: makeSigningKey(origin), logs: streams };
    await sealWaiting(db, sealing);
    await work({
      ...installation,
      sealing,
      verify: async (anchors = []) => {
        const result = await verifyHistory(db, {
          account,
          streams,
          isWhole: true,
          deep: true,
          span: undefined,
          keys: [],
          progress: noProgress,
          keep: async () => {},
          anchors: anchors.map((note, place) => ({ name: `anchor ${place + 1}`, note })),
          report: () => {},
          signal,
        });
        return (result?.findings ?? []).map(({ kind, id }) =>
          id === undefined ? kind : `${kind} ${id}`,
        );
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

/** Four bits of each row's hash are kept: a row is named in 15 of 16 cases, and found in all. */
function assertNames(found: readonly string[], kind: string, ids: readonly string[]): void {
  const usual = ids.map((id) => `${kind} ${id}`);
  assert.ok(found.length > 0, 'nothing is found');
  assert.ok(
    found.every((each) => each === kind || usual.includes(each)),
    found.join(),
  );
}

async function pickIds({ db }: Installation, count: number): Promise<readonly string[]> {
  const rows = await db.query<{ id: string }>(
    `select id from zendesk.access_logs where url is not null order by timestamp, id offset 300 limit ${count}`,
  );
  return rows.map(({ id }) => id);
}

describe('verify --deep', { concurrency: 2 }, () => {
  it('finds nothing where nothing was done, also after rows were changed by the source', async () => {
    await withSealed(async ({ simulator, worker, verify, sealing, db }) => {
      assert.deepEqual(await verify(), []);
      const now = Math.floor(simulator.now() / 1000);
      simulator.addFault({ kind: 'restamped', stream: 'access_logs', times: Infinity });
      const { counts } = await worker('access_logs').read(
        { from: now - 86_400, to: now - 3600 },
        signal,
      );
      assert.ok(counts.changed > 100, String(counts.changed));
      assert.deepEqual(await verify(), [], 'before it is sealed');
      await sealWaiting(db, sealing);
      assert.deepEqual(await verify(), []);
    });
  });

  it('names a row of which one byte was changed', async () => {
    await withSealed(async (sealed) => {
      const [id = ''] = await pickIds(sealed, 1);
      await sealed.tamper(
        `update zendesk.access_logs set url = overlay(url placing 'X' from 2) where id = '${id}'`,
      );
      assertNames(await sealed.verify(), 'row_changed', [id]);
    });
  });

  it('names a row that was nested more deeply than recursion goes', async () => {
    await withSealed(async (sealed) => {
      const [id = ''] = await pickIds(sealed, 1);
      await sealed.tamper(
        `update zendesk.access_logs set extra = (repeat('[', 6000) || repeat(']', 6000))::jsonb where id = '${id}'`,
      );
      assertNames(await sealed.verify(), 'row_changed', [id]);
    });
  });

  it('names two rows whose contents were swapped', async () => {
    await withSealed(async (sealed) => {
      const { db, tamper, verify } = sealed;
      const [first = '', second = ''] = await pickIds(sealed, 2);
      await tamper(
        `update zendesk.access_logs a set client = b.url, url = coalesce(b.client, '-')
         from zendesk.access_logs b where a.id in ('${first}', '${second}') and b.id in ('${first}', '${second}') and a.id <> b.id`,
      );
      assertNames(await verify(), 'row_changed', [first, second]);
      assert.equal((await db.query('select from zendesk.access_logs')).length > 1000, true);
    });
  });

  it('finds a row that was deleted, and its day', async () => {
    await withSealed(async (sealed) => {
      const [id = ''] = await pickIds(sealed, 1);
      await sealed.tamper(`delete from zendesk.access_logs where id = '${id}'`);
      assert.deepEqual(await sealed.verify(), ['rows_miscounted', 'row_missing']);
    });
  });

  it('names a row that was added, with a time of its own or that of a page', async () => {
    await withSealed(async (sealed) => {
      const [id = ''] = await pickIds(sealed, 1);
      const copy = (own: string, syncedAt: string): string =>
        `insert into zendesk.access_logs (account, id, timestamp, user_id, url, first_synced_at, synced_at)
         select account, '${own}', timestamp, user_id, url, ${syncedAt}, ${syncedAt} from zendesk.access_logs where id = '${id}'`;
      await sealed.tamper(copy('00STRANGER', 'clock_timestamp()'), copy('00GUEST', 'synced_at'));
      const [counted, stranger, guest = ''] = await sealed.verify();
      assert.deepEqual([counted, stranger], ['rows_miscounted', 'row_added 00STRANGER']);
      // Among rows with equal tags another one may be named.
      assert.match(guest, /^row_added /);
    });
  });

  it('finds a partition that was dropped or truncated', async () => {
    for (const deed of ['drop table', 'truncate'])
      await withSealed(async ({ db, tamper, verify }) => {
        const [{ part } = { part: '' }] = await db.query<{ part: string }>(
          `select tableoid::regclass::text as part from zendesk.audit_logs order by created_at limit 1`,
        );
        await tamper(`${deed} ${part}`);
        const found = new Set(await verify());
        assert.deepEqual([...found].toSorted(), ['row_missing', 'rows_miscounted']);
      });
  });

  it('finds an entry that was changed or removed', async () => {
    await withSealed(async ({ tamper, verify }) => {
      await tamper(
        `update zendesk_evidence.entries set manifest = set_byte(manifest, 20, get_byte(manifest, 20) # 1) where index = 1`,
      );
      const changed = await verify();
      assert.ok(
        changed.includes('manifest_invalid') && changed.includes('log_rewritten'),
        changed.join(),
      );
      await tamper('delete from zendesk_evidence.entries where index = 1');
      const removed = await verify();
      assert.ok(
        removed.includes('manifest_missing') && removed.includes('log_truncated'),
        removed.join(),
      );
    });
  });

  it('finds by a checkpoint that was kept that the log was rewritten with the same key, or cut', async () => {
    await withSealed(async ({ db, sealing, tamper, verify }) => {
      const anchor = (await loadCheckpoint(db, account)) ?? '';
      assert.deepEqual(await verify([anchor]), []);
      const [id = ''] = (
        await db.query<{ id: string }>(
          'select id from zendesk.access_logs order by timestamp limit 1',
        )
      ).map((row) => row.id);
      await tamper(
        `create temp table kept on commit drop as select * from zendesk_evidence.entries`,
        `delete from zendesk.access_logs where id = '${id}'`,
        `insert into zendesk_evidence.pending (account, stream, manifest)
         select account, 'audit_logs', '{"kind":"page"}' from kept where index = 1`,
        'delete from zendesk_evidence.entries',
        'delete from zendesk_evidence.hashes',
        'delete from zendesk_evidence.logs',
      );
      await sealWaiting(db, sealing);
      const found = await verify([anchor]);
      assert.ok(found.includes('log_truncated') || found.includes('log_rewritten'), found.join());
    });
  });

  it('finds a checkpoint that is signed with another key', async () => {
    await withSealed(async ({ verify, tamper }) => {
      await tamper(
        `update zendesk_evidence.logs set key = 'acme/log+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'`,
      );
      const found = await verify();
      assert.deepEqual(found, ['key_unfounded', 'checkpoint_invalid']);
    });
  });

  it('finds coverage that was edited, and a revision that was removed', async () => {
    await withSealed(async ({ simulator, worker, sealing, db, tamper, verify }) => {
      const now = Math.floor(simulator.now() / 1000);
      simulator.addFault({ kind: 'restamped', stream: 'access_logs', times: Infinity });
      await worker('access_logs').read({ from: now - 20_000, to: now - 3600 }, signal);
      await sealWaiting(db, sealing);
      await tamper(
        `update zendesk_sync.coverage set covered_from = covered_from - interval '1 day' where stream = 'audit_logs'`,
        `delete from zendesk.revisions where revision = (select min(revision) from zendesk.revisions)`,
      );
      const found = await verify();
      assert.deepEqual(
        found.filter((kind) => !kind.startsWith('row_missing')),
        ['coverage_unfounded', 'revision_missing'],
      );
    });
  });

  it('takes a long transaction beside another log for no clock that was set back', async () => {
    await withSealed(async ({ db, sealing, tamper, verify }) => {
      await tamper(
        `insert into zendesk_evidence.pending (account, stream, manifest, stored_at)
         values ('${account}', 'audit_logs', '{"kind":"page"}', now() - interval '10 minutes')`,
      );
      await sealWaiting(db, sealing);
      assert.deepEqual(await verify(), []);
    });
  });

  it('finds that the clock of the database was set back', async () => {
    await withSealed(async ({ db, sealing, tamper, verify }) => {
      await tamper(
        `insert into zendesk_evidence.pending (account, stream, manifest, stored_at)
         values ('${account}', 'audit_logs', '{"kind":"page"}', now() - interval '1 hour')`,
      );
      await sealWaiting(db, sealing);
      assert.deepEqual(await verify(), ['clock_set_back']);
    });
  });

  it('finds a clock that was set back once, however many entries were written since', async () => {
    await withSealed(async ({ db, sealing, tamper, verify }) => {
      for (const minutes of [60, 59, 58])
        await tamper(
          `insert into zendesk_evidence.pending (account, stream, manifest, stored_at)
           values ('${account}', 'audit_logs', '{"kind":"page"}', now() - interval '${minutes} minutes')`,
        );
      await sealWaiting(db, sealing);
      assert.deepEqual(await verify(), ['clock_set_back']);
    });
  });
});
