/** Retention and erasure of months that are in the archive: objects are written again beside the old ones, which go. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadObjects } from '../../src/archive/ledger.ts';
import type { ArchiveStore } from '../../src/archive/store.ts';
import { openParquet } from '../../src/parquet/reader.ts';
import { verifyArchive } from '../../src/archive/verify.ts';
import { createClassifier } from '../../src/classification/classifier.ts';
import { accessRules } from '../../src/classification/rules.ts';
import { writePackage } from '../../src/reports/evidence-package/pack.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { applyRetention, type AppliedRemoval } from '../../src/retention/apply.ts';
import { erasePerson, type Erased } from '../../src/retention/erase.ts';
import { addHold } from '../../src/retention/holds.ts';
import { planRetention } from '../../src/retention/plan.ts';
import type { PlannedRemoval, Policy } from '../../src/retention/planned-removal.ts';
import { archivedLogs, withArchive, type Archived } from '../support/archive.ts';
import { listFindings, newPath, verifyFile } from '../support/evidence-package.ts';
import { account } from '../support/installation.ts';

const { signal } = new AbortController();
const deed = { by: 'ann', reason: 'request 17' };
/** So many that whoever acted in both logs did so before the last month. */
const manyMonths = {
  auditLogDays: 400,
  auditLogRowsPerDay: 3,
  accessLogDays: 70,
  accessLogRowsPerDay: 40,
};

/** The rows of all files of Parquet in the folder, by log, as other engines see them. */
async function readFiles(
  folder: string,
  column: string,
  stream: string,
): Promise<(string | null)[]> {
  const values: (string | null)[] = [];
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.parquet') || !path.startsWith(`stream=${stream}/`)) continue;
    const file = openParquet(readFileSync(join(folder, path)));
    for (const group of file.groups.keys())
      values.push(...((await file.readGroup(group, [column])).get(column) ?? []));
  }
  return values;
}

async function checkAll({ db, store, sealing, verify, folder }: Archived): Promise<void> {
  await sealWaiting(db, sealing);
  assert.deepEqual((await verify()).findings, []);
  const checked = await verifyArchive(db, {
    store,
    streams: archivedLogs,
    report: () => {},
    signal,
  });
  assert.deepEqual(checked.findings, []);
  const there = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.parquet'),
  );
  const known = (await loadObjects(db)).map(({ object }) => object);
  assert.deepEqual(there.toSorted(), known.toSorted());
}

/** A package of all that is stored verifies without the database; what lost something has no proof of its own. */
async function assertPackage({ db, store, simulator }: Archived): Promise<void> {
  const now = new Date(simulator.now());
  const path = newPath('package.zip');
  const parts: Buffer[] = [];
  const scope = {
    db,
    account,
    now,
    timeZone: undefined,
    archive: { store, classify: () => createClassifier(accessRules) },
  };
  const { streams, findings } = await writePackage(
    scope,
    {
      span: { from: new Date('2020-01-01T00:00:00Z'), to: now },
      streams: archivedLogs,
      filters: { agents: [], users: [], tickets: [], addresses: [] },
      witnessKeys: [],
    },
    async (data) => void parts.push(Buffer.from(data)),
    () => {},
  );
  writeFileSync(path, Buffer.concat(parts));
  assert.deepEqual(findings, []);
  assert.deepEqual(listFindings(await verifyFile(path)), []);
  for (const { rows, proven, unproven } of streams) {
    assert.ok(proven > 0);
    assert.equal(proven + (unproven['removed'] ?? 0), rows);
  }
}

/** Somebody who acted in both logs, of whom the audit log has the name. */
async function pickPerson({
  db,
}: Archived): Promise<{ readonly id: string; readonly name: string }> {
  const [person] = await db.query<{ id: string; name: string }>(
    `select actor_id::text as id, max(actor_name) as name from zendesk.audit_logs
     where actor_id > 0 and actor_name is not null and actor_id in (select user_id from zendesk.access_logs)
     group by 1 order by count(*) desc, 1 limit 1`,
  );
  return person ?? assert.fail('nobody acted in both logs');
}

function erase({ db, store }: Archived, id: string, into: ArchiveStore = store): Promise<Erased> {
  return erasePerson(db, account, archivedLogs, id, deed, into);
}

