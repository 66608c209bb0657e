/** The service with a login of its own, and what each role tries without success. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runProgram } from '../support/program.ts';
import {
  compareLog,
  smallAccount,
  withAccount,
  type PulledAccount,
} from '../support/pulled-account.ts';
import { withClient, type Query } from '../support/query.ts';

const roles = ['writer', 'reader', 'investigator', 'auditor'] as const;

/** Makes a login for a role and returns its url; the login is of this database alone. */
async function makeLogin({ query, settings }: PulledAccount, role: string): Promise<string> {
  const url = new URL(settings['DATABASE_URL'] ?? '');
  const user = `${role}_of${url.pathname.slice(1).replaceAll(/\W/g, '_')}`;
  await query(`create role ${user} login password 'secret' in role zendesk_${role}`);
  url.username = user;
  url.password = 'secret';
  return url.toString();
}

/** What somebody may try with the history, the ledger and the sealed log. */
const tampering: readonly string[] = [
  ...[
    'zendesk.audit_logs',
    'zendesk.access_logs',
    'zendesk.revisions',
    'zendesk.users',
    'zendesk.user_history',
    'zendesk.findings',
    'zendesk_evidence.entries',
    'zendesk_evidence.hashes',
    'zendesk_evidence.logs',
    'zendesk_evidence.anchors',
    'zendesk_evidence.person_keys',
    'zendesk_evidence.remnants',
    'zendesk_sync.holds',
    'zendesk_sync.removals',
    'zendesk_sync.verifications',
    'zendesk_sync.streams',
    'zendesk_sync.runs',
    'zendesk_sync.fetches',
    'zendesk_sync.moves',
  ].flatMap((table) => [
    `delete from ${table}`,
    `truncate ${table}`,
    `drop table ${table} cascade`,
    `alter table ${table} disable trigger all`,
    `alter table ${table} owner to current_user`,
  ]),
  ...['zendesk_sync.stored_rows', 'zendesk_sync.coverage'].map((table) => `truncate ${table}`),
  ...[
    'zendesk.revisions',
    'zendesk_evidence.entries',
    'zendesk_evidence.hashes',
    'zendesk_evidence.person_keys',
    'zendesk_evidence.remnants',
    'zendesk_sync.holds',
    'zendesk_sync.removals',
    'zendesk_sync.definitions',
    'zendesk_sync.moves',
  ].map((table) => `update ${table} set account = account`),
  'alter table zendesk.access_logs detach partition :partition',
  'truncate :partition',
  'delete from :partition',
  'drop table :partition',
  'insert into :partition select * from zendesk.access_logs limit 1',
  'drop schema zendesk_evidence cascade',
  'create table zendesk.own ()',
  'create or replace function zendesk_sync.note_lost_rows() returns trigger language plpgsql as $$ begin return null; end $$',
  'drop trigger refuse_rewriting on zendesk_sync.holds',
  'drop trigger refuse_moved on zendesk_sync.leases',
  'set session_replication_role = replica',
  'select zendesk_sync.grant_roles()',
];

/** What only the service may do. */
const working: readonly string[] = [
  `insert into zendesk.revisions (account, stream, id, occurred_at, content) values ('acme', 'access_logs', 'x', now(), '{}')`,
  `insert into zendesk_evidence.pending (account, stream, manifest) values ('acme', '', '{}')`,
  `update zendesk.access_logs set url = 'x'`,
  'delete from zendesk_sync.coverage',
  `insert into zendesk_sync.holds (account, name, act, reason, done_by, salt) values ('acme', 'x', 'set', 'x', 'x', 'x')`,
  `select zendesk_sync.make_partition('zendesk.access_logs', 'zendesk_partitions', 'access_logs_1999_01', '1999-01-01Z', '1999-02-01Z')`,
  `select zendesk_sync.drop_doubles('zendesk.access_logs', 'timestamp', 'id', 'acme', 'access_logs', '{}', '{}')`,
  `select zendesk_sync.watch_log('zendesk.access_logs', 'timestamp')`,
];

async function assertRefused(query: Query, statement: string, role: string): Promise<void> {
  await assert.rejects(
    query(statement),
    (error: { code?: string }) => ['42501', '42703', '42P01'].includes(error.code ?? ''),
    `${role}: ${statement}`,
  );
}

