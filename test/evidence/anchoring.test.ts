import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { KnownError } from '../../src/errors.ts';
import type { Anchor } from '../../src/evidence/anchoring/anchor.ts';
import { startAnchoring } from '../../src/evidence/anchoring/anchoring.ts';
import { anchorInFile } from '../../src/evidence/anchoring/lines.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { collectLog } from '../support/collected-log.ts';
import { withLedger } from '../support/ledger.ts';

const key = makeSigningKey('acme/log');
const sealing = { account: 'acme', origin: 'acme/log', key, logs: [] };
const signal = new AbortController().signal;

/** A place that does what the test wants, and counts its calls. */
function place(bring: Anchor['bring']): Anchor & { readonly sizes: number[] } {
  const sizes: number[] = [];
  return {
    kind: 'witness',
    place: 'here',
    everyMs: 3_600_000,
    holdsFiles: false,
    sizes,
    bring(db, head, stop) {
      sizes.push(head.checkpoint.size);
      return bring(db, head, stop);
    },
  };
}

async function anchorOnce(db: Database, anchor: Anchor): Promise<readonly string[]> {
  const log = collectLog();
  const end = startAnchoring(db, [{ account: 'acme', anchors: [anchor] }], log, signal);
  await end();
  return log.lines().map(({ level, msg }) => `${String(level)} ${String(msg)}`);
}

const states = `select kind, place, size::int as size, failures, error, claimed_until, succeeded_at is not null as succeeded,
  extract(epoch from due_at - attempted_at)::int as wait from zendesk_evidence.anchor_states`;

describe('anchoring', () => {
  it('brings a checkpoint to a place once an hour, whichever process does it, and keeps the answer', async () => {
    await withLedger(async (db) => {
      await sealWaiting(db, sealing);
      const anchor = place(async (_, head) => ({ note: head.note }));
      await anchorOnce(db, anchor);
      await anchorOnce(db, anchor);
      assert.deepEqual(anchor.sizes, [1]);
      assert.deepEqual(await db.query(states), [
        {
          kind: 'witness',
          place: 'here',
          size: 1,
          failures: 0,
          error: null,
          claimed_until: null,
          succeeded: true,
          wait: 3600,
        },
      ]);
      const kept = await db.query(
        'select kind, size::int as size, note = (select checkpoint from zendesk_evidence.logs) as same from zendesk_evidence.anchors',
      );
      assert.deepEqual(kept, [{ kind: 'witness', size: 1, same: true }]);
    });
  });

  it('retries after a minute, then two, and logs the failure once', async () => {
    await withLedger(async (db) => {
      await sealWaiting(db, sealing);
      const anchor = place(async () => {
        throw new KnownError('anchor_failed', { found: 'Nobody is there' });
      });
      assert.deepEqual(await anchorOnce(db, anchor), ['error Nobody is there.']);
      const look = async () =>
        db.query(
          `select failures, error, succeeded_at, round(extract(epoch from due_at - now()) / 60)::int as minutes from zendesk_evidence.anchor_states`,
        );
      const failed = { error: 'Nobody is there.', succeeded_at: null };
      assert.deepEqual(await look(), [{ ...failed, failures: 1, minutes: 1 }]);
      await db.query(`update zendesk_evidence.anchor_states set due_at = now()`);
      await anchorOnce(db, anchor);
      assert.deepEqual(await look(), [{ ...failed, failures: 2, minutes: 2 }]);
      assert.equal(anchor.sizes.length, 2);
    });
  });

  it('appends a line with the whole checkpoint to a file, also behind half a line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zls-anchors-'));
    try {
      await withLedger(async (db) => {
        await sealWaiting(db, sealing);
        const path = join(folder, 'anchors');
        writeFileSync(path, '{"time":"2026-');
        const now = () => new Date('2026-11-20T12:00:00Z');
        assert.deepEqual(await anchorOnce(db, anchorInFile(path, 3_600_000, now)), []);
        const [half, line = '', end] = readFileSync(path, 'utf8').split('\n');
        assert.deepEqual([half, end], ['{"time":"2026-', '']);
        const { root, ...said } = JSON.parse(line) as Record<string, unknown>;
        const [{ checkpoint } = { checkpoint: '' }] = await db.query<{ checkpoint: string }>(
          'select checkpoint from zendesk_evidence.logs',
        );
        assert.equal(root, checkpoint.split('\n')[2]);
        assert.deepEqual(said, {
          time: '2026-11-20T12:00:00.000Z',
          account: 'acme',
          origin: 'acme/log',
          size: 1,
          checkpoint,
        });
        await db.query('delete from zendesk_evidence.anchor_states');
        const elsewhere = join(folder, 'none/anchors');
        assert.deepEqual(await anchorOnce(db, anchorInFile(elsewhere, 3_600_000, now)), [
          `error ANCHOR_FILE is ${elsewhere}, which cannot be appended to (ENOENT). Check that its folder is there, its permissions and the space on its disk.`,
        ]);
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('waits for nothing that was sealed never', async () => {
    await withLedger(async (db) => {
      const anchor = place(async () => undefined);
      assert.deepEqual(await anchorOnce(db, anchor), []);
      assert.deepEqual(anchor.sizes, []);
    });
  });
});