describe('erase person in archived months', () => {
  it('takes what is personal out of the files, and leaves everything provable', async () => {
    await withArchive(async (archived) => {
      const { db, archive, folder, sealing } = archived;
      const { id, name } = await pickPerson(archived);
      await archive(new Date('2026-11-01T00:00:00Z'));
      const before = await readFiles(folder, 'id', 'access_logs');
      assert.ok((await readFiles(folder, 'actor_name', 'audit_logs')).includes(name));
      const erased = await erase(archived, id);
      assert.ok(erased.archived.objects > 0);
      assert.deepEqual(erased.archived.kept, []);
      assert.deepEqual(
        (await readFiles(folder, 'id', 'access_logs')).map(String).toSorted(),
        before.map(String).toSorted(),
      );
      for (const column of ['actor_name', 'source_label', 'change_description'])
        assert.ok(
          !(await readFiles(folder, column, 'audit_logs')).some((text) => text?.includes(name)),
        );
      const users = await readFiles(folder, 'user_id', 'access_logs');
      const addresses = await readFiles(folder, 'ip_address', 'access_logs');
      assert.ok(users.includes(id));
      assert.ok(users.every((user, place) => user !== id || addresses[place] === null));
      assert.ok(users.some((user, place) => user !== id && addresses[place] !== null));
      await checkAll(archived);
      await assertPackage(archived);
      const told = await db.query<{ reason: string; by: string }>(
        `select distinct reason, done_by as by from zendesk_sync.removals where person = $1::bigint`,
        [id],
      );
      assert.deepEqual(told, [deed]);
      // Rows of the month that come later, and the rest of the months.
      await archive();
      await sealWaiting(db, sealing);
      await erase(archived, id);
      await checkAll(archived);
      // Nothing is left of the person: no object is written again, and no key is replaced.
      const listFiles = (): readonly string[] =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
      const keysOf = (): Promise<unknown> =>
        db.query(
          `select month, key from zendesk_evidence.person_keys where person = $1::bigint and month = any ($2::date[]) order by month`,
          [id, erased.archived.months],
        );
      const [files, keys] = [listFiles(), await keysOf()];
      const again = await erase(archived, id);
      assert.deepEqual([again.archived.rows, again.archived.objects], [0, 0]);
      assert.deepEqual([listFiles(), await keysOf()], [files, keys]);
      await checkAll(archived);
    }, manyMonths);
  });

  it('replaces the key of a month whose rows by the person were dropped, once', async () => {
    await withArchive(async (archived) => {
      const { db, archive, folder } = archived;
      await archive();
      const [object] = await loadObjects(db, { stream: 'audit_logs' });
      const person = '424242';
      await db.query(
        `insert into zendesk_evidence.person_keys (account, person, month, key) values ($1, $2::bigint, $3::date, sha256('was'))`,
        [account, person, object?.month],
      );
      const keysOf = (): Promise<{ isReplaced: boolean; key: string }[]> =>
        db.query(
          `select replaced_at is not null and key <> sha256('was') as "isReplaced", encode(key, 'hex') as key
           from zendesk_evidence.person_keys where person = $1::bigint`,
          [person],
        );
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
      await erase(archived, person);
      const first = await keysOf();
      assert.deepEqual(
        first.map(({ isReplaced }) => isReplaced),
        [true],
      );
      await erase(archived, person);
      assert.deepEqual(await keysOf(), first);
      assert.deepEqual(
        readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted(),
        files,
      );
      await checkAll(archived);
    });
  });

  it('is gone on with by a second run when it was stopped at any step', async () => {
    await withArchive(async (archived) => {
      const { archive, store, folder } = archived;
      const { id, name } = await pickPerson(archived);
      await archive();
      const before = await readFiles(folder, 'id', 'audit_logs');
      for (const last of [1, 2, 3, 4]) {
        let steps = 0;
        const failing = async <T>(work: () => Promise<T>): Promise<T> => {
          const result = await work();
          steps += 1;
          if (steps >= last) throw new Error('stopped');
          return result;
        };
        await assert.rejects(
          erase(archived, id, {
            ...store,
            create: (path, bytes) => failing(() => store.create(path, bytes)),
            remove: (path, version) => failing(() => store.remove(path, version)),
          }),
          /stopped/,
        );
      }
      const stuck = {
        ...store,
        remove: async () => {
          throw new Error('stopped');
        },
      };
      await assert.rejects(erase(archived, id, stuck), /stopped/);
      await erase(archived, id);
      assert.ok(!(await readFiles(folder, 'actor_name', 'audit_logs')).includes(name));
      assert.deepEqual(
        (await readFiles(folder, 'id', 'audit_logs')).map(String).toSorted(),
        before.map(String).toSorted(),
      );
      await checkAll(archived);
    });
  });

  it('is refused under a hold that only archived rows are under, and without the archive', async () => {
    await withArchive(async (archived) => {
      const { db, archive, folder, sealing } = archived;
      const { id } = await pickPerson(archived);
      await archive();
      const before = readdirSync(folder, { recursive: true });
      await assert.rejects(erasePerson(db, account, archivedLogs, id, deed), {
        code: 'archive_failed',
        message:
          /ARCHIVE_URL is not set\. Set it to where they were archived: nothing was taken away\.$/,
      });
      await addHold(db, account, {
        name: 'dispute',
        reason: 'x',
        by: 'ann',
        stream: 'access_logs',
        span: { from: Date.UTC(2026, 8, 1) / 1000, to: Date.UTC(2026, 10, 1) / 1000 },
        person: undefined,
        ticket: undefined,
      });
      await sealWaiting(db, sealing);
      await assert.rejects(erase(archived, id), { code: 'held' });
      assert.deepEqual(readdirSync(folder, { recursive: true }), before);
    });
  });
});

