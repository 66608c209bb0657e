/**
 * Time stamps: RFC 3161. A request with the hash of some bytes, and the answer of an authority: a token in which it has
 * signed the hash and the time (CMS, RFC 5652). `openssl ts -verify` checks the same.
 */
import { hash, verify, X509Certificate } from 'node:crypto';
import { DerError, expect, readAll, readOid, readParts, tags, write, type Der } from './der.ts';

/** What a token says, once it is verified. */
type TimeStamp = {
  /** The time of the authority. */
  readonly time: Date;
  /** The signer: the subject of the certificate. */
  readonly signer: string;
};

const oids = {
  signedData: '1.2.840.113549.1.7.2',
  timeStampInfo: '1.2.840.113549.1.9.16.1.4',
  messageDigest: '1.2.840.113549.1.9.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;

/** The hashes that authorities sign with; older ones are not accepted. */
const digests = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

const sha256 = Buffer.from('300d06096086480165030402010500', 'hex');

/** The request for a time stamp over some bytes, with the certificate of the authority in the answer. */
export function formatTimeStampRequest(data: Uint8Array, nonce: Buffer): Buffer {
  const imprint = write(tags.sequence, sha256, write(tags.octets, hash('sha256', data, 'buffer')));
  return write(
    tags.sequence,
    write(tags.integer, Buffer.of(1)),
    imprint,
    write(tags.integer, nonce),
    write(tags.boolean, Buffer.of(0xff)),
  );
}

/**
 * What the answer to a request says, if it is a time stamp over these bytes with a valid signature.
 *
 * @param nonce the nonce of the request; undefined if no longer known
 * @param authorities certificates that the signer's must lead to; none: the one in the answer is believed
 * @throws {DerError} with a sentence for what is wrong
 */
export function readTimeStamp(
  answer: Buffer,
  data: Uint8Array,
  nonce: Buffer | undefined,
  authorities: readonly X509Certificate[],
): TimeStamp {
  const [status, token] = readParts(readAll(answer)[0], tags.sequence);
  const [code] = readParts(status, tags.sequence);
  const granted = expect(code, tags.integer).content[0] ?? -1;
  if (granted > 1) throw new DerError(`it refuses the request (status ${granted})`);
  const signed = readSignedData(token);
  const info = readInfo(signed.content);
  if (!info.imprint.equals(hash('sha256', data, 'buffer')))
    throw new DerError('the time stamp is over something else');
  if (nonce !== undefined && info.nonce?.equals(nonce) !== true)
    throw new DerError('the time stamp answers another request');
  const signer = findSigner(signed, authorities);
  if (authorities.length > 0) checkChain(signer, signed.certificates, authorities, info.time);
  return { time: info.time, signer: signer.subject.replaceAll('\n', ', ') };
}

type SignedData = {
  readonly content: Buffer;
  readonly certificates: readonly X509Certificate[];
  readonly digest: string;
  /** What the signature is over: a set of attributes, one of which is the digest of the content. */
  readonly attributes: Buffer;
  readonly signature: Buffer;
};

function readSignedData(token: Der | undefined): SignedData {
  const [type, explicit] = readParts(token, tags.sequence);
  if (readOid(type) !== oids.signedData) throw new DerError('the token is not signed');
  const [body] = readParts(explicit, 0xa0);
  const [, , content, ...rest] = readParts(body, tags.sequence);
  const [contentType, wrapped] = readParts(content, tags.sequence);
  if (readOid(contentType) !== oids.timeStampInfo) throw new DerError('the token is no time stamp');
  const info = expect(readParts(wrapped, 0xa0)[0], tags.octets).content;
  const certificates = rest
    .filter(({ tag }) => tag === 0xa0)
    .flatMap((set) => readAll(set.content));
  const [signerInfo] = readParts(rest.at(-1), tags.set);
  const [, , algorithm, attributes, , signature] = readParts(signerInfo, tags.sequence);
  const set = expect(attributes, 0xa0);
  const digest = digests.get(readOid(readParts(algorithm, tags.sequence)[0]));
  if (digest === undefined) throw new DerError('it is signed with a hash that is not accepted');
  checkDigest(set, hash(digest, info, 'buffer'));
  return {
    content: info,
    certificates: certificates.flatMap(({ whole }) => readCertificate(whole)),
    digest,
    // As a set of its own, as it was signed (RFC 5652, 5.4).
    attributes: Buffer.concat([Buffer.of(tags.set), set.whole.subarray(1)]),
    signature: expect(signature, tags.octets).content,
  };
}

/** None if OpenSSL does not know its kind. */
function readCertificate(whole: Buffer): readonly X509Certificate[] {
  try {
    return [new X509Certificate(whole)];
  } catch {
    return [];
  }
}

function checkDigest(attributes: Der, digest: Buffer): void {
  for (const attribute of readAll(attributes.content)) {
    const [type, values] = readParts(attribute, tags.sequence);
    if (readOid(type) !== oids.messageDigest) continue;
    if (expect(readParts(values, tags.set)[0], tags.octets).content.equals(digest)) return;
  }
  throw new DerError('the token was changed');
}

function readInfo(bytes: Buffer): {
  readonly imprint: Buffer;
  readonly time: Date;
  readonly nonce: Buffer | undefined;
} {
  const [, , imprint, , time, ...rest] = readParts(readAll(bytes)[0], tags.sequence);
  const [algorithm, hashed] = readParts(imprint, tags.sequence);
  if (digests.get(readOid(readParts(algorithm, tags.sequence)[0])) !== 'sha256')
    throw new DerError('the time stamp is over something else');
  return {
    imprint: expect(hashed, tags.octets).content,
    time: readTime(expect(time, tags.time).content.toString('latin1')),
    nonce: rest.find(({ tag }) => tag === tags.integer)?.content,
  };
}

function readTime(text: string): Date {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,9})?Z$/.exec(text) ?? [];
  const [year, month, day, hour, minute, second, fraction = ''] = parts;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`);
  if (Number.isNaN(time.getTime())) throw new DerError('the time stamp has no time');
  return time;
}

function findSigner(
  { certificates, attributes, digest, signature }: SignedData,
  authorities: readonly X509Certificate[],
): X509Certificate {
  const signer = [...certificates, ...authorities].find((certificate) => {
    const { publicKey } = certificate;
    return isForTimeStamps(certificate) && verify(digest, attributes, publicKey, signature);
  });
  if (signer === undefined) throw new DerError('no certificate for time stamps fits its signature');
  return signer;
}

/** Checked by its extended key usages, which Node gives as identifiers, or not at all. */
function isForTimeStamps(certificate: X509Certificate): boolean {
  const usages: readonly string[] | undefined = certificate.keyUsage;
  return usages?.includes(oids.timeStamping) === true;
}

function checkChain(
  signer: X509Certificate,
  between: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  time: Date,
): void {
  let current = signer;
  for (let steps = 0; steps < 10; steps++) {
    if (!isValidAt(current, time)) break;
    const { fingerprint256 } = current;
    if (authorities.some((each) => each.fingerprint256 === fingerprint256)) return;
    const issuer = [...authorities, ...between].find(
      (each) =>
        each !== current && each.ca && current.checkIssued(each) && current.verify(each.publicKey),
    );
    if (issuer === undefined) break;
    current = issuer;
  }
  throw new DerError('its certificate does not lead to one of TSA_CA_FILE that was valid then');
}

function isValidAt({ validFromDate, validToDate }: X509Certificate, time: Date): boolean {
  return validFromDate <= time && time <= validToDate;
}
