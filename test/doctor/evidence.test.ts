import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { examineEvidence } from '../../src/doctor/evidence.ts';
import { openReadOnly } from '../../src/doctor/diagnosis.ts';
import { formatSigningKey } from '../../src/evidence/forms/keys.ts';
import { withLedger } from '../support/ledger.ts';
import { describeLog, seal } from '../support/sealed-manifests.ts';

type Examined = Parameters<typeof examineEvidence>[0];

/** What doctor says, for a process with a key of the settings or none, whose directory outlives it or not. */
async function examine(
  url: string,
  signingKey: string | undefined,
  dataDirectory: string,
  isFleeting: boolean,
): Promise<readonly string[]> {
  const db = openReadOnly(url);
  const config = {
    zendesk: { account: 'acme' },
    evidence: { signingKey, dataDirectory, origin: undefined },
    database: { kind: 'server', url },
  } as Examined;
  try {
    const checks = await examineEvidence(config, db, () => isFleeting);
    return checks.map(({ name, state, found }) => `${state} ${name}: ${found}`);
  } finally {
    await db.close();
  }
}

describe('what doctor says of the signing key', () => {
  it('is a warning where it is gone with the container, and a problem where it is another one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zls-doctor-'));
    try {
      await withLedger(async (db, url) => {
        assert.deepEqual(await examine(url, undefined, folder, false), []);
        assert.deepEqual(await examine(url, undefined, folder, true), [
          `warning signing key: the key that signs the sealed log is made in ${folder}, which does not outlive this container: after its next start there is another one, and nothing is sealed`,
        ]);
        const sealing = describeLog();
        const text = formatSigningKey(sealing.key);
        await seal(db, sealing, 1);
        assert.deepEqual(await examine(url, text, folder, true), []);
        const [missing = ''] = await examine(url, undefined, folder, true);
        assert.match(
          missing,
          /^problem signing key: the sealed log is signed with the key acme\/log\+/,
        );
        const [other = ''] = await examine(url, formatSigningKey(describeLog().key), folder, true);
        assert.match(
          other,
          /^problem signing key: The sealed log of acme is signed with another key/,
        );
        const [broken = ''] = await examine(url, 'no key', folder, true);
        assert.match(broken, /^problem signing key: SIGNING_KEY: A signing key cannot be read/);
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
