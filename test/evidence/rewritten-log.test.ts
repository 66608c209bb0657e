/** A log that was written again with the same key, held against each place that has seen the former one. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import type { Anchor } from '../../src/evidence/anchoring/anchor.ts';
import { startAnchoring } from '../../src/evidence/anchoring/anchoring.ts';
import { createExchange } from '../../src/evidence/anchoring/exchange.ts';
import { anchorInDirectory } from '../../src/evidence/anchoring/files.ts';
import { anchorInFile, anchorInLog } from '../../src/evidence/anchoring/lines.ts';
import { anchorAtAuthority } from '../../src/evidence/anchoring/time-stamp.ts';
import { anchorAtWitness } from '../../src/evidence/anchoring/witness.ts';
import { openDirectory } from '../../src/evidence/directory.ts';
import { collectOutside } from '../../src/evidence/verification/anchors.ts';
import { verifyHistory } from '../../src/evidence/verification/verification.ts';
import { createLogger } from '../../src/logger.ts';
import { collectLog } from '../support/collected-log.ts';
import { findTool } from '../support/evidence-tools.ts';
import { startWitness } from '../support/litewitness.ts';
import { withLedger } from '../support/ledger.ts';
import { findProgram } from '../support/project-files.ts';
import { describeLog, removeLog, seal } from '../support/sealed-manifests.ts';
import { startAuthority } from '../support/time-stamp-authority.ts';

const folder = mkdtempSync(join(tmpdir(), 'zls-rewritten-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const sealing = describeLog();
const { signal } = new AbortController();
const exchange = createExchange({ https: undefined, http: undefined, exceptions: '' });
const hourMs = 3_600_000;

async function anchor(db: Database, ...anchors: readonly Anchor[]): Promise<void> {
  const log = collectLog();
  await startAnchoring(db, [{ account: 'acme', anchors }], log, signal)();
  assert.deepEqual(
    log.lines().filter(({ level }) => level !== 'info'),
    [],
  );
}

type Places = Partial<Parameters<typeof collectOutside>[2]>;

/** What verify says, of what is kept in the database and at some places. */
async function verify(db: Database, places: Places = {}): Promise<readonly string[]> {
  const outside = await collectOutside(db, 'acme', {
    named: [],
    anchorFile: undefined,
    stores: [],
    authorities: [],
    ...places,
  });
  const result = await verifyHistory(db, {
    account: 'acme',
    streams: [],
    isWhole: true,
    deep: false,
    anchors: outside.anchors,
    outside: outside.findings,
    report: () => {},
    signal,
  });
  return [
    ...(result?.findings ?? []).map(({ kind, sentence }) => `${kind}: ${sentence}`),
    ...outside.unreached,
  ];
}

/** Writes the log again, longer than it was; what is kept of its anchors in the database is removed, or stays. */
async function rewrite(db: Database, keepsAnchors: boolean): Promise<void> {
  const kept = await db.query('select * from zendesk_evidence.anchors');
  await removeLog(db);
  await seal(db, sealing, 30, 'other');
  if (!keepsAnchors) return;
  await db.query(
    `insert into zendesk_evidence.anchors (account, kind, place, size, root, note, token)
     select account, kind, place, size, root, note, token
     from json_populate_recordset(null::zendesk_evidence.anchors, $1::json)`,
    [
      JSON.stringify(kept, (_, value: unknown) =>
        isBytes(value) ? `\\x${Buffer.from(value.data).toString('hex')}` : value,
      ),
    ],
  );
}

function isBytes(value: unknown): value is { readonly data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}

const rewritten = (size: number, name: string): string =>
  `log_rewritten: The first ${size} entries of the log are not those that ${name} was signed for.`;

