/** Keys that are known from outside the database: somebody who rewrites the whole log has to sign it with another key. */
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { foreignCodeOf, refuseInput } from '../../errors.ts';
import { FormError } from '../forms/form-error.ts';
import {
  formatKeyId,
  keyTypes,
  nameVerifierKey,
  parseVerifierKey,
  type VerifierKey,
} from '../forms/keys.ts';
import { finding, type Finding } from './finding.ts';

/** A key that the log should be signed with. */
export type KnownKey = {
  /** Its name in a sentence. */
  readonly name: string;
  /** The 32 bytes of RFC 8032. */
  readonly publicKey: Buffer;
  /** The expected name of the log; undefined if not known. */
  readonly origin: string | undefined;
  /** Named for this verification; otherwise the one of this process. */
  readonly isGiven: boolean;
};

/** Checks that a log is signed with the known keys and has its name. */
export function compareKeys(
  log: {
    readonly origin: string;
    readonly key: string;
    /** Keys that have handed the log over. */
    readonly former: readonly VerifierKey[];
  },
  keys: readonly KnownKey[],
): readonly Finding[] {
  const own = parseIfPossible(log.key);
  return keys.flatMap(({ name, publicKey, origin, isGiven }) => {
    const facts = { anchor: isGiven ? name : undefined };
    const show = (key: Buffer): string =>
      formatKeyId(nameVerifierKey(log.origin, keyTypes.note, key).id);
    const isKnown = [...log.former, ...(own === undefined ? [] : [own])].some((each) =>
      each.publicKey.equals(publicKey),
    );
    if (!isKnown) {
      const found = own === undefined ? 'no key' : `the key ${show(own.publicKey)}`;
      return [
        finding(
          'key_differs',
          `The log ${log.origin} is signed with ${found}, and ${name} is ${show(publicKey)}: somebody else rewrote the log, or it is not the key of this log.`,
          facts,
        ),
      ];
    }
    if (origin === undefined || origin === log.origin) return [];
    const sentence = `The log is named ${log.origin}, and by ${name} it should be ${origin}: it is another log.`;
    return [finding('key_differs', sentence, facts)];
  });
}

function parseIfPossible(line: string): VerifierKey | undefined {
  try {
    return parseVerifierKey(line);
  } catch (error) {
    if (error instanceof FormError) return undefined;
    throw error;
  }
}

/** The public key in `--key`: a verifier key, or a file that has one, or one in PEM. @throws {KnownError} `bad_input` */
export function readKnownKey(text: string): KnownKey {
  const isLine = /^[^+\s]+\+[\da-f]{8}\+\S+$/.test(text.trim());
  const content = isLine ? text : readText(text);
  try {
    const given = { name: '--key', isGiven: true };
    if (content.includes('-----BEGIN'))
      return { ...given, publicKey: readPem(content), origin: undefined };
    const { publicKey, name } = parseVerifierKey(content);
    return { ...given, publicKey, origin: name };
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    throw refuseInput([
      `--key ${isLine ? 'is no key' : `names ${text}, which has no key`}: ${error.message} Use a line such as acme/zendesk-log-sync+1a2b3c4d+AaBb…, or a file with one or with a public key in PEM.`,
    ]);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refuseInput([
      `--key names ${path}, which cannot be read (${foreignCodeOf(error) ?? 'for a reason that is not known'}); use a file with the public key of the log, or the line itself.`,
    ]);
  }
}

function readPem(text: string): Buffer {
  try {
    const key = createPublicKey(text);
    const { x = '' } = key.export({ format: 'jwk' });
    if (key.asymmetricKeyType === 'ed25519') return Buffer.from(x, 'base64url');
  } catch {
    // The message of node:crypto may quote the file.
  }
  throw new FormError('malformed', 'It is no Ed25519 key in PEM.');
}
