/** A bucket of S3: versitygw over a folder, with Object Lock in compliance mode. */
import { spawn, spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BucketConfig } from '../../src/evidence/anchoring/bucket.ts';
import { signAwsRequest } from '../../src/evidence/anchoring/aws-signature.ts';
import { findFreePort } from './free-port.ts';
import { patienceMs } from './patience.ts';

/** A running server with a bucket. */
export type BucketServer = {
  /** For somebody who may put and get objects in the bucket, and nothing else. */
  readonly config: BucketConfig;
  /** For somebody who may do everything. */
  readonly ownerCredentials: BucketConfig['credentials'];
  /** For its owner. */
  readonly owner: BucketConfig;
  /** The folder of the bucket. */
  readonly folder: string;
  /** A request of the owner; the status and the text of the answer. */
  readonly ask: (
    method: string,
    path: string,
    body?: string,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<{ readonly status: number; readonly text: string }>;
  readonly stop: () => Promise<void>;
};

const owner = {
  accessKeyId: 'owner',
  secretAccessKey: 'owner-secret',
  sessionToken: undefined,
  region: 'us-east-1',
};
const writer = { ...owner, accessKeyId: 'writer', secretAccessKey: 'writer-secret' };
const bucket = 'evidence';

/** What the writer may do. */
const policy = JSON.stringify({
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: ['writer'] },
      Action: ['s3:PutObject', 's3:GetObject'],
      Resource: [`arn:aws:s3:::${bucket}/*`],
    },
  ],
});

const lock = `<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>`;

const versioning = `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>`;

/**
 * Starts the server and makes the bucket.
 *
 * @param isLocked whether it has Object Lock; otherwise it keeps versions that may be deleted
 */
export async function startBucket(program: string, isLocked = true): Promise<BucketServer> {
  const root = mkdtempSync(join(tmpdir(), 'zls-bucket-'));
  const [files, users, versions] = ['files', 'users', 'versions'].map((name) => join(root, name));
  for (const folder of [files, users, versions]) mkdirSync(folder ?? '');
  const port = await findFreePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    ROOT_ACCESS_KEY: owner.accessKeyId,
    ROOT_SECRET_KEY: owner.secretAccessKey,
  };
  // prettier-ignore
  const args = [
    '--port', `127.0.0.1:${port}`, '--iam-dir', users ?? '', 'posix', '--versioning-dir', versions ?? '',
    files ?? '',
  ];
  const server = spawn(program, args, { env, stdio: 'ignore' });
  const ask: BucketServer['ask'] = async (method, path, text = '', headers = {}) => {
    const url = new URL(`${endpoint}/${path}`);
    const body = Buffer.from(text);
    const all = { ...headers, 'content-md5': hash('md5', body, 'base64') };
    // The clock of the run is not that of the server.
    const now = new Date((await fetch(endpoint)).headers.get('date') ?? '');
    const signed = signAwsRequest({ method, url, headers: all, body }, owner, now);
    const sent = text === '' ? {} : { body };
    const answer = await fetch(url, { method, headers: signed, ...sent });
    return { status: answer.status, text: await answer.text() };
  };
  const stop = async (): Promise<void> => {
    const ended = once(server, 'exit');
    server.kill();
    await ended;
    rmSync(root, { recursive: true, force: true });
  };
  try {
    await answers(endpoint);
    addWriter(program, endpoint);
    await makeBucket(ask, isLocked);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    config: { bucket, prefix: 'logs', endpoint, credentials: writer },
    ownerCredentials: owner,
    owner: { bucket, prefix: 'logs', endpoint, credentials: owner },
    folder: join(files ?? '', bucket),
    ask,
    stop,
  };
}

function addWriter(program: string, endpoint: string): void {
  // prettier-ignore
  const args = [
    'admin', '--access', owner.accessKeyId, '--secret', owner.secretAccessKey, '--endpoint-url', endpoint,
    'create-user', '-a', writer.accessKeyId, '-s', writer.secretAccessKey, '-r', 'user',
  ];
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
}

async function makeBucket(ask: BucketServer['ask'], isLocked: boolean): Promise<void> {
  type Request = readonly [path: string, body: string, headers: Readonly<Record<string, string>>];
  const requests: readonly Request[] = [
    [bucket, '', isLocked ? { 'x-amz-bucket-object-lock-enabled': 'true' } : {}],
    isLocked ? [`${bucket}?object-lock`, lock, {}] : [`${bucket}?versioning`, versioning, {}],
    [`${bucket}?policy`, policy, {}],
  ];
  for (const [path, body, headers] of requests) {
    const { status, text } = await ask('PUT', path, body, headers);
    if (status >= 300) throw new Error(text);
  }
}

async function answers(endpoint: string): Promise<void> {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(50);
  }
  throw new Error('versitygw does not answer');
}
