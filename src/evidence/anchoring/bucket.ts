/**
 * Files in a bucket of S3 (EVIDENCE_URL, ARCHIVE_URL). It needs the rights to put and to get objects: nothing is listed, and
 * nothing but `checkpoint` is put twice, so that a bucket with Object Lock takes it. Only what retention and erasure take out
 * of the archive is deleted.
 */
import { hash } from 'node:crypto';
import type { FileStore } from '../publication.ts';
import { escapeAwsPath, signAwsRequest, type AwsCredentials } from './aws-signature.ts';
import type { Answer, Exchange } from './exchange.ts';
import { openLocks, type ObjectLock } from './object-lock.ts';
import { codeOf, refused } from './refused-request.ts';

/** A bucket, and how it is reached. */
export type BucketConfig = {
  readonly bucket: string;
  /** Without a slash at either end; may be empty. */
  readonly prefix: string;
  /** Undefined: AWS. */
  readonly endpoint: string | undefined;
  readonly credentials: AwsCredentials;
};

/** Files below a prefix in a bucket, also in parts. */
type Bucket = FileStore & {
  /** The bytes of a file from a place to before another; undefined when there is no such file. */
  readPart(path: string, from: number, until: number): Promise<Buffer | undefined>;
  /** Deletes a file with its bytes, or hides it where they may not be deleted. @returns what is still there, and why */
  remove(
    path: string,
    version: string | undefined,
  ): Promise<{ readonly why: string; readonly version: string | undefined } | undefined>;
  /** What forbids that a file is deleted or written over. */
  readLock(path: string): Promise<ObjectLock>;
  /** Puts a legal hold on a file, or takes it off; false where a right is missing. */
  setLegalHold(path: string, isOn: boolean): Promise<boolean>;
};

type Method = 'DELETE' | 'GET' | 'HEAD' | 'PUT';
/** Of which version of a file; and whether the clock was not set yet. */
type Asking = { readonly version?: string | undefined; readonly isFirst?: boolean };

/** Files below a prefix in a bucket. */
export function openBucket(config: BucketConfig, exchange: Exchange, signal: AbortSignal): Bucket {
  const name = nameBucket(config);
  let skewMs = 0;
  const ask = async (
    method: Method,
    path: string,
    body: Buffer = Buffer.of(),
    headers: Readonly<Record<string, string>> = {},
    { version, isFirst = true }: Asking = {},
  ): Promise<Answer> => {
    const url = addressOf(config, path);
    if (version !== undefined) url.searchParams.set('versionId', version);
    const now = new Date(Date.now() + skewMs);
    const signed = signAwsRequest({ method, url, headers, body }, config.credentials, now);
    const sent = method === 'PUT' && { body };
    const request = { method, url: url.href, headers: signed, ...sent, signal };
    const answer = await exchange(name, request);
    const serverMs = Date.parse(answer.date ?? '');
    if (!isFirst || codeOf(answer) !== 'RequestTimeTooSkewed' || Number.isNaN(serverMs))
      return answer;
    // One of the two clocks is wrong: theirs counts.
    skewMs = serverMs - Date.now();
    return ask(method, path, body, headers, { version, isFirst: false });
  };
  const put = async (path: string, body: Buffer, condition: Readonly<Record<string, string>>) => {
    // Buckets with Object Lock require the hash.
    return ask('PUT', path, body, { ...condition, 'content-md5': hash('md5', body, 'base64') });
  };
  const get = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await ask('GET', path, Buffer.of(), headers);
    // Without the right to list a bucket, S3 does not say that an object is missing.
    if (answer.status === 404 || codeOf(answer) === 'AccessDenied') return undefined;
    if (answer.status !== 200 && answer.status !== 206) throw refused(name, 'read', path, answer);
    return answer.body;
  };
  return {
    name,
    read: (path) => get(path),
    readPart: (path, from, until) => get(path, { range: `bytes=${from}-${until - 1}` }),
    async create(path, bytes) {
      const answer = await put(path, bytes, { 'if-none-match': '*' });
      if (answer.status === 412) return false;
      if (answer.status !== 200) throw refused(name, 'written', path, answer);
      return true;
    },
    async replace(path, bytes) {
      const answer = await put(path, bytes, {});
      if (answer.status !== 200) throw refused(name, 'written', path, answer);
    },
    remove: (path, version) =>
      removeFile((method, of) => ask(method, path, Buffer.of(), {}, { version: of }), version),
    ...openLocks(name, {
      get: (path) => ask('GET', path),
      getOfBucket: (about) => ask('GET', `?${about}`),
      put: (path, body) => put(path, body, {}),
    }),
    // The parts of a tile stay: they cost little, and nothing should be deleted.
    removeFolder: async () => {},
  };
}

/** The address of a bucket and its prefix, as in the setting. */
export function nameBucket({ bucket, prefix }: Pick<BucketConfig, 'bucket' | 'prefix'>): string {
  return `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
}

/** @param path with what is asked about the file behind a question mark; without a name it is about the bucket */
function addressOf(config: BucketConfig, path: string): URL {
  const [file = '', about] = path.split('?');
  const url = addressOfFile(file === '' ? { ...config, prefix: '' } : config, file);
  if (about !== undefined) url.search = `${about}=`;
  return url;
}

function addressOfFile({ bucket, prefix, endpoint, credentials }: BucketConfig, path: string): URL {
  const key = escapeAwsPath(prefix === '' ? path : `${prefix}/${path}`);
  if (endpoint !== undefined) return new URL(`${endpoint.replace(/\/$/, '')}/${bucket}/${key}`);
  const { region } = credentials;
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  // A name with dots does not fit the certificate.
  return new URL(
    bucket.includes('.') ? `https://${host}/${bucket}/${key}` : `https://${bucket}.${host}/${key}`,
  );
}

/** Deletes a version of a file, the newest if none is known. */
async function removeFile(
  ask: (method: Method, version?: string) => Promise<Answer>,
  known: string | undefined,
): ReturnType<Bucket['remove']> {
  const found = known === undefined ? await ask('HEAD') : undefined;
  // What is hidden has the version of what hides it.
  if (found?.status === 404) return undefined;
  const version = known ?? found?.version;
  const answer = await ask('DELETE', version);
  if (isGone(answer)) return undefined;
  // What may not be deleted is hidden from listings of the bucket.
  const hidden = version === undefined ? answer : await ask('DELETE');
  const code = codeOf(answer);
  const reason = `${answer.status}${code === undefined ? '' : `, ${code}`}`;
  return {
    version,
    why: isGone(hidden)
      ? `its version ${version} stays until its lock has ended, or s3:DeleteObjectVersion is allowed (${reason}); lists no longer show it`
      : `it stays: a lock keeps it, or s3:DeleteObject is not allowed (${reason})`,
  };
}

function isGone({ status }: Answer): boolean {
  return status === 204 || status === 200 || status === 404;
}
