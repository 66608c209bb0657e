/** The key that signs the checkpoints of a log: from SIGNING_KEY_FILE, or made once in the data directory. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
 * The key of a log. One that is made is readable for its owner alone.
 *
 * @param tell is called with the path of a key that was made
 * @throws {KnownError} `bad_input` for a key that cannot be read, `signing_key_not_kept` where none can be written
 */
export function loadSigningKey(
  { origin, text, dataDirectory }: SigningKeySource,
  tell: (path: string) => void,
): SigningKey {
  if (text !== undefined) return parseKey(text, origin, 'SIGNING_KEY');
  const path = join(dataDirectory, 'signing-key.pem');
  const found = readIfPresent(path);
  if (found !== undefined) return parseKey(found, origin, path);
  const key = makeSigningKey(origin);
  try {
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
    // `wx`: another process may be making one at this moment, and only one of both is kept.
    writeFileSync(path, formatSigningKey(key), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (foreignCodeOf(error) === 'EEXIST')
      return loadSigningKey({ origin, text, dataDirectory }, tell);
    throw new KnownError('signing_key_not_kept', {
      found: `A signing key cannot be written to ${path}: ${explainError(error)}`,
      cause: error,
    });
  }
  tell(path);
  return key;
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (foreignCodeOf(error) === 'ENOENT') return undefined;
    throw refuseInput([`${path} cannot be read: ${explainError(error)}`]);
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
