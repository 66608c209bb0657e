/** The key that signs the checkpoints of a log: from SIGNING_KEY_FILE, or made once in the data directory. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createDirectorySync } from '../directories.ts';
import { explainError, foreignCodeOf, KnownError, refuseInput } from '../errors.ts';
import { FormError } from './forms/form-error.ts';
import {
  formatSigningKey,
  makeSigningKey,
  parseSigningKey,
  type SigningKey,
} from './forms/keys.ts';

/** Where the key of a log comes from. */
type SigningKeySource = {
  /** The name of the log, under which the key signs. */
  readonly origin: string;
  /** The content of SIGNING_KEY_FILE; undefined: the key in the data directory. */
  readonly text: string | undefined;
  readonly dataDirectory: string;
};

/**
 * The key of a log. A new key file is readable by its owner alone.
 *
 * @param tell called with the path of a new key
 * @throws {KnownError} `bad_input` for a key that cannot be read, `signing_key_not_kept` if none can be written
 */
export function loadSigningKey(source: SigningKeySource, tell: (path: string) => void): SigningKey {
  const found = findSigningKey(source);
  if (found !== undefined) return found;
  const path = keyFileIn(source.dataDirectory);
  try {
    createDirectorySync(dirname(path), 0o700);
    makeKeyFile(path);
  } catch (error) {
    // Another process may create one at the same moment; only one of the two is kept.
    if (foreignCodeOf(error) === 'EEXIST' && existsSync(path)) return loadSigningKey(source, tell);
    throw new KnownError('signing_key_not_kept', {
      found: `A signing key cannot be written to ${path}: ${explainError(error)}`,
      cause: error,
    });
  }
  tell(path);
  return readKeyFile(path, source.origin);
}

/** The key of a log, if there is one. @throws {KnownError} `bad_input` for one that cannot be read */
export function findSigningKey({
  origin,
  text,
  dataDirectory,
}: SigningKeySource): SigningKey | undefined {
  if (text !== undefined) return parseKey(text, origin, 'SIGNING_KEY');
  const path = keyFileIn(dataDirectory);
  const found = readIfPresent(path);
  return found === undefined ? undefined : parseKey(found, origin, path);
}

/** The path of a key that was created in the data directory. */
export function keyFileIn(dataDirectory: string): string {
  return join(dataDirectory, 'signing-key.pem');
}

/** Writes a new key to a new file, readable by its owner alone. @throws Node's error, including EEXIST */
export function makeKeyFile(path: string): void {
  // A key has no name in its file.
  const text = formatSigningKey(makeSigningKey('key'));
  writeFileSync(path, text, { mode: 0o600, flag: 'wx', flush: true });
}

/** The key in a file, under the name of a log. @throws {KnownError} `bad_input` if there is none */
export function readKeyFile(path: string, origin: string): SigningKey {
  const text = readIfPresent(path);
  if (text === undefined) throw refuseInput([`${path} is not there.`]);
  return parseKey(text, origin, path);
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = foreignCodeOf(error);
    if (code === 'ENOENT') return undefined;
    throw refuseInput([
      `${path} cannot be read (${code ?? 'no reason known'}). Check its permissions.`,
    ]);
  }
}

function parseKey(text: string, origin: string, place: string): SigningKey {
  try {
    return parseSigningKey(text, origin);
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    throw refuseInput([`${place}: ${error.message}`]);
  }
}
