import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withAccount, smallAccount } from '../support/pulled-account.ts';
import { runProgram } from '../support/program.ts';
import { analyse, findRefused, loadCatalogue } from '../support/spread-statements.ts';
import { startStatementWitness } from '../support/statement-witness.ts';
import { withLedger } from '../support/ledger.ts';
import { openDatabase, type Database } from '../../src/database/client.ts';

/** What Citus refuses in some statements, each with the statement. */
async function judge(db: Database, statements: readonly string[]): Promise<readonly string[]> {
  const catalogue = await loadCatalogue(db);
  const faults: string[] = [];
  for (const statement of statements) {
    // Each in a transaction that is given up: what is made to look at it goes.
    const done = new Error('looked at');
    await db
      .transaction(async (tx) => {
        for (const fault of findRefused(await analyse(tx, statement), catalogue))
          faults.push(`${fault}: ${statement.replaceAll(/\s+/g, ' ')}`);
        throw done;
      })
      .catch((error: unknown) => {
        if (error !== done) throw error;
      });
  }
  return faults;
}

describe('statements on tables that can be spread over several servers', () => {
  it('have no function that is not immutable where Citus allows none, and restrict what refers to itself to an account', async () => {
    const account = { ...smallAccount, auditLogDays: 70 };
    await withAccount(account, async ({ databaseUrl, settings, query }) => {
      const witness = await startStatementWitness(databaseUrl);
      try {
        const own = { ...settings, DATABASE_URL: witness.url, ARCHIVE_URL: 'archive' };
        const run = async (command: string) => {
          const { status, stderr } = await runProgram(command.split(' '), own);
          assert.notEqual(status, 2, `${command}: ${stderr}`);
        };
        await run('sync');
        const actors = await query<{ id: string }>(
          `select actor_id::text as id from zendesk.audit_logs where created_at < '2026-10-01' and actor_id > 0
           group by actor_id order by actor_id limit 2`,
        );
        for (const command of [
          'sync',
          'classify --apply',
          'findings recompute --month 2026-11',
          'reconcile --stream audit_logs --from 2026-11-10 --to 2026-11-11',
          'hold add case --everything --reason test --by test',
          'hold release case --reason test --by test',
          `erase person ${actors[0]?.id} --reason test --by test --yes`,
          'archive run --older-than 1M',
          `erase person ${actors[1]?.id} --reason test --by test --yes`,
          'verify --deep',
          'report ticket 1001',
          'report accessed tickets --days 30',
          'report findings --days 30',
          'report subject --user 1 --days 30',
          'status',
        ])
          await run(command);
        const archived = await query(
          `select count(*)::int as n from zendesk_evidence.person_keys
           where replaced_at is not null and person = $1 and month < '2026-10-01'`,
          [actors[1]?.id],
        );
        assert.deepEqual(archived, [{ n: 1 }]);
        const statements = witness.statements();
        assert.ok(statements.length > 200, `${statements.length} statements were seen`);
        const db = openDatabase({ url: databaseUrl });
        const faults = await judge(db, statements).finally(() => db.close());
        assert.deepEqual(faults, []);
      } finally {
        await witness.close();
      }
    });
  });

  it('are found with each of the forms that Citus refuses', async () => {
    await withLedger(async (db) => {
      const update = (changes: string, rest = '') =>
        `update zendesk_sync.runs set ${changes} where account = $1 ${rest}`;
      const faults = await judge(db, [
        update('ended_at = now()'),
        update('ended_at = case when $2 then clock_timestamp() end'),
        update('error = $2', 'and started_at < clock_timestamp()'),
        update('error = $2', 'and coalesce(ended_at, now()) < $3'),
        update('error = $2', 'and extract(epoch from started_at) < $3'),
        update('error = $2', 'returning started_at::text'),
        `insert into zendesk_sync.leases (account, stream, holder, token, expires_at) values ($1, $2, $3, 0, now())
         on conflict (account, stream) do update set expires_at = now()`,
        `with recursive all_accounts as (
           select min(account) as account from zendesk_sync.runs
           union all
           select (select min(r.account) from zendesk_sync.runs r where r.account > a.account) from all_accounts a where a.account is not null
         ) select account from all_accounts`,
      ]);
      assert.deepEqual(
        faults.map((fault) => fault.split(': ').slice(0, 2).join(': ')),
        [
          'zendesk_sync.runs: a function that is not immutable in SET',
          'zendesk_sync.runs: a function that is not immutable in SET',
          'zendesk_sync.runs: a function that is not immutable in CASE',
          'zendesk_sync.runs: a volatile function in WHERE',
          'zendesk_sync.runs: a function that is not immutable in COALESCE',
          'zendesk_sync.runs: a stable function of a column',
          'zendesk_sync.runs: a function that is not immutable in RETURNING',
          'zendesk_sync.leases: a function that is not immutable in DO UPDATE',
          'zendesk_sync.runs: a recursive part without the account',
        ],
      );
    });
  });

  it('may take the time from a part of their own', async () => {
    await withLedger(async (db) => {
      assert.deepEqual(
        await judge(db, [
          `update zendesk_sync.runs set ended_at = case when $2 then clock.at end from (select now() as at) as clock where account = $1`,
        ]),
        [],
      );
    });
  });
});
