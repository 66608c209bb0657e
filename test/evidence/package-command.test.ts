/** The commands `evidence export` and `evidence verify`, and the tools of other projects on what they write. */
import assert from 'node:assert/strict';
import { execSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { createExchange } from '../../src/evidence/anchoring/exchange.ts';
import { loadHead } from '../../src/evidence/anchoring/head.ts';
import { noteSuccess } from '../../src/evidence/anchoring/states.ts';
import { anchorAtAuthority } from '../../src/evidence/anchoring/time-stamp.ts';
import { anchorAtWitness } from '../../src/evidence/anchoring/witness.ts';
import { formatVerifierKey } from '../../src/evidence/forms/keys.ts';
import { startWitness } from '../support/litewitness.ts';
import { startAuthority, type TimeStampAuthority } from '../support/time-stamp-authority.ts';
import { findTool } from '../support/evidence-tools.ts';
import {
  listFindings,
  newPath,
  verifyFile,
  unpack,
  withSealedAccount,
  type SealedAccount,
} from '../support/evidence-package.ts';
import { account } from '../support/installation.ts';
import { findProgram } from '../support/project-files.ts';
import { runProgram, startProgram, type Ended } from '../support/program.ts';
import { waitUntil } from '../support/pulled-account.ts';

const reach = (url: string) => ({ DATABASE_URL: url, ZENDESK_SUBDOMAIN: account });

/** Runs `evidence export` into a file of its own. */
async function exportTo(
  { url }: Pick<SealedAccount, 'url'>,
  ...flags: readonly string[]
): Promise<Ended & { readonly path: string; readonly folder: string }> {
  const folder = newPath('out');
  mkdirSync(folder);
  const path = join(folder, 'evidence.zip');
  const ended = await runProgram(['evidence', 'export', ...flags, '--output', path], reach(url));
  return { ...ended, path, folder };
}

async function listIds(path: string, stream: string): Promise<readonly string[]> {
  const folder = await unpack(path);
  return readFileSync(join(folder, `rows/${stream}.ndjson`), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { id: string }).id);
}

