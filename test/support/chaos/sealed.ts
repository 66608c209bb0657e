/** Whether the sealed log of an account that was disturbed agrees with everything that is stored. */
import assert from 'node:assert/strict';
import { openDatabase } from '../../../src/database/client.ts';
import { sealWaiting } from '../../../src/evidence/sealed-log.ts';
import type { FindingKind } from '../../../src/evidence/verification/finding.ts';
import { verifyHistory } from '../../../src/evidence/verification/verification.ts';
import { accessLogs } from '../../../src/streams/access-logs.ts';
import { auditLogs } from '../../../src/streams/audit-logs.ts';
import { account } from '../engine.ts';
import { describeLog } from '../sealed-manifests.ts';

const logs = [auditLogs, accessLogs];
const sealing = { ...describeLog(), account, logs };

/**
 * Seals what waits; fails unless every row, revision and second of coverage is by the word of the log.
 *
 * @param expected what disturbances leave behind for `verify` to find
 */
export async function assertSealedTrue(
  databaseUrl: string,
  expected: ReadonlySet<FindingKind | undefined>,
): Promise<void> {
  const db = openDatabase({ url: databaseUrl });
  try {
    for (let taken: number | undefined = 1; taken !== 0;) taken = await sealWaiting(db, sealing);
    const result = await verifyHistory(db, {
      account,
      streams: logs,
      isWhole: true,
      deep: true,
      anchors: [],
      report: () => {},
      signal: new AbortController().signal,
    });
    const found = result?.findings
      .filter(({ kind }) => !expected.has(kind))
      .map(({ sentence }) => sentence);
    assert.deepEqual(found, [], 'the sealed log agrees');
  } finally {
    await db.close();
  }
}