describe('retention of archived months', () => {
  const plan = (
    archived: Archived,
    policies: readonly Policy[],
  ): Promise<readonly PlannedRemoval[]> => {
    const now = new Date(archived.simulator.now());
    return planRetention(archived.db, account, archivedLogs, policies, now, archived.store);
  };
  const sum = (planned: readonly PlannedRemoval[]): number =>
    planned.reduce((rows, each) => rows + each.rows, 0);
  const apply = async (
    { db }: Archived,
    planned: readonly PlannedRemoval[],
  ): Promise<readonly AppliedRemoval[]> => {
    const applied: AppliedRemoval[] = [];
    const kept = await applyRetention(
      db,
      planned,
      'ann',
      (each) => void applied.push(each),
      signal,
    );
    assert.deepEqual(kept, []);
    return applied;
  };
  const days = (of: string, count: number): Policy => ({
    of,
    days: count,
    months: 0,
    text: `${count} days`,
  });

  it('drops what is older than the rule as it does in the tables, and tells of it permanently', async () => {
    await withArchive(async (archived) => {
      const { db, archive, folder } = archived;
      const policies = [days('access_logs', 45), days('audit_logs', 50)];
      const hot = await plan(archived, policies);
      const [rows] = await db.query<{ rows: number }>(
        'select count(*)::float8 as rows from zendesk.access_logs',
      );
      await archive();
      const planned = await plan(archived, policies);
      assert.equal(sum(planned), sum(hot));
      assert.ok(planned.every((each) => each.archivedRows === each.rows));
      const applied = await apply(archived, planned);
      assert.equal(
        applied.reduce((count, each) => count + each.rows, 0),
        sum(hot),
      );
      await checkAll(archived);
      await assertPackage(archived);
      const [gone] = await db.query<{ rows: number }>(
        `select sum(rows)::float8 as rows from zendesk_sync.removals where stream = 'access_logs' and what = 'rows'`,
      );
      const left = await readFiles(folder, 'id', 'access_logs');
      assert.equal(left.length + (gone?.rows ?? 0), rows?.rows);
      assert.deepEqual(await plan(archived, policies), []);
    });
  });

  it('takes columns out of the files, once, and keeps what a hold is about', async () => {
    await withArchive(async (archived) => {
      const { db, archive, folder, sealing } = archived;
      const policies = [days('search_text', 40)];
      const hot = await plan(archived, policies);
      await archive();
      const planned = await plan(archived, policies);
      assert.ok(sum(planned) >= sum(hot) && sum(hot) > 0);
      const applied = await apply(archived, planned);
      assert.equal(
        applied.reduce((count, each) => count + each.rows, 0),
        sum(hot),
      );
      await checkAll(archived);
      assert.deepEqual(await plan(archived, policies), []);
      const urls = await readFiles(folder, 'url', 'access_logs');
      assert.ok(urls.some((url) => url?.includes('?')) && urls.some((url) => !url?.includes('?')));
      const [user] = await readFiles(folder, 'user_id', 'access_logs');
      await addHold(db, account, {
        name: 'dispute',
        reason: 'x',
        by: 'ann',
        stream: undefined,
        span: { from: -Infinity, to: Infinity },
        person: user ?? '',
        ticket: undefined,
      });
      await sealWaiting(db, sealing);
      const held = await plan(archived, [days('access_logs', 10)]);
      assert.ok(held.length > 0);
      assert.ok(held.every(({ heldBy }) => heldBy.includes('dispute')));
      assert.deepEqual(await apply(archived, held), []);
      await checkAll(archived);
    });
  });
});
