import type { Command } from 'commander';
import { foreignCodeOf, refuseInput } from '../../errors.ts';
import { makeKeyFile } from '../../evidence/signing-key.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';

/** `keys make`: a new key in a file. */
export function addMake(keys: Command, context: CommandContext): void {
  const command = keys
    .command('make')
    .description('make a key in a new file that only you can read; never overwrites a file')
    .argument('<file>', 'the file')
    .action((file: string) => {
      makeNewKeyFile(file);
      context.print(
        `Made a signing key in ${file}. Keep a copy of it. SIGNING_KEY_FILE=${file} uses it for a log that is not begun yet; "keys rotate --to ${file}" hands a log over to it.`,
      );
    });
  addExample(command, 'zendesk-log-sync keys make signing-key.pem');
}

/** Makes a key in a file. @throws {KnownError} `bad_input` where that cannot be written, or is there */
export function makeNewKeyFile(path: string): void {
  try {
    makeKeyFile(path);
  } catch (error) {
    const code = foreignCodeOf(error);
    if (code === undefined) throw error;
    throw refuseInput([
      code === 'EEXIST'
        ? `${path} is there already, and a key is never overwritten. Name another file.`
        : `A key cannot be written to ${path} (${code}). Check that its folder is there, and its permissions.`,
    ]);
  }
}
