import assert from 'node:assert/strict';
import { writeFileSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/client.ts';
import { formatVerifierKey, makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { runProgram, temporary } from '../support/program.ts';
import { withAccount, type PulledAccount } from '../support/pulled-account.ts';
import { streams } from '../../src/streams/registry.ts';
import { listLogs } from '../../src/streams/registry.ts';

const small = {
  accessLogDays: 4,
  accessLogRowsPerDay: 60,
  auditLogDays: 4,
  auditLogRowsPerDay: 20,
};

type Sealed = PulledAccount & {
  readonly tamper: (statement: string) => Promise<void>;
  readonly verify: (
    ...words: readonly string[]
  ) => Promise<{ status: number | null; stdout: string; stderr: string }>;
  readonly verifyAsJson: (...words: readonly string[]) => Promise<Verified>;
};

type Verified = {
  readonly status: number | null;
  readonly findings: readonly Readonly<Record<string, string | number | null>>[];
  readonly unchecked: readonly { readonly reason: string; readonly sentence: string }[];
  readonly manifests: {
    readonly valid: number;
    readonly invalid: number;
    readonly missing: number;
  };
  readonly streams: readonly { readonly stream: string; readonly rows: number | null }[];
  readonly [member: string]: unknown;
};

async function withSealed(work: (sealed: Sealed) => Promise<void>): Promise<void> {
  await withAccount(small, async (account) => {
    const { settings, query } = account;
    assert.equal((await runProgram(['sync'], settings)).status, 0);
    const verify: Sealed['verify'] = (...words) => runProgram(['verify', ...words], settings);
    await work({
      ...account,
      tamper: async (statement) => {
        await query('set session_replication_role = replica');
        await query(statement);
        await query('reset session_replication_role');
      },
      verify,
      verifyAsJson: async (...words) => {
        const { status, stdout, stderr } = await verify('--json', ...words);
        assert.ok(stdout.startsWith('{'), stderr);
        return { ...JSON.parse(stdout), status };
      },
    });
  });
}

const firstRow = (column: string): string =>
  `(select ${column} from zendesk.access_logs order by timestamp, id limit 1)`;

describe('verify', { concurrency: 2 }, () => {
  it('says in 80 columns, and as JSON, that all is as it was stored', async () => {
    await withSealed(async ({ verify, verifyAsJson }) => {
      const quick = await verify();
      assert.equal(quick.status, 0, quick.stdout + quick.stderr);
      assert.match(quick.stdout, /^Account acme, sealed log acme\/zendesk-log-sync, kept since /);
      assert.match(quick.stdout, /^Manifests: \d+ valid, 0 invalid, 0 missing\.$/m);
      assert.match(
        quick.stdout,
        /^No findings\. The log, the coverage and the counts agree; --deep reads/m,
      );
      const deep = await verify('--deep');
      assert.equal(deep.status, 0);
      assert.match(deep.stdout, /^No findings\. Every row is as it was stored\.$/m);
      for (const line of `${quick.stdout}\n${deep.stdout}`.split('\n'))
        assert.ok(line.length <= 80, `too wide: ${line}`);
      const { status, ...members } = await verifyAsJson('--deep');
      assert.equal(status, 0);
      assert.deepEqual(Object.keys(members), [
        'account',
        'origin',
        'deep',
        'from',
        'until',
        'startedAt',
        'endedAt',
        'complete',
        'size',
        'begunAt',
        'waiting',
        'manifests',
        'streams',
        'restores',
        'findings',
        'unchecked',
      ]);
      assert.deepEqual(Object.keys(members.streams[0] ?? {}), [
        'stream',
        'manifests',
        'adoption',
        'rows',
        'unsealedRows',
        'checked',
      ]);
    });
  });

  it('names rows that were changed, removed and added, each with its stream, time, id and fetch', async () => {
    await withSealed(async ({ query, tamper, verify, verifyAsJson }) => {
      const [row] = await query<{ id: string; time: string }>(
        `select id, to_char(timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as time from zendesk.access_logs order by timestamp, id limit 1`,
      );
      await tamper(`update zendesk.access_logs set client = 'X' where id = ${firstRow('id')}`);
      await tamper(
        `insert into zendesk.access_logs (account, id, timestamp) values ('acme', '00STRANGER', ${firstRow('timestamp')} + interval '1 hour')`,
      );
      await tamper(
        `delete from zendesk.audit_logs where id = (select id from zendesk.audit_logs order by created_at offset 9 limit 1)`,
      );
      const { status, findings } = await verifyAsJson('--deep');
      assert.equal(status, 1);
      assert.deepEqual(Object.keys(findings[0] ?? {}), [
        'kind',
        'stream',
        'time',
        'until',
        'id',
        'rows',
        'fetch',
        'entry',
        'anchor',
        'sentence',
      ]);
      const changed = findings.find(({ kind }) => kind === 'row_changed');
      assert.equal(changed?.['stream'], 'access_logs');
      assert.match(String(changed['fetch']), /^\d+$/);
      // Four bits of its hash are kept: in one of 16 cases only its page is named.
      assert.ok([row?.id, null].includes(changed['id'] as string | null));
      assert.equal(changed['time'], row?.time);
      const added = findings.find(({ kind }) => kind === 'row_added');
      assert.deepEqual([added?.['stream'], added?.['id']], ['access_logs', '00STRANGER']);
      const missing = findings.find(({ kind }) => kind === 'row_missing');
      assert.equal(missing?.['stream'], 'audit_logs');
      assert.match(String(missing['fetch']), /^\d+$/);

      const { stdout } = await verify('--deep');
      for (const heading of ['Rows changed (1):', 'Rows missing (1):', 'Rows added (1):'])
        assert.ok(stdout.includes(`\n${heading}\n`), stdout);
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, `too wide: ${line}`);
    });
  });

  it('looks with --from and --to at what concerns that time alone, and says so', async () => {
    await withSealed(async ({ query, tamper, verify, verifyAsJson }) => {
      const [row] = await query<{ day: string; next: string; after: string }>(
        `select ${['0', '1', '2']
          .map(
            (days, place) =>
              `to_char(min(timestamp) + interval '${days} day', 'YYYY-MM-DD') as ${['day', 'next', 'after'][place]}`,
          )
          .join(', ')} from zendesk.access_logs`,
      );
      const { day = '', next = '', after = '' } = row ?? {};
      // Four bits of each hash are kept: of five rows, one at least can be named.
      await tamper(
        `update zendesk.access_logs set client = 'X' where id in (select id from zendesk.access_logs order by timestamp, id limit 5)`,
      );
      await tamper(
        `delete from zendesk.access_logs where id = (select id from zendesk.access_logs order by timestamp desc limit 1)`,
      );
      const own = await verifyAsJson('--deep', '--from', day, '--to', next);
      const kinds = [...new Set(own.findings.map(({ kind }) => kind))];
      assert.deepEqual([own.status, kinds], [1, ['row_changed']]);
      assert.deepEqual(
        [own['from'], own['until']],
        [`${day}T00:00:00.000Z`, `${next}T00:00:00.000Z`],
      );
      const other = await verify(
        '--deep',
        '--from',
        next,
        '--to',
        after,
        '--stream',
        'access_logs',
      );
      assert.equal(other.status, 0, other.stdout);
      assert.match(
        other.stdout.replaceAll('\n  ', ' '),
        /^Only what concerns .* until .* UTC is checked; counts by whole days, UTC\. The sealed log itself and the quarantine are always checked whole\.$/m,
      );
      const refused = await verify('--from', after, '--to', day, '--days', '3');
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, /Specify the time range in one way only/);
    });
  });

  it('says what cannot be checked: manifests that are missing, and a partition that was dropped', async () => {
    await withSealed(async ({ query, tamper, verifyAsJson }) => {
      await tamper(
        `delete from zendesk_evidence.entries where index = (
           select index from zendesk_evidence.entries where convert_from(manifest, 'UTF8') like '%"stream":"access_logs"%' and tags is not null order by index limit 1
         )`,
      );
      const lost = await verifyAsJson('--deep', '--stream', 'access_logs');
      assert.deepEqual(lost.manifests.missing, 1);
      assert.deepEqual(
        lost.findings.map(({ kind }) => kind),
        ['manifest_missing', 'log_truncated'],
        'its rows are no strangers',
      );
      assert.ok(lost.unchecked.length >= 2, JSON.stringify(lost.unchecked));
      assert.ok(lost.unchecked.every(({ reason }) => reason === 'manifest_missing'));

      const [part] = await query<{ name: string }>(
        'select tableoid::regclass::text as name from zendesk.audit_logs order by created_at limit 1',
      );
      await tamper(`drop table ${part?.name}`);
      const { unchecked } = await verifyAsJson('--stream', 'audit_logs');
      const gone = unchecked.find(({ reason }) => reason === 'partition_missing');
      assert.match(
        gone?.sentence ?? '',
        /^audit_logs from .* cannot be checked row by row: the partition .* was dropped\.$/,
      );
    });
  });

  it('finds that the whole log was rewritten with another key, and accepts the key of an auditor', async () => {
    await withSealed(async ({ databaseUrl, query, tamper, verifyAsJson, verify }) => {
      const [log] = await query<{ key: string }>('select key from zendesk_evidence.logs');
      const file = join(mkdtempSync(join(temporary, 'key-')), 'acme.vkey');
      writeFileSync(file, `${log?.key}\n`);
      assert.equal((await verifyAsJson('--key', file)).status, 0);
      assert.equal((await verifyAsJson('--key', log?.key ?? '')).status, 0);

      const origin = 'acme/zendesk-log-sync';
      const key = makeSigningKey(origin);
      const foreign = await verifyAsJson('--key', formatVerifierKey(key.verifier));
      assert.deepEqual(
        foreign.findings.map(({ kind, anchor }) => [kind, anchor]),
        [['key_differs', '--key']],
      );
      await tamper('delete from zendesk_evidence.entries');
      await tamper('delete from zendesk_evidence.hashes');
      await tamper('delete from zendesk_evidence.logs');
      const db = openDatabase({ url: databaseUrl });
      await sealWaiting(db, { account: 'acme', origin, key, logs: listLogs(streams) });
      await db.close();
      const { status, findings } = await verifyAsJson();
      assert.equal(status, 1);
      assert.ok(findings.some(({ kind, anchor }) => kind === 'key_differs' && anchor === null));

      const refused = await verify('--key', 'nowhere.vkey');
      assert.deepEqual([refused.status, refused.stdout], [2, '']);
      assert.match(refused.stderr, /--key names nowhere\.vkey, which cannot be read/);
    });
  });
});
