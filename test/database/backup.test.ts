import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { refreshRollups } from '../../src/ingest/rollups.ts';
import { coverAccesses, storeAccesses } from '../support/accessed-rows.ts';
import { createEmptyTestDatabase } from '../support/database.ts';
import { account, cover, storeChanges, storePeople, withStored } from '../support/report-data.ts';

const run = promisify(execFile);

// From the server's own programs: a pg_dump that is older than the server refuses.
const folder = process.env['TEST_POSTGRES_BINARIES'];
const pgDump = join(folder ?? '', 'pg_dump');
const pgRestore = join(folder ?? '', 'pg_restore');
const skip =
  folder !== undefined && existsSync(pgDump) && existsSync(pgRestore)
    ? false
    : 'there is no pg_dump of the version of the server';

async function fill(db: Database): Promise<void> {
  await storePeople(db, [{ id: 7, name: 'Joe Agent', role: 'agent' }]);
  await storeAccesses(db, [
    { timestamp: '2026-10-31T23:59:59Z', url: '/api/v2/tickets/937' },
    { timestamp: '2026-11-17T10:00:00Z', url: '/api/v2/search.json?query=anything' },
  ]);
  await coverAccesses(db, '2026-10-31T00:00:00Z', '2026-11-19T00:00:00Z');
  await storeChanges(db, [{ created_at: '2026-11-17T09:00:00Z' }]);
  await cover(db, '2026-11-12T00:00:00Z', '2026-11-19T00:00:00Z');
  await refreshRollups(db, account, [accessLogs]);
}

/** Every relation with the number of its rows, and its read permissions. */
async function takeStock(db: Database): Promise<Map<string, { rows: number; shown: number }>> {
  const relations = await db.query<{ name: string; shown: number }>(
    `select format('%I.%I', n.nspname, c.relname) as name,
       (select count(*) filter (where has_column_privilege('zendesk_reader', c.oid, a.attnum, 'select'))
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)::integer as shown
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('zendesk', 'zendesk_evidence', 'zendesk_partitions', 'zendesk_sync', 'zendesk_fivetran', 'drizzle') and c.relkind in ('r', 'p', 'v')
     order by 1`,
  );
  const stock = new Map<string, { rows: number; shown: number }>();
  for (const { name, shown } of relations) {
    const [counted] = await db.query<{ rows: number }>(
      `select count(*)::integer as rows from ${name}`,
    );
    stock.set(name, { rows: counted?.rows ?? -1, shown });
  }
  return stock;
}

describe('a backup by pg_dump', { skip }, () => {
  it('is restored as docs/operations.md says, with every row, the coverage, the rights, and room for new rows', async () => {
    await withStored(async (db, { DATABASE_URL: url }) => {
      await fill(db);
      const scratch = await mkdtemp(join(tmpdir(), 'zls-backup-'));
      const target = await createEmptyTestDatabase();
      try {
        const file = join(scratch, 'zendesk.dump');
        await run(pgDump, ['--format=custom', `--file=${file}`, url]);
        await run(pgRestore, ['--no-owner', '--exit-on-error', `--dbname=${target.url}`, file]);
        const restored = openDatabase({ url: target.url });
        try {
          await restored.query('select zendesk_sync.grant_roles()');
          const stock = await takeStock(restored);
          assert.deepEqual(stock, await takeStock(db));
          assert.equal(stock.get('zendesk.access_logs')?.rows, 2);
          assert.deepEqual(await migrateDatabase(target.url), { applied: [] });
          await storeChanges(restored, [{ created_at: '2027-01-01T00:00:00Z' }]);
        } finally {
          await restored.close();
        }
      } finally {
        await target.drop();
        await rm(scratch, { recursive: true });
      }
    });
  });
});