describe('a log that was rewritten with the same key', () => {
  it('is found by a line in a file, and by one in the log of the program, as JSON or for people', async () => {
    await withLedger(async (db) => {
      await seal(db, sealing, 3);
      const file = join(folder, 'lines');
      const program = collectLog();
      await anchor(
        db,
        anchorInFile(file, hourMs, () => new Date('2026-11-20T12:00:00Z')),
      );
      const head = await seal(db, sealing, 0);
      await anchorInLog(program, hourMs).bring(db, head, signal);
      const [json, pretty] = ['json', 'pretty'].map((name) => join(folder, name)) as [
        string,
        string,
      ];
      writeFileSync(json, `other lines\n${program.text()}`);
      await writePretty(pretty, async (log) => anchorInLog(log, hourMs).bring(db, head, signal));
      assert.deepEqual(await verify(db, { anchorFile: file, named: [file, json, pretty] }), []);
      await rewrite(db, false);
      assert.deepEqual(
        await verify(db, { anchorFile: file, named: [json, pretty] }),
        [json, pretty, file].map((name) => rewritten(4, name)),
      );
      await rewrite(db, false);
      assert.deepEqual(await verify(db), [], 'nobody else has seen it');
    });
  });

  it('is found by what was published, which is not less than it was', async () => {
    await withLedger(async (db) => {
      await seal(db, sealing, 3);
      const directory = join(folder, 'published');
      const stores = [openDirectory(directory)];
      await anchor(db, anchorInDirectory(directory));
      assert.deepEqual(await verify(db, { stores }), []);
      const path = join(directory, 'acme/checkpoint');
      const note = readFileSync(path);
      await seal(db, sealing, 3);
      await db.query('update zendesk_evidence.anchor_states set claimed_until = null');
      await anchor(db, anchorInDirectory(directory));
      writeFileSync(path, note);
      const less = `published_less: In ${directory} the log has 4 entries, and 7 were published there: files were removed or put back.`;
      assert.deepEqual(await verify(db, { stores }), [less]);
      await rewrite(db, false);
      const name = `the checkpoint in ${directory}`;
      assert.deepEqual(await verify(db, { stores }), [rewritten(4, name)]);
    });
  });

  it('is found by an address, and what is elsewhere but cannot be reached is reported', async () => {
    await withLedger(async (db) => {
      const { note } = await seal(db, sealing, 3);
      const server = createServer((_, response) => response.end(note)).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/checkpoint`;
      await rewrite(db, false);
      const anchorFile = join(folder, 'no-lines');
      assert.deepEqual(await verify(db, { named: [url], anchorFile }), [
        rewritten(4, url),
        `ANCHOR_FILE is ${anchorFile}, which cannot be read (ENOENT).`,
      ]);
      server.closeAllConnections();
      server.close();
    });
  });

  const openssl = findProgram('openssl') === undefined ? 'openssl is not in the path' : false;
  it('is found by a time stamp, which nobody can change', { skip: openssl }, async () => {
    const authority = await startAuthority();
    try {
      await withLedger(async (db) => {
        await seal(db, sealing, 3);
        await anchor(
          db,
          anchorAtAuthority({ url: authority.url, authorities: [] }, exchange, hourMs),
        );
        assert.deepEqual(await verify(db), []);
        await rewrite(db, true);
        const name = `the checkpoint stamped by ${authority.url}`;
        assert.deepEqual(await verify(db), [rewritten(4, name)]);
        await db.query(
          'update zendesk_evidence.anchors set note = (select checkpoint from zendesk_evidence.logs)',
        );
        assert.deepEqual(await verify(db), [
          `checkpoint_invalid: The time stamp over ${name} (4 entries) is not valid: the time stamp is over something else.`,
        ]);
      });
    } finally {
      await authority.stop();
    }
  });

  const tool = findTool('litewitness');
  const skip =
    tool.skip === false && findProgram('ssh-agent') === undefined
      ? 'ssh-agent is not in the path, and litewitness needs it'
      : tool.skip;
  it(
    'is found when two witnesses were shown two logs, by what either of them has cosigned',
    { skip },
    async () => {
      const program = tool.skip === false ? tool.path : '';
      const one = await startWitness(program, sealing.key.verifier);
      const two = await startWitness(program, sealing.key.verifier);
      try {
        await withLedger(async (db) => {
          await seal(db, sealing, 3);
          await anchor(db, anchorAtWitness({ ...one, exchange }, hourMs));
          const [{ note } = { note: '' }] = await db.query<{ note: string }>(
            'select note from zendesk_evidence.anchors',
          );
          const first = join(folder, 'first');
          writeFileSync(first, note);
          await rewrite(db, true);
          await anchor(db, anchorAtWitness({ ...two, exchange }, hourMs));
          assert.deepEqual(await verify(db, { named: [first] }), [
            rewritten(4, `the checkpoint cosigned by the witness ${one.url}`),
            rewritten(4, first),
          ]);
        });
      } finally {
        await one.stop();
        await two.stop();
      }
    },
  );
});

/** Lines for people, as a terminal or LOG_FORMAT=pretty has them. */
async function writePretty(
  path: string,
  work: (log: ReturnType<typeof createLogger>) => Promise<unknown>,
): Promise<void> {
  const written: string[] = [];
  const log = createLogger({
    level: 'info',
    format: 'auto',
    fileDescriptor: 1,
    isTerminal: true,
    writeTerminal: (text) => void written.push(text),
  });
  await work(log);
  writeFileSync(path, written.join(''));
}
