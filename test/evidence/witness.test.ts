import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { createExchange } from '../../src/evidence/anchoring/exchange.ts';
import type { Head } from '../../src/evidence/anchoring/head.ts';
import { noteSuccess } from '../../src/evidence/anchoring/states.ts';
import { anchorAtWitness } from '../../src/evidence/anchoring/witness.ts';
import { verifyCosignatures } from '../../src/evidence/forms/cosignature.ts';
import type { VerifierKey } from '../../src/evidence/forms/keys.ts';
import { parseNote } from '../../src/evidence/forms/note.ts';
import { findTool } from '../support/evidence-tools.ts';
import { startWitness, type Witness } from '../support/litewitness.ts';
import { withLedger } from '../support/ledger.ts';
import { findProgram } from '../support/project-files.ts';
import { describeLog, removeLog, seal } from '../support/sealed-manifests.ts';

const sealing = describeLog();
const { signal } = new AbortController();
const exchange = createExchange({ https: undefined, http: undefined, exceptions: '' });
const tool = findTool('litewitness');
const skip =
  tool.skip === false && findProgram('ssh-agent') === undefined
    ? 'ssh-agent is not in the path, and litewitness needs it'
    : tool.skip;

async function withWitness(work: (db: Database, witness: Witness) => Promise<void>): Promise<void> {
  const program = tool.skip === false ? tool.path : '';
  const witness = await startWitness(program, sealing.key.verifier);
  try {
    await withLedger((db) => work(db, witness));
  } finally {
    await witness.stop();
  }
}

/** Has a witness cosign a checkpoint and keeps what it answers; who has cosigned. */
async function cosign(
  db: Database,
  head: Head,
  { url, key }: { readonly url: string; readonly key: VerifierKey },
): Promise<readonly string[]> {
  const anchor = anchorAtWitness({ url, key, exchange }, 3_600_000);
  const proof = (await anchor.bring(db, head, signal)) ?? assert.fail();
  await noteSuccess(db, head, anchor, proof);
  return verifyCosignatures(parseNote(proof.note), [key]).map(({ witness }) => witness.name);
}

describe('a witness', { skip }, () => {
  it('cosigns the log as it grows, also when it has seen more than is known here', async () => {
    await withWitness(async (db, witness) => {
      assert.deepEqual(await cosign(db, await seal(db, sealing, 1), witness), [
        'witness.example/one',
      ]);
      const grown = await seal(db, sealing, 300);
      assert.deepEqual(await cosign(db, grown, witness), ['witness.example/one']);
      assert.deepEqual(await cosign(db, grown, witness), ['witness.example/one'], 'the same again');
      await db.query('delete from zendesk_evidence.anchors');
      const more = await seal(db, sealing, 7);
      assert.deepEqual(await cosign(db, more, witness), ['witness.example/one'], 'after a 409');
      const { note } = await seal(db, sealing, 0);
      assert.equal(verifyCosignatures(parseNote(note), [witness.key]).length, 1, 'published');
    });
  });

  it('finds a log that was rewritten with the same key, and one that went back', async () => {
    await withWitness(async (db, witness) => {
      await cosign(db, await seal(db, sealing, 9), witness);
      await removeLog(db);
      const shorter = await seal(db, sealing, 3);
      await assert.rejects(cosign(db, shorter, witness), {
        code: 'sealed_log_behind',
        message: `The sealed log of acme has 4 entries in the database, and the witness ${witness.url} has seen 10: the database went back to an earlier state, as after a restore.`,
      });
      const other = await seal(db, sealing, 20, 'other');
      await assert.rejects(cosign(db, other, witness), {
        code: 'sealed_log_differs',
        message: `The sealed log of acme is another one in what the witness ${witness.url} has seen: entries in the database were changed or removed, or the database was restored from a backup and went on. Run "verify" to see what differs; nothing is overwritten there.`,
      });
    });
  });

  it('says that it does not know a log or a key', async () => {
    await withWitness(async (db, witness) => {
      const stranger = describeLog();
      await assert.rejects(cosign(db, await seal(db, stranger, 1), witness), {
        code: 'anchor_failed',
        message: `The witness ${witness.url} refuses the checkpoint (status 403): it does not know the key that signs acme/log. Give its operator the key, which "keys show" prints.`,
      });
    });
  });
});

describe('a witness that answers wrongly', () => {
  const cases: readonly (readonly [string, RequestListener, string])[] = [
    [
      'without a signature',
      (_, response) => response.end('nothing'),
      'has answered without a cosignature of witness.example/one that fits the checkpoint. Check WITNESS_KEY: ask the operator of the witness for its verifier key.',
    ],
    [
      'with 409 and no size',
      (_, response) => response.writeHead(409).end('many'),
      'has answered 409 without the size that it has seen.',
    ],
    [
      'with 500',
      (_, response) => response.writeHead(500).end(),
      'refuses the checkpoint (status 500).',
    ],
    [
      'with a redirect, which is not followed',
      (_, response) => response.writeHead(302, { location: 'https://elsewhere.example' }).end(),
      'refuses the checkpoint (status 302).',
    ],
    [
      'not at all',
      (_, response) => response.destroy(),
      'cannot be reached: no connection (ECONNRESET).',
    ],
  ];
  for (const [how, answer, sentence] of cases)
    it(`is an error in a sentence: ${how}`, async () => {
      const server = createServer(answer).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const key = { ...sealing.key.verifier, name: 'witness.example/one' };
      try {
        await withLedger(async (db) => {
          const head = await seal(db, sealing, 1);
          await assert.rejects(cosign(db, head, { url, key }), {
            message: `The witness ${url} ${sentence}`,
          });
        });
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
});
