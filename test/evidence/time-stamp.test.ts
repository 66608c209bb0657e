import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createExchange } from '../../src/evidence/anchoring/exchange.ts';
import type { AnchorProof } from '../../src/evidence/anchoring/anchor.ts';
import { anchorAtAuthority } from '../../src/evidence/anchoring/time-stamp.ts';
import { readTimeStamp } from '../../src/evidence/anchoring/time-stamp-form.ts';
import { withLedger } from '../support/ledger.ts';
import { findProgram } from '../support/project-files.ts';
import { describeLog, seal } from '../support/sealed-manifests.ts';
import {
  openssl,
  startAuthority,
  type TimeStampAuthority,
} from '../support/time-stamp-authority.ts';

const skip = findProgram('openssl') === undefined ? 'openssl is not in the path' : false;
const { signal } = new AbortController();
const exchange = createExchange({ https: undefined, http: undefined, exceptions: '' });

type Kind = Parameters<typeof startAuthority>[0];

async function withAuthority(
  kind: Kind,
  work: (
    authority: TimeStampAuthority,
    stamp: (authorities?: readonly X509Certificate[]) => Promise<AnchorProof>,
  ) => Promise<void>,
): Promise<void> {
  const authority = await startAuthority(kind);
  try {
    await withLedger(async (db) => {
      const head = await seal(db, describeLog(), 3);
      await work(authority, async (authorities = []) => {
        const anchor = anchorAtAuthority({ url: authority.url, authorities }, exchange, 3_600_000);
        return (await anchor.bring(db, head, signal)) ?? assert.fail('nothing is kept');
      });
    });
  } finally {
    await authority.stop();
  }
}

function certificateOf({ caFile }: TimeStampAuthority): X509Certificate {
  return new X509Certificate(readFileSync(caFile));
}

describe('a time stamp', { skip }, () => {
  for (const kind of ['rsa', 'ec'] as const)
    it(`over a checkpoint is one that openssl verifies: ${kind}`, async () => {
      await withAuthority(kind, async (authority, stamp) => {
        const ca = certificateOf(authority);
        const { note, token = Buffer.of() } = await stamp([ca]);
        const { folder } = authority;
        writeFileSync(join(folder, 'note'), note);
        writeFileSync(join(folder, 'kept.tsr'), token);
        // prettier-ignore
        const said = openssl(folder, 'ts', '-verify', '-data', 'note', '-in', 'kept.tsr', '-CAfile', 'ca.pem');
        assert.match(said, /Verification: OK/);
        const { signer, time } = readTimeStamp(token, Buffer.from(note), undefined, [ca]);
        assert.equal(signer, 'CN=Clock');
        assert.ok(!Number.isNaN(time.getTime()));
      });
    });

  it('is not accepted over something else, or with any byte of what is signed changed', async () => {
    await withAuthority('rsa', async (authority, stamp) => {
      const { note, token = Buffer.of() } = await stamp();
      const data = Buffer.from(note);
      const ca = certificateOf(authority);
      const read = (answer: Buffer, of = data) => readTimeStamp(answer, of, undefined, [ca]);
      assert.throws(() => read(token, Buffer.from(`${note}x`)), /is over something else/);
      assert.throws(() => readTimeStamp(token, data, Buffer.of(1), [ca]), /another request/);
      const info = token.indexOf(Buffer.from('060b2a864886f70d0109100104', 'hex'));
      const flipped = Array.from({ length: 60 }, (_, step) => info + 20 + step * 2);
      for (const at of [...flipped, token.length - 1, token.length - 40]) {
        const changed = Buffer.from(token);
        changed[at] = (changed[at] ?? 0) ^ 1;
        assert.throws(() => read(changed), Error, `byte ${at}`);
      }
    });
  });

  it('must come from the authority that is expected', async () => {
    await withAuthority('rsa', async (authority, stamp) => {
      const other = await startAuthority();
      try {
        await assert.rejects(stamp([certificateOf(other)]), {
          code: 'anchor_failed',
          message: `The time stamp authority ${authority.url} has not answered with a time stamp that can be verified: its certificate does not lead to one of TSA_CA_FILE that was valid then. Check TSA_URL and TSA_CA_FILE.`,
        });
      } finally {
        await other.stop();
      }
    });
  });

  it('that is an old answer, a refusal or nonsense is an error in a sentence', async () => {
    await withAuthority('rsa', async (authority, stamp) => {
      const { token = Buffer.of() } = await stamp();
      const cases: readonly (readonly [Buffer, string])[] = [
        [token, 'the time stamp answers another request'],
        [Buffer.from('30053003020102', 'hex'), 'it refuses the request (status 2)'],
        [Buffer.from('<html>'), 'Cut off'],
      ];
      for (const [answer, reason] of cases) {
        authority.alter(() => answer);
        await assert.rejects(stamp(), {
          code: 'anchor_failed',
          message: `The time stamp authority ${authority.url} has not answered with a time stamp that can be verified: ${reason}. Check TSA_URL and TSA_CA_FILE.`,
        });
      }
    });
  });
});
