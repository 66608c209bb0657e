/** The settings of the sealed log: how it is named and signed, and the places outside of the database. */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { FormError } from '../evidence/forms/form-error.ts';
import { keyTypes, parseVerifierKey, type VerifierKey } from '../evidence/forms/keys.ts';
import { describeProblem, setting, type Report } from './problem.ts';
import { readNamedFile } from './texts.ts';
import * as values from './evidence-values.ts';
import { secretText } from './values.ts';

/** How the sealed log of an account is named, signed, published and anchored. */
export type EvidenceConfig = {
  /** The name of the log; undefined: made from the account and the name of this program. */
  readonly origin: string | undefined;
  /** Secret. Undefined: the program creates a key in the data directory. */
  readonly signingKey: string | undefined;
  readonly dataDirectory: string;
  /** The directory for the log as files; undefined for none. */
  readonly directory: string | undefined;
  /** The bucket that it is written to; undefined for none. */
  readonly bucket: EvidenceBucket | undefined;
  /** Who cosigns checkpoints. */
  readonly witnesses: readonly { readonly url: string; readonly key: VerifierKey }[];
  /** Who stamps them with the time; undefined for nobody. */
  readonly timeStamps:
    { readonly url: string; readonly authorities: readonly X509Certificate[] } | undefined;
  /** The file to which a line is appended for each checkpoint; undefined for none. */
  readonly anchorFile: string | undefined;
  readonly anchorEveryMs: number;
};

/** A bucket of S3. */
export type EvidenceBucket = {
  readonly bucket: string;
  readonly prefix: string;
  /** Undefined: AWS. */
  readonly endpoint: string | undefined;
  /** Secret. */
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string | undefined;
    readonly region: string;
  };
};

/** The settings one by one. */
export const evidenceSettings = {
  SIGNING_KEY: z.string().optional(),
  LOG_ORIGIN: values.logOrigin.optional(),
  EVIDENCE_DIR: z.string().optional(),
  EVIDENCE_URL: values.bucketUrl.optional(),
  AWS_ACCESS_KEY_ID: secretText.optional(),
  AWS_SECRET_ACCESS_KEY: secretText.optional(),
  AWS_SESSION_TOKEN: secretText.optional(),
  AWS_REGION: values.awsRegion,
  AWS_ENDPOINT_URL: values.outsideUrl('https://s3.acme.example').optional(),
  WITNESS_URL: values.outsideUrls('https://witness.acme.example').optional(),
  WITNESS_KEY: z.string().optional(),
  TSA_URL: values.outsideUrl('https://tsa.acme.example').optional(),
  TSA_CA_FILE: z.string().optional(),
  ANCHOR_FILE: z.string().optional(),
  ANCHOR_EVERY: values.anchorEvery,
};

type Found = z.infer<z.ZodObject<typeof evidenceSettings>> & { readonly DATA_DIR: string };

/** The settings together. What does not fit is reported. */
export function readEvidenceConfig(
  found: Found,
  readFile: (path: string) => string,
  report: Report,
): EvidenceConfig {
  return {
    origin: found.LOG_ORIGIN,
    signingKey: found.SIGNING_KEY,
    dataDirectory: found.DATA_DIR,
    directory: found.EVIDENCE_DIR,
    bucket: found.EVIDENCE_URL && readBucket('EVIDENCE_URL', found.EVIDENCE_URL, found, report),
    witnesses: readWitnesses(found, report),
    timeStamps:
      found.TSA_URL === undefined
        ? undefined
        : { url: found.TSA_URL, authorities: readAuthorities(found.TSA_CA_FILE, readFile, report) },
    anchorFile: found.ANCHOR_FILE,
    anchorEveryMs: found.ANCHOR_EVERY,
  };
}

/** What is needed to reach a bucket. */
export type BucketSettings = Pick<
  Found,
  | 'AWS_ACCESS_KEY_ID'
  | 'AWS_SECRET_ACCESS_KEY'
  | 'AWS_SESSION_TOKEN'
  | 'AWS_REGION'
  | 'AWS_ENDPOINT_URL'
>;

/** The bucket that a setting names. Without a key it is reported. */
export function readBucket(
  name: 'EVIDENCE_URL' | 'ARCHIVE_URL',
  place: Pick<EvidenceBucket, 'bucket' | 'prefix'>,
  found: BucketSettings,
  report: Report,
): EvidenceBucket | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = found;
  if (id === undefined || secret === undefined) {
    report(
      describeProblem`${setting(name)} is set without ${setting('AWS_ACCESS_KEY_ID')} and ${setting('AWS_SECRET_ACCESS_KEY')}. Set both to a key that may put and get objects there.`,
    );
    return undefined;
  }
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_SESSION_TOKEN: token } = found;
  const credentials = {
    accessKeyId: id,
    secretAccessKey: secret,
    sessionToken: token,
    region,
  };
  return { ...place, endpoint, credentials };
}

function readWitnesses(
  { WITNESS_URL: urls = [], WITNESS_KEY: text = '' }: Found,
  report: Report,
): EvidenceConfig['witnesses'] {
  const lines = text.split(/[\s,]+/).filter((line) => line !== '');
  if (lines.length !== urls.length) {
    report(
      describeProblem`${setting('WITNESS_URL')} has ${urls.length} addresses, and ${setting('WITNESS_KEY')} has ${lines.length} keys. Give the verifier key of each witness, in the same order.`,
    );
    return [];
  }
  try {
    const keys = lines.map(parseVerifierKey);
    const other = keys.find(({ type }) => type !== keyTypes.cosignature);
    if (other !== undefined)
      report(
        describeProblem`${setting('WITNESS_KEY')} has the key of ${other.name}, which is not a key of cosignatures. Ask the operator of the witness for its verifier key.`,
      );
    return urls.flatMap((url, place) => {
      const key = keys[place];
      return key === undefined ? [] : [{ url, key }];
    });
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    report(
      describeProblem`${setting('WITNESS_KEY')} cannot be read: ${error.message} Ask the operator of the witness for its verifier key.`,
    );
    return [];
  }
}

function readAuthorities(
  path: string | undefined,
  readFile: (path: string) => string,
  report: Report,
): readonly X509Certificate[] {
  if (path === undefined) return [];
  const named = setting('TSA_CA_FILE');
  const text = readNamedFile(named, path, 'a file of certificates', readFile, report);
  if (text === undefined) return [];
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  try {
    if (certificates !== null) return certificates.map((each) => new X509Certificate(each));
  } catch {
    // OpenSSL's own message helps nobody.
  }
  report(
    describeProblem`${named} is ${JSON.stringify(path)}, which has no certificates that can be read. Use a file of certificates in PEM.`,
  );
  return [];
}
