/** SIGKILL at any moment: each row is in the table, in the archive, or in both. ARCHIVE_KILLS says how often; CI needs few. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadObjects } from '../../src/archive/ledger.ts';
import { readInOrder } from '../../src/archive/read-in-order.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { archivedLogs, withArchive, type Archived } from '../support/archive.ts';
import { account } from '../support/installation.ts';
import { patienceMs } from '../support/patience.ts';
import { clockEnvironment } from '../support/run-clock.ts';

const child = fileURLToPath(new URL('../support/archiving-child.ts', import.meta.url));
const kills = Number(process.env['ARCHIVE_KILLS'] ?? 10);
/** A few months of each log, one of them in two objects: every month goes the same way. */
const fewMonths = {
  auditLogDays: 70,
  auditLogRowsPerDay: 2,
  accessLogDays: 45,
  accessLogRowsPerDay: 20,
};

/** Archives until a step, or erases a person; with 0 to the end. @returns whether it was killed */
function archiveUntil(
  { url, folder }: Archived,
  step: number,
  person: readonly [account: string, id: string] | readonly [] = [],
): boolean {
  const { signal, status, stderr } = spawnSync(
    process.execPath,
    [child, url, folder, String(step), ...person],
    { encoding: 'utf8', env: { ...process.env, ...clockEnvironment() }, timeout: patienceMs * 4 },
  );
  if (signal !== 'SIGKILL') assert.equal(status, 0, stderr);
  return signal === 'SIGKILL';
}

/**
 * Works through archives until there were enough kills: what is killed again and again ends all the same.
 *
 * @param round works in one, and counts its kills
 */
async function untilKilled(
  round: (archived: Archived, killUntilEnd: KillUntilEnd) => Promise<void>,
): Promise<void> {
  const done = { kills: 0 };
  while (done.kills < kills)
    await withArchive(
      (archived) =>
        round(archived, async (kill, check) => {
          for (; done.kills < kills; done.kills += 1) {
            const isKilled = kill(done.kills);
            await check(`after kill ${done.kills}`);
            if (!isKilled) return;
          }
        }),
      fewMonths,
    );
}

/** Kills with the next number and checks what is left, until the work has ended or there were enough kills. */
type KillUntilEnd = (
  kill: (number: number) => boolean,
  check: (when: string) => Promise<void>,
) => Promise<void>;

/** How often each row is in the tables and in objects whose rows have left them. */
async function countRows({ db, store }: Archived): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const add = (key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { name, table } of archivedLogs) {
    const rows = await db.query<{ id: string }>(
      `select ${table.id.name}::text as id from ${table.name}`,
    );
    for (const { id } of rows) add(`${name} ${id}`);
    const left = (await loadObjects(db, { stream: name })).filter(({ leftAt }) => leftAt !== null);
    for await (const some of readInOrder(store, table, left))
      for (const { id } of some) add(`${name} ${id}`);
  }
  return counts;
}

describe('archive run that is killed', () => {
  it('leaves each row once, wherever it is, and the next run ends what it began', async () => {
    await untilKilled(async (archived, killUntilEnd) => {
      const { verify, db } = archived;
      const before = await countRows(archived);
      // Steps of any size, so that each run ends somewhere else.
      await killUntilEnd(
        (kill) => archiveUntil(archived, 1 + ((kill * 37) % 61)),
        async (when) => assert.deepEqual(await countRows(archived), before, when),
      );
      assert.equal(archiveUntil(archived, 0), false);
      assert.deepEqual(await countRows(archived), before);
      const [hot] = await db.query<{ rows: number }>(
        'select (select count(*) from zendesk.access_logs)::integer + (select count(*) from zendesk.audit_logs)::integer as rows',
      );
      assert.equal(hot?.rows, 0);
      const { findings } = await verify();
      assert.deepEqual(findings, []);
      const noted = await loadObjects(db);
      assert.ok(noted.every(({ isChecked, leftAt }) => isChecked && leftAt !== null));
    });
  });
});

describe('erase person that is killed', () => {
  it('leaves each row once and every proof valid, and the next one erases what is left', async () => {
    await untilKilled(async (archived, killUntilEnd) => {
      const { folder, store, db, archive, sealing, verify } = archived;
      await archive();
      const [person] = await db.query<{ id: string }>(
        `select person::text as id from zendesk_evidence.person_keys where person > 0 group by 1 order by count(*) desc, 1 limit 1`,
      );
      const id = person?.id ?? '';
      const before = await countRows(archived);
      await killUntilEnd(
        (kill) => archiveUntil(archived, 1 + ((kill * 137) % 397), [account, id]),
        async (when) => {
          assert.deepEqual(await countRows(archived), before, when);
          // Nobody else works while its turn has not expired.
          await db.query(
            `update zendesk_sync.archive_runs set expires_at = started_at where ended_at is null`,
          );
        },
      );
      assert.equal(archiveUntil(archived, 0, [account, id]), false);
      assert.deepEqual(await countRows(archived), before);
      const personal = await listPersonal(store, db, id);
      assert.deepEqual(personal, []);
      await sealWaiting(db, sealing);
      assert.deepEqual((await verify()).findings, []);
      const known = (await loadObjects(db)).map(({ object }) => object);
      const there = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      assert.deepEqual(
        there.filter((path) => path.endsWith('.parquet')).toSorted(),
        known.toSorted(),
      );
    });
  });
});

/** What is personal in the archived rows by a person. */
async function listPersonal(
  store: Archived['store'],
  db: Archived['db'],
  person: string,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { name, table } of archivedLogs) {
    const left = (await loadObjects(db, { stream: name })).filter(({ leftAt }) => leftAt !== null);
    const places = table.personal.map((column) => table.columns.indexOf(column));
    for await (const rows of readInOrder(store, table, left))
      for (const { actor, values } of rows)
        if (actor === person) found.push(...places.flatMap((place) => values[place] ?? []));
  }
  return found;
}