describe('evidence export and evidence verify', { concurrency: 2 }, () => {
  it('write a package and check it without a database, by the key that the auditor has', async () => {
    await withSealedAccount(async (sealed) => {
      const exported = await exportTo(sealed, '--days', '3');
      assert.equal(exported.status, 0, exported.stderr);
      assert.match(
        exported.stdout,
        /^audit_logs: \d+ rows, \d+ with a proof\.\naccess_logs: [\d,]+ rows, [\d,]+ with a proof\.\n$/,
      );
      assert.match(exported.stderr, new RegExp(`Wrote ${exported.path}\\.\n$`));
      assert.deepEqual(readdirSync(exported.folder), ['evidence.zip']);

      const verified = await runProgram(['evidence', 'verify', exported.path]);
      assert.equal(verified.status, 0, verified.stderr);
      assert.match(verified.stdout, /\nNo findings\.\n$/);
      const key = join(await unpack(exported.path), 'keys/log.vkey');
      const known = await runProgram(['evidence', 'verify', exported.path, '--key', key, '--json']);
      assert.equal(known.status, 0, known.stderr);
      assert.deepEqual((JSON.parse(known.stdout) as { findings: unknown }).findings, []);

      const other = await exportTo(sealed, '--days', '1');
      assert.equal(
        (await runProgram(['evidence', 'verify', other.path, '--key', other.path])).status,
        2,
      );
    });
  });

  it('choose rows as the reports do: by who acted, by ticket, by person, by address, all at once', async () => {
    await withSealedAccount(async (sealed) => {
      const { db } = sealed;
      const [first] = await db.query<{ agent: string; ticket: string; person: string; ip: string }>(
        `select l.user_id::text as agent, host(l.ip_address) as ip, r.resource_id as ticket,
           (select resource_id from zendesk.access_log_resources where resource_type = 'user' and resource_id is not null limit 1) as person
         from zendesk.access_log_resources r
         join zendesk.access_logs l on l.timestamp = r.timestamp and l.id = r.access_log_id
         where r.resource_type = 'ticket' and l.user_id is not null and l.ip_address is not null order by r.timestamp limit 1`,
      );
      const { agent = '', ticket = '', person = '', ip = '' } = first ?? {};
      const about = (type: string, id: string) => `(timestamp, id) in (
        select timestamp, access_log_id from zendesk.access_log_resources where resource_type = '${type}' and resource_id = '${id}')`;
      const asked: readonly (readonly [readonly string[], string, string])[] = [
        [['--agent', agent], `user_id = ${agent}`, `actor_id = ${agent}`],
        [
          ['--ticket', `#${ticket}`],
          about('ticket', ticket),
          `source_type = 'ticket' and source_id = ${ticket}`,
        ],
        [
          ['--user', person],
          about('user', person),
          `source_type = 'user' and source_id = ${person}`,
        ],
        [['--ip', ip], `ip_address = '${ip}'`, `ip_address = '${ip}'`],
        [
          ['--agent', agent, '--ticket', ticket],
          `user_id = ${agent} and ${about('ticket', ticket)}`,
          `actor_id = ${agent} and source_type = 'ticket' and source_id = ${ticket}`,
        ],
      ];
      for (const [flags, access, audit] of asked) {
        const exported = await exportTo(sealed, '--days', '4', ...flags);
        assert.equal(exported.status, 0, exported.stderr);
        for (const [stream, time, condition] of [
          ['access_logs', 'timestamp', access],
          ['audit_logs', 'created_at', audit],
        ] as const) {
          const rows = await db.query<{ id: string }>(
            `select id::text as id from zendesk.${stream} where ${condition} order by ${time}, zendesk.${stream}.id`,
          );
          assert.deepEqual(
            await listIds(exported.path, stream),
            rows.map(({ id }) => id),
            `${flags.join(' ')} ${stream}`,
          );
        }
        assert.equal((await runProgram(['evidence', 'verify', exported.path])).status, 0);
      }
    });
  });

  it('end with status 1 and say so when a row is not as it was sealed, and with 2 for what cannot be meant', async () => {
    await withSealedAccount(async (sealed) => {
      await sealed.tamper(
        `update zendesk.audit_logs set action = 'create' where id = (select min(id) from zendesk.audit_logs where action <> 'create')`,
      );
      const exported = await exportTo(sealed, '--days', '4', '--stream', 'audit_logs');
      assert.equal(exported.status, 1);
      assert.match(exported.stdout, /\nNot as the sealed log says:\n- (Row \d+|Not all)/);
      const verified = await runProgram(['evidence', 'verify', exported.path]);
      assert.equal(verified.status, 1);
      assert.match(verified.stdout, /^- the archive: It says itself: /m);

      for (const [flags, sentence] of [
        [['--days', '4', '--ticket', 'x'], '--ticket is "x". Use the id of a ticket, digits only.'],
        [
          ['--days', '4', '--stream', 'users'],
          '--stream is "users". Use audit_logs or access_logs.',
        ],
        [
          ['--days', '4', '--agent', 'Nobody Ever'],
          'No user "Nobody Ever" is stored for the account acme',
        ],
        [[], 'Specify a time range'],
      ] as const) {
        const refused = await exportTo(sealed, ...flags);
        assert.equal(refused.status, 2);
        assert.ok(refused.stderr.includes(sentence), refused.stderr);
        assert.deepEqual(readdirSync(refused.folder), []);
      }
      const missing = await runProgram(['evidence', 'verify', '/nowhere/x.zip']);
      assert.equal(missing.status, 2);
      assert.match(missing.stderr, /^\/nowhere\/x\.zip cannot be read \(ENOENT\)\. Use a file/);
    });
  });

  it('is not for readers, and leaves nothing behind when it is stopped', async () => {
    await withSealedAccount(async (sealed) => {
      const { db, url } = sealed;
      const login = `evidence_reader_${process.pid}`;
      await db.query(
        `create role ${login} login password 'reader-of-evidence' in role zendesk_reader`,
      );
      try {
        const own = new URL(url);
        own.username = login;
        own.password = 'reader-of-evidence';
        const refused = await exportTo({ url: own.href }, '--days', '4');
        assert.equal(refused.status, 1);
        assert.match(refused.stderr, /permission/i);
        assert.deepEqual(readdirSync(refused.folder), []);
      } finally {
        await db.query(`drop role ${login}`);
      }
      // Until the lock is let go, no row is read.
      const folder = newPath('stopped');
      mkdirSync(folder);
      await db.transaction(async (tx) => {
        // However long the program takes to begin.
        await tx.query('set local idle_in_transaction_session_timeout = 0');
        await tx.query('lock table zendesk.access_logs in access exclusive mode');
        const program = startProgram(
          ['evidence', 'export', '--days', '4', '--output', join(folder, 'evidence.zip')],
          reach(url),
        );
        await waitUntil(() => readdirSync(folder).length > 0);
        program.kill('SIGTERM');
        await waitUntil(() => readdirSync(folder).length === 0);
        await tx.query('select 1');
        void program.ended.catch(() => {});
      });
      assert.equal(existsSync(join(folder, 'evidence.zip')), false);
    });
  });
});

