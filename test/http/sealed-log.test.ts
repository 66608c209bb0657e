import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCheckpoint } from '../../src/evidence/forms/checkpoint.ts';
import { parseBundle } from '../../src/evidence/forms/bundles.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { hashLeaf, hashTree } from '../../src/evidence/forms/merkle.ts';
import { parseNote } from '../../src/evidence/forms/note.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { loadLogFile } from '../../src/http/sealed-log.ts';
import { withLedger } from '../support/ledger.ts';

describe('the sealed log over HTTP', () => {
  it('has the checkpoint, its tiles and bundles, and nothing else', async () => {
    await withLedger(async (db) => {
      await db.query(
        `insert into zendesk_evidence.pending (account, stream, manifest)
         select 'acme', 'audit_logs', '{"kind":"page","number":' || n || '}' from generate_series(1, 255) as n`,
      );
      const key = makeSigningKey('acme/log');
      const sealing = { account: 'acme', origin: 'acme/log', key, logs: [] };
      await sealWaiting(db, sealing);
      await db.query(
        `insert into zendesk_evidence.pending (account, stream, manifest) values ('acme', '', '{"kind":"page"}')`,
      );
      await sealWaiting(db, sealing);
      const read = async (path: string): Promise<Buffer | undefined> =>
        (await loadLogFile(db, path))?.body;
      const note = (await read('acme/checkpoint')) ?? Buffer.of();
      const { size, root } = parseCheckpoint(parseNote(note).text);
      assert.equal(size, 257);
      assert.deepEqual(await read('checkpoint'), note, 'of the only log');
      const bundles = [
        ...parseBundle((await read('acme/tile/entries/000')) ?? Buffer.of(), 256),
        ...parseBundle((await read('acme/tile/entries/001.p/1')) ?? Buffer.of(), 1),
      ];
      assert.deepEqual(hashTree(bundles.map(hashLeaf)), root);
      assert.deepEqual(await read('acme/tile/0/001.p/1'), hashLeaf(bundles[256] ?? Buffer.of()));
      assert.deepEqual(
        await read('acme/tile/1/000.p/1'),
        hashTree(bundles.slice(0, 256).map(hashLeaf)),
      );
      for (const path of [
        '',
        'acme',
        'acme/tile/0/001',
        'acme/tile/2/000',
        'acme/../checkpoint',
        'globex/checkpoint',
        '%',
      ])
        assert.equal(await read(path), undefined, path);
    });
  });
});
