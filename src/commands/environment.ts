/** The environment with the settings file, and the message for people who have no settings yet. */
import type { Environment } from '../config/texts.ts';
import { chooseSchemas } from '../database/schema-names.ts';
import { foreignCodeOf, refuseInput, type KnownError } from '../errors.ts';
import { nameCommand } from './npm.ts';

/** The settings file in the working directory; `init` writes it. */
export const settingsFile = '.env';

/**
 * Adds the settings of the file `.env` in the working directory, if there is one, to the environment, which has priority.
 *
 * @throws {KnownError} `bad_input` when it cannot be read
 */
export function loadSettingsFile({
  cwd,
  loadEnvFile,
}: Pick<NodeJS.Process, 'cwd' | 'loadEnvFile'>): void {
  try {
    loadEnvFile(settingsFile);
  } catch (error) {
    const code = foreignCodeOf(error);
    if (code === 'ENOENT') return;
    // Node's own message for a directory of that name.
    const reason = code === 'ERR_INVALID_ARG_TYPE' ? 'EISDIR' : (code ?? 'no reason known');
    throw refuseInput([
      `The file ${settingsFile} in ${cwd()} cannot be read (${reason}). Check that it is a text file with one line NAME=value for each setting, and its permissions.`,
    ]);
  }
}

/** Whether somebody has begun to configure an account, correctly or not. */
export function isConfigured(env: Environment): boolean {
  return Object.entries(env).some(
    ([name, text = '']) => /^(?:ZENDESK_|ACCOUNTS_FILE$)/.test(name) && text !== '',
  );
}

/**
 * If no account is configured, problems of single settings do not matter.
 *
 * @throws {KnownError} `bad_input` if none is, with what to do
 */
export function checkConfigured(env: Environment): void {
  if (!isConfigured(env)) throw refuseUnconfigured(env, 'No Zendesk account is set up yet.');
}

/** The error for a new user: what is missing, and the two next steps. */
export function refuseUnconfigured(env: Environment, found: string): KnownError {
  return refuseInput([
    found,
    `Run "${nameCommand(env, 'init')}" to set one up, or "${nameCommand(env, 'demo')}" to see it work with a simulated account.`,
  ]);
}

/** The error for an account that the settings do not have. */
export function refuseAccount(account: string, known: string): KnownError {
  return refuseInput([
    `--account is ${JSON.stringify(account)}, which the settings do not have. Use ${known}.`,
  ]);
}

/** Names the schemas as the settings do, for texts: whether the names are allowed is checked where settings are read. */
export function nameSchemas(env: Environment): void {
  const nameOf = (setting: string): string | undefined => env[setting]?.trim() || undefined;
  const schema = nameOf('SCHEMA') ?? 'zendesk';
  chooseSchemas({ schema, syncSchema: nameOf('SYNC_SCHEMA') ?? `${schema}_sync` });
}
