/** Postgres's own prompt, if it is installed. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { searchPath } from '../../database/statements.ts';
import type { CommandContext } from '../context.ts';

/** The program in the search path; undefined if there is none, or if the address has a form of our own. */
export function findPsql({ PATH = '' }: CommandContext['env'], url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  return PATH.split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'psql'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Runs it until it ends. The password is not in its arguments, which every user of the machine can see. */
export async function runPsql(
  program: string,
  url: string,
  mayWrite: boolean,
  context: CommandContext,
): Promise<number> {
  const address = new URL(url);
  const password = decodeURIComponent(address.password);
  address.password = '';
  const options = [
    `-c search_path=${searchPath().replaceAll(' ', '')}`,
    ...(mayWrite ? [] : ['-c default_transaction_read_only=on']),
  ];
  const release = context.takeInterrupts(() => {});
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(program, [address.href], {
        stdio: 'inherit',
        env: {
          ...context.env,
          ...(password === '' ? {} : { PGPASSWORD: password }),
          PGOPTIONS: options.join(' '),
          PGTZ: 'UTC',
        },
      });
      child.once('error', reject);
      child.once('close', (status) => resolve(status ?? 1));
    });
  } finally {
    release();
  }
}
