/** A verification of every row while pages are stored. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { verifyHistory } from '../../src/evidence/verification/verification.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { describeLog } from '../support/sealed-manifests.ts';
import { access, withStore } from '../support/stored-pages.ts';

const sealing = { ...describeLog(), logs: [accessLogs] };

function page(from: number, rows: number): string {
  return Array.from({ length: rows }, (_, at) =>
    access(`01${String(from + at).padStart(6, '0')}`, from + at),
  ).join();
}

it('verify takes no large page that is stored meanwhile for rows that were added', async () => {
  await withStore(async (db, store) => {
    await store(accessLogs, page(0, 3), page(50_000, 3));
    await sealWaiting(db, sealing);
    let isStored = false;
    const result = await verifyHistory(db, {
      account: sealing.account,
      streams: [accessLogs],
      isWhole: true,
      deep: true,
      anchors: [],
      // The first part is read by now, and these rows come with the second.
      partRows: 1,
      report: async () => {
        if (isStored) return;
        isStored = true;
        await store(accessLogs, page(60_000, 1200));
      },
      signal: new AbortController().signal,
    });
    assert.equal(result?.streams[0]?.rows, 1206);
    assert.deepEqual(result.findings, []);
  });
});
