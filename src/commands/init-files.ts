/** The files that `init` writes: the settings, and the secret in a separate file. */
import {
  accessSync,
  chmodSync,
  constants,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { changeSettings } from '../config/settings-file.ts';
import { createDirectorySync } from '../directories.ts';
import { foreignCodeOf, refuseInput, type KnownError } from '../errors.ts';
import { settingsFile } from './environment.ts';

/** The place of the secret: a folder that git ignores and that the compose file mounts. */
export const secretFile = 'secrets/zendesk-client-secret';

/** The answers. An empty `databaseUrl` leaves the database as configured, or embedded. */
export type Answers = {
  readonly subdomain: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly databaseUrl: string;
  /** Whether a person logs in afterwards, instead of the OAuth client alone. */
  readonly isForPerson: boolean;
};

/** The settings file as it was before. */
type AccountFiles = { readonly text: string; readonly hasAccount: boolean };

/** Reads the settings file; empty if it does not exist. */
export function readAccountFiles(): AccountFiles {
  try {
    const text = readFileSync(settingsFile, 'utf8');
    return { text, hasAccount: /^\s*(?:export\s+)?(?:ZENDESK_|ACCOUNTS_FILE)/m.test(text) };
  } catch (error) {
    if (foreignCodeOf(error) === 'ENOENT') return { text: '', hasAccount: false };
    throw error;
  }
}

/**
 * Checks the places of both files, before anybody has answered a question.
 *
 * @throws {KnownError} `bad_input` when one cannot be written
 */
export function checkPlaces(): void {
  for (const path of ['.', dirname(secretFile)]) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() === false)
      throw refuseInput([
        `${resolve(path)} is not a folder. "init" keeps the secret in a folder of that name: rename what is there.`,
      ]);
    try {
      if (found !== undefined) accessSync(path, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw refuseWriting(resolve(path), error);
    }
  }
}

/**
 * Writes both files so that only their owner can read them, each under another name first, so that none is ever
 * half-written.
 *
 * @throws {KnownError} `bad_input` when one cannot be written
 */
export function writeAccountFiles(before: AccountFiles, answers: Answers): void {
  const text = changeSettings(before.text, {
    ACCOUNTS_FILE: undefined,
    ZENDESK_SUBDOMAIN: answers.subdomain,
    ZENDESK_CLIENT_ID: answers.clientId,
    ZENDESK_CLIENT_SECRET: undefined,
    ZENDESK_CLIENT_SECRET_FILE: secretFile,
    ZENDESK_OAUTH_GRANT: answers.isForPerson ? 'refresh_token' : undefined,
    ZENDESK_REFRESH_TOKEN: undefined,
    ZENDESK_REFRESH_TOKEN_FILE: undefined,
    ZENDESK_OAUTH_TOKEN: undefined,
    ZENDESK_OAUTH_TOKEN_FILE: undefined,
    ZENDESK_USER_EMAIL: undefined,
    ZENDESK_API_TOKEN: undefined,
    ZENDESK_API_TOKEN_FILE: undefined,
    ...(answers.databaseUrl === '' ? {} : { DATABASE_URL: answers.databaseUrl }),
  });
  writePrivately(secretFile, `${answers.clientSecret}\n`);
  writePrivately(settingsFile, text);
}

function writePrivately(path: string, text: string): void {
  const fresh = `${path}.new`;
  try {
    if (dirname(path) !== '.') createDirectorySync(dirname(path), 0o700);
    rmSync(fresh, { force: true });
    writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' });
    chmodSync(fresh, 0o600);
    renameSync(fresh, path);
  } catch (error) {
    if (statSync(fresh, { throwIfNoEntry: false })?.isFile() === true) rmSync(fresh);
    throw refuseWriting(path, error);
  }
}

function refuseWriting(path: string, error: unknown): KnownError {
  const code = foreignCodeOf(error) ?? 'no reason known';
  return refuseInput([
    `${path} cannot be written (${code}). Check what is there and its permissions, or run "init" in another directory.`,
  ]);
}
