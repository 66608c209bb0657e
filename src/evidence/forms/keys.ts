/**
 * Keys of signed notes: C2SP signed-note v1.0.0. A verifier key is one line, `name+id+base64(type ‖ public key)`; the id is
 * the first four bytes of `SHA-256(name ‖ 0x0A ‖ type ‖ public key)`. All keys here are Ed25519 (RFC 8032).
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { FormError } from './form-error.ts';
import { isKeyName, parseBase64 } from './text.ts';

/** What a key signs: the text of a note, or a checkpoint with a time (C2SP tlog-cosignature). */
export const keyTypes = { note: 0x01, cosignature: 0x04 } as const;

/** What a verifier needs. */
export type VerifierKey = {
  readonly name: string;
  readonly type: number;
  /** The 32 bytes of RFC 8032. */
  readonly publicKey: Buffer;
  /** Tells keys of a name apart; no proof of anything. */
  readonly id: number;
};

/** A private key under its name, with what verifies it. */
export type SigningKey = { readonly privateKey: KeyObject; readonly verifier: VerifierKey };

const keyBytes = 32;

/** The verifier key of a public key. */
export function nameVerifierKey(name: string, type: number, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) {
    throw new FormError(
      'malformed',
      `The name of a key is ${JSON.stringify(name)}: it must not be empty nor contain spaces or a plus.`,
    );
  }
  const preimage = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey]);
  const id = hash('sha256', preimage, 'buffer').readUInt32BE();
  return { name, type, publicKey: Buffer.from(publicKey), id };
}

/** A verifier key as one line, without its end. */
export function formatVerifierKey({ name, id, type, publicKey }: VerifierKey): string {
  const key = Buffer.concat([Buffer.of(type), publicKey]).toString('base64');
  return `${name}+${formatKeyId(id)}+${key}`;
}

/** The verifier key in a line; one of a type other than Ed25519 notes and cosignatures is refused. */
export function parseVerifierKey(line: string): VerifierKey {
  const [, name = '', id, key = ''] = /^([^+]+)\+([\da-f]{8})\+(.+)$/.exec(line.trim()) ?? [];
  if (id === undefined) {
    throw new FormError('malformed', 'A verifier key is not of the form name+id+base64.');
  }
  const [type = 0, ...publicKey] = parseBase64(key, 'The key in a verifier key');
  if (type !== keyTypes.note && type !== keyTypes.cosignature) {
    throw new FormError(
      'malformed',
      `The verifier key of ${name} has type ${type}: expected 1 (Ed25519) or 4 (Ed25519 cosignature).`,
    );
  }
  if (publicKey.length !== keyBytes) {
    throw new FormError(
      'malformed',
      `The verifier key of ${name} has ${publicKey.length} bytes: expected ${keyBytes}.`,
    );
  }
  const verifier = nameVerifierKey(name, type, Buffer.from(publicKey));
  if (formatKeyId(verifier.id) !== id) {
    throw new FormError(
      'malformed',
      `The verifier key of ${name} says id ${id}, and its name and key have ${formatKeyId(verifier.id)}: one of the three was changed.`,
    );
  }
  return verifier;
}

/** The id of a key as it is written: eight hexadecimal digits. */
export function formatKeyId(id: number): string {
  return id.toString(16).padStart(8, '0');
}

/** The public key as node:crypto takes it. */
export function toPublicKey({ publicKey }: VerifierKey): KeyObject {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') };
  return createPublicKey({ key: jwk, format: 'jwk' });
}

/** A new key under a name. */
export function makeSigningKey(name: string): SigningKey {
  return nameSigningKey(name, generateKeyPairSync('ed25519').privateKey);
}

/** The key as PKCS#8 in PEM, as it is kept in a file. */
export function formatSigningKey({ privateKey }: SigningKey): string {
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

/** The private key in a file, under its name: PKCS#8 in PEM, or a line `PRIVATE+KEY+name+id+base64` of Go's `note`. */
export function parseSigningKey(text: string, name: string): SigningKey {
  return text.startsWith('PRIVATE+KEY+')
    ? parseSignerLine(text.trim(), name)
    : nameSigningKey(name, parsePem(text));
}

function parsePem(text: string): KeyObject {
  try {
    return createPrivateKey({ key: text, format: 'pem' });
  } catch {
    // What node:crypto says of it may quote the file.
    throw new FormError(
      'malformed',
      'A signing key cannot be read: expected an Ed25519 key without a passphrase as PKCS#8 in PEM, or a line that begins with PRIVATE+KEY+.',
    );
  }
}

function parseSignerLine(line: string, name: string): SigningKey {
  const [, , named, id, ...key] = line.split('+');
  const [type, ...seed] = parseBase64(key.join('+'), 'A signing key');
  if (type !== keyTypes.note || seed.length !== keyBytes) {
    throw new FormError('malformed', 'A signing key that begins with PRIVATE+KEY+ is not Ed25519.');
  }
  if (named !== name) {
    throw new FormError('malformed', `A signing key has the name ${named}: expected ${name}.`);
  }
  // The head of PKCS#8 before an Ed25519 seed (RFC 8410, section 7).
  const head = Buffer.from('302e020100300506032b657004220420', 'hex');
  const pkcs8 = Buffer.concat([head, Buffer.from(seed)]);
  const signer = nameSigningKey(
    name,
    createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }),
  );
  if (formatKeyId(signer.verifier.id) !== id) {
    throw new FormError('malformed', `A signing key of ${name} does not fit its own id ${id}.`);
  }
  return signer;
}

function nameSigningKey(name: string, privateKey: KeyObject): SigningKey {
  if (privateKey.asymmetricKeyType !== 'ed25519') {
    throw new FormError(
      'malformed',
      `A signing key is of the kind ${privateKey.asymmetricKeyType}: expected ed25519.`,
    );
  }
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  return { privateKey, verifier: nameVerifierKey(name, keyTypes.note, publicKey) };
}