const fsck = findTool('fsck');
const litewitness = findTool('litewitness');
const go =
  findProgram('go') ?? (existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined);
const others = ['unzip', 'openssl', 'sha256sum', 'ssh-agent'].find(
  (name) => findProgram(name) === undefined,
);
const skip =
  fsck.skip !== false
    ? fsck.skip
    : litewitness.skip !== false
      ? litewitness.skip
      : go === undefined
        ? 'Go is not there'
        : others !== undefined && `${others} is not there`;

/** Has a witness and a time stamp authority sign the newest checkpoint. */
async function anchor(
  { db, sealing }: SealedAccount,
  authority: TimeStampAuthority,
): Promise<string> {
  const exchange = createExchange({ https: undefined, http: undefined, exceptions: '' });
  const program = litewitness.skip === false ? litewitness.path : '';
  const witness = await startWitness(program, sealing.key.verifier);
  try {
    for (const place of [
      anchorAtWitness({ ...witness, exchange }, 3_600_000),
      anchorAtAuthority({ url: authority.url, authorities: [] }, exchange, 3_600_000),
    ]) {
      const head = (await loadHead(db, account)) ?? assert.fail();
      await noteSuccess(db, head, place, await place.bring(db, head, new AbortController().signal));
    }
    return formatVerifierKey(witness.key);
  } finally {
    await witness.stop();
  }
}

describe('the commands in the README of a package', { skip }, () => {
  it('are accepted by unzip, sha256sum, fsck, the verifier in Go, and openssl', async () => {
    const authority = await startAuthority();
    await withSealedAccount(async (sealed) => {
      const witnessKey = await anchor(sealed, authority);
      const { path } = await sealed.pack({ witnessKeys: [witnessKey] });
      const verified = await verifyFile(path);
      assert.deepEqual(listFindings(verified), []);
      assert.deepEqual(verified.log?.witnesses, [witnessKey.split('+')[0]]);
      assert.deepEqual([verified.log.kept, verified.log.stamps], [2, 1]);

      const folder = newPath('unzipped');
      execSync(`unzip -q ${path} -d ${folder}`);
      const readme = readFileSync(join(folder, 'README.txt'), 'utf8');
      const commands = [...readme.matchAll(/^ {4}(\S.*)$/gm)].map(([, command = '']) => command);
      assert.deepEqual(
        commands.map((command) => command.split(' ', 2).join(' ')),
        [
          'sha256sum --check',
          'node verify.mjs',
          'go install',
          'fsck --storage_url="file://$PWD/log"',
          '(cd go',
          '../row-verifier keys/log.vkey',
          'openssl ts',
        ],
      );
      const tools = [fsck.skip === false ? dirname(fsck.path) : '', dirname(go ?? '')];
      const searchPath = [dirname(process.execPath), ...tools, process.env['PATH']].join(':');
      const run = (command: string): string => {
        const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
          cwd: folder,
          encoding: 'utf8',
          env: { ...process.env, PATH: searchPath },
        });
        assert.equal(status, 0, `${command}: ${stdout}${stderr}`);
        return stdout + stderr;
      };
      const said = commands
        .filter((command) => !command.startsWith('go install'))
        .map((command) => run(command.replace('tsa-ca.pem', authority.caFile)));
      assert.match(said[1] ?? '', /Nothing is wrong\./);
      assert.match(
        said[1] ?? '',
        new RegExp(`by acme/zendesk-log-sync, ${witnessKey.split('+')[0]}\\.`),
      );
      assert.match(said[2] ?? '', /Successfully fsck'd/);
      assert.match(
        said[4] ?? '',
        /^entry \d+ of \d+ in acme\/zendesk-log-sync\nrow \d+ of \d+ in the entry\n$/,
      );
      assert.match(said[5] ?? '', /Verification: OK/);
    }).finally(() => authority.stop());
  });
});