describe('the roles', () => {
  it('let the service pull with the login of a writer, and nobody else than the owner take anything away', async () => {
    await withAccount(smallAccount, async (account) => {
      const { settings, query } = account;
      const url = await makeLogin(account, 'writer');
      const pulled = await runProgram(['sync'], { ...settings, DATABASE_URL: url });
      assert.equal(pulled.status, 0, pulled.stderr);
      for (const stream of ['audit_logs', 'access_logs'] as const) {
        const { stored, shown } = await compareLog(account, stream);
        assert.ok(stored.length > 500);
        assert.deepEqual(stored, shown);
      }
      const again = await runProgram(['sync'], { ...settings, DATABASE_URL: url });
      assert.equal(again.status, 0, again.stderr);
      for (const argv of [
        ['verify', '--deep'],
        ['findings', 'recompute', '--days', '3'],
        ['classify', '--apply'],
        ['hold', 'add', 'case', '--everything', '--reason', 'x', '--by', 'ann'],
      ]) {
        const ran = await runProgram(argv, { ...settings, DATABASE_URL: url });
        assert.equal(ran.status, 0, `${argv.join(' ')}: ${ran.stdout}${ran.stderr}`);
      }
      const doctor = await runProgram(['doctor'], { ...settings, DATABASE_URL: url });
      assert.match(
        doctor.stdout,
        /is a writer: it\s+stores\s+rows, and cannot delete, empty, drop/,
      );
      const folder = mkdtempSync(join(tmpdir(), 'zls-archive-'));
      const archiving = { ...settings, DATABASE_URL: url, ARCHIVE_URL: folder };
      const refused = await runProgram(['archive', 'run', '--older-than', '1d'], archiving);
      assert.equal(refused.status, 1);
      assert.match(refused.stderr, /dropped by the owner of the tables alone/);
      assert.deepEqual(readdirSync(folder), []);
      for (const argv of [
        ['erase', 'person', '7', '--reason', 'x', '--by', 'ann', '--yes'],
        ['retention', 'apply', '--by', 'ann', '--yes'],
        ['archive', 'restore', '--stream', 'access_logs', '--month', '2026-01'],
        ['archive', 'repair'],
      ]) {
        const ran = await runProgram(argv, archiving);
        const command = argv.slice(0, 2).join(' ');
        assert.deepEqual(
          [ran.status, ran.stderr.trim().split('\n').at(-1)],
          [
            1,
            `"${command}" needs the login of the owner of the tables, and this login is not the owner. Run the command with the url of the owner as DATABASE_URL (docs/operations.md, "Two logins").`,
          ],
        );
      }
      const told = await runProgram(['doctor'], archiving);
      assert.match(told.stdout, /this\s+login\s+may\s+not\s+drop\s+partitions/);
      rmSync(folder, { recursive: true });
      const [partition] = await query<{ name: string }>(
        `select partition as name from zendesk_sync.partitions where log_table = 'zendesk.access_logs' order by held_from limit 1`,
      );
      for (const role of roles) {
        const own = role === 'writer' ? url : await makeLogin(account, role);
        await withClient(own, async (ask) => {
          for (const statement of [...tampering, ...(role === 'writer' ? [] : working)])
            await assertRefused(ask, statement.replace(':partition', partition?.name ?? ''), role);
        });
      }
    });
  });

  it('let an auditor read the ledger and the evidence, and nothing that is personal', async () => {
    await withAccount(smallAccount, async (account) => {
      await withClient(await makeLogin(account, 'auditor'), async (ask) => {
        for (const readable of [
          'zendesk_sync.status',
          'zendesk_sync.verifications',
          'zendesk_sync.holds',
          'zendesk_sync.removals',
          'zendesk_sync.losses',
          'zendesk_evidence.entries',
          'zendesk_evidence.logs',
          'zendesk_evidence.anchors',
        ])
          await ask(`select * from ${readable}`);
        for (const hidden of [
          'zendesk.access_logs',
          'zendesk.users',
          'zendesk.revisions',
          'zendesk.audit_events',
          'zendesk_sync.quarantine',
          'zendesk_sync.oauth_logins',
          'zendesk_evidence.person_keys',
        ])
          await assert.rejects(ask(`select * from ${hidden}`), { code: '42501' }, hidden);
      });
    });
  });

  it('cannot make functions of the owner use types or tables of their own', async () => {
    await withAccount(smallAccount, async (account) => {
      await withClient(await makeLogin(account, 'writer'), async (ask) => {
        await ask(
          `insert into zendesk_sync.streams (account, stream, log_table, log_time) values ('acme', 'access_logs', 'zendesk.access_logs', 'timestamp')`,
        );
        await ask('create temp table taken (by_whom text)');
        await ask('grant insert on taken to public');
        await ask(
          `create function pg_temp.take() returns boolean language plpgsql as $$
           begin insert into pg_temp.taken values (current_user); return true; end $$`,
        );
        for (const type of ['regclass', 'regprocedure', 'timestamptz', 'jsonb', 'oid'])
          await ask(`create domain pg_temp.${type} as pg_catalog.${type} check (pg_temp.take())`);
        // Of the catalogue's names the first temporary one would say that any table is a log.
        await ask('create temp table pg_class as select * from pg_catalog.pg_class limit 0');
        for (const statement of working.filter((each) => each.startsWith('select zendesk_sync.')))
          await ask(statement);
        await ask(`select zendesk_sync.refresh_statistics('zendesk.access_logs')`);
        assert.deepEqual(await ask('select * from taken'), []);
        await ask(
          `update zendesk_sync.streams set log_table = 'zendesk_evidence.person_keys', log_time = 'month' where stream = 'access_logs'`,
        );
        await assert.rejects(
          ask(
            `select zendesk_sync.drop_doubles('zendesk_evidence.person_keys', 'month', 'person', 'acme', 'access_logs', '{}', '{}')`,
          ),
          { code: '22023' },
        );
      });
    });
  });

  it('make only partitions that a log may have', async () => {
    await withAccount(smallAccount, async (account) => {
      await withClient(await makeLogin(account, 'writer'), async (ask) => {
        const make = (...values: readonly string[]) =>
          ask('select zendesk_sync.make_partition($1, $2, $3, $4, $5)', values);
        for (const values of [
          ['zendesk.users', 'zendesk', 'users_2020_01', '2020-01-01Z', '2020-02-01Z'],
          ['zendesk.access_logs', 'public', 'access_logs_2020_01', '2020-01-01Z', '2020-02-01Z'],
          ['zendesk.access_logs', 'zendesk_partitions', 'x', '2020-01-01Z', '2020-02-01Z'],
          [
            'zendesk.access_logs',
            'zendesk_partitions',
            'access_logs_2020_01',
            '2020-01-01Z',
            '2021-03-01Z',
          ],
        ])
          await assert.rejects(make(...values), { code: '22023' });
        await make(
          'zendesk.access_logs',
          'zendesk_partitions',
          'access_logs_2020_01',
          '2020-01-01Z',
          '2020-02-01Z',
        );
      });
    });
  });
});
