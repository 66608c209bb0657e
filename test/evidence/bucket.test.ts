import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { signAwsRequest } from '../../src/evidence/anchoring/aws-signature.ts';
import { openBucket, type BucketConfig } from '../../src/evidence/anchoring/bucket.ts';
import { createExchange } from '../../src/evidence/anchoring/exchange.ts';
import { loadHead } from '../../src/evidence/anchoring/head.ts';
import { formatVerifierKey, makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { publishLog } from '../../src/evidence/publication.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { findTool } from '../support/evidence-tools.ts';
import { withLedger } from '../support/ledger.ts';
import { patienceMs } from '../support/patience.ts';
import { startBucket, type BucketServer } from '../support/versitygw.ts';

const key = makeSigningKey('acme/log');
const sealing = { account: 'acme', origin: 'acme/log', key, logs: [] };
const { signal } = new AbortController();
const exchange = createExchange({ https: undefined, http: undefined, exceptions: '' });
const gateway = findTool('versitygw');
const fsck = findTool('fsck');

async function seal(db: Database, manifests: number): Promise<void> {
  await db.query(
    `insert into zendesk_evidence.pending (account, stream, manifest)
     select 'acme', 'audit_logs', '{"kind":"page","number":' || n || '}' from generate_series(1, ${manifests}) as n`,
  );
  for (let taken: number | undefined = 1; taken !== 0;) taken = await sealWaiting(db, sealing);
}

async function publish(db: Database, config: BucketConfig): Promise<void> {
  const head = (await loadHead(db, 'acme')) ?? assert.fail('nothing is sealed');
  await publishLog(db, head, openBucket(config, exchange, signal));
}

function check(folder: string): string {
  const program = fsck.skip === false ? fsck.path : '';
  const keyFile = join(folder, '../../key.pub');
  writeFileSync(keyFile, formatVerifierKey(key.verifier));
  const args = [`--storage_url=file://${folder}`, `--public_key=${keyFile}`, '--ui=false', '-N=64'];
  return spawnSync(program, args, { encoding: 'utf8', timeout: patienceMs }).stderr;
}

async function withBucket(
  work: (db: Database, server: BucketServer) => Promise<void>,
): Promise<void> {
  const server = await startBucket(gateway.skip === false ? gateway.path : '');
  try {
    await withLedger((db) => work(db, server));
  } finally {
    await server.stop();
  }
}

describe('a bucket with Object Lock', { skip: gateway.skip || fsck.skip }, () => {
  it('takes the log from somebody who may put and get alone, and nothing but the checkpoint twice', async () => {
    await withBucket(async (db, { config, folder, ask }) => {
      const log = join(folder, 'logs/acme');
      for (const more of [1, 254, 300]) {
        await seal(db, more);
        await publish(db, config);
        assert.match(check(log), /Successfully fsck'd/);
      }
      await publish(db, config);
      assert.ok(existsSync(join(log, 'tile/entries/000.p/2')), 'parts stay');
      const { text } = await ask('GET', 'evidence?versions');
      const versions = [...text.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, name]) => name);
      const twice = versions.filter((name, place) => versions.indexOf(name) !== place);
      assert.deepEqual(new Set(twice), new Set(['logs/acme/checkpoint']));
      const [, version] =
        /<Key>logs\/acme\/tile\/0\/000<\/Key>.*?<VersionId>([^<]+)</s.exec(text) ?? [];
      const path = `evidence/logs/acme/tile/0/000?versionId=${version}`;
      assert.equal((await ask('DELETE', path)).status, 403, 'not even its owner deletes it');
    });
  });

  it('is not written over by a log that was rewritten with the same key', async () => {
    await withBucket(async (db, { config, folder }) => {
      await seal(db, 3);
      await publish(db, config);
      const before = readFileSync(join(folder, 'logs/acme/checkpoint'), 'utf8');
      for (const table of ['logs', 'entries', 'hashes'])
        await db.query(`delete from zendesk_evidence.${table}`);
      await seal(db, 9);
      await assert.rejects(publish(db, config), { code: 'sealed_log_differs' });
      assert.equal(readFileSync(join(folder, 'logs/acme/checkpoint'), 'utf8'), before);
    });
  });

  it('says what it refuses', async () => {
    await withBucket(async (db, { config }) => {
      await seal(db, 1);
      const stranger = { ...config.credentials, accessKeyId: 'stranger' };
      await assert.rejects(publish(db, { ...config, credentials: stranger }), {
        code: 'anchor_failed',
        message:
          'In s3://evidence/logs, acme/checkpoint cannot be read (403, InvalidAccessKeyId). Check the AWS_ settings, and that they allow s3:PutObject and s3:GetObject there.',
      });
      await assert.rejects(publish(db, { ...config, bucket: 'elsewhere' }), {
        code: 'anchor_failed',
        message:
          'In s3://elsewhere/logs, acme/tile/entries/000.p/2 cannot be written (404, NoSuchBucket). Check that the bucket is there, and AWS_ENDPOINT_URL.',
      });
    });
  });
});

describe('a bucket that cannot be reached', () => {
  it('is named with the reason', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const credentials = {
      accessKeyId: 'a',
      secretAccessKey: 'b',
      sessionToken: undefined,
      region: 'us-east-1',
    };
    const store = openBucket(
      { bucket: 'acme', prefix: '', endpoint: `http://127.0.0.1:${port}`, credentials },
      exchange,
      signal,
    );
    await assert.rejects(store.read('acme/checkpoint'), {
      code: 'anchor_failed',
      message: 's3://acme cannot be reached: no connection (ECONNREFUSED).',
    });
  });
});

describe('the signature of a request to S3', () => {
  it('is that of the example of AWS', () => {
    const { authorization } = signAwsRequest(
      {
        method: 'GET',
        url: new URL('https://examplebucket.s3.amazonaws.com/test.txt'),
        headers: { range: 'bytes=0-9' },
        body: Buffer.of(),
      },
      {
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        sessionToken: undefined,
        region: 'us-east-1',
      },
      new Date('2013-05-24T00:00:00Z'),
    );
    assert.equal(
      authorization,
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    );
  });
});
