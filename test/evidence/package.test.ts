import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { account } from '../support/installation.ts';
import {
  listFindings,
  runOwnVerifier,
  unpack,
  verifyFile,
  withSealedAccount,
} from '../support/evidence-package.ts';

describe('an evidence package', () => {
  it('has every row with a proof, which the program and its own verifier accept', async () => {
    await withSealedAccount(async ({ db, pack }) => {
      const { path, statement } = await pack();
      assert.deepEqual(statement.findings, []);
      const verified = await verifyFile(path);
      assert.deepEqual(listFindings(verified), []);
      for (const { stream, rows, proven } of verified.streams) {
        const [counted] = await db.query<{ rows: number }>(
          `select count(*)::integer as rows from zendesk.${stream} where account = $1`,
          [account],
        );
        assert.deepEqual({ rows, proven }, { rows: counted?.rows, proven: counted?.rows }, stream);
      }
      const folder = await unpack(path);
      const { status, text } = runOwnVerifier(folder);
      assert.equal(status, 0, text);
      assert.match(text, /\nNothing is wrong\.\n$/);
    });
  });
});
