/** A backup of a database on the server of the test run, and its restore under the same address. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, escapeIdentifier } from 'pg';
import { createEmptyTestDatabase } from './database.ts';
import { waitUntil } from './pulled-account.ts';

/** Puts the database back to what it was when the backup was made. To be called once. */
type PutBack = () => Promise<void>;

/** Makes a backup: the whole database, as it is at this moment. Whoever is connected connects again. */
export async function backUp(databaseUrl: string): Promise<PutBack> {
  const name = new URL(databaseUrl).pathname.slice(1);
  const [own, copy, lost] = ['', '_backup', '_lost'].map((end) => escapeIdentifier(name + end));
  await change(databaseUrl, name, `create database ${copy} template ${own} strategy file_copy`);
  return () =>
    change(
      databaseUrl,
      name,
      `alter database ${own} rename to ${lost}`,
      `alter database ${copy} rename to ${own}`,
      `drop database ${lost} with (force)`,
    );
}

// From the server's own programs: a pg_dump that is older than the server refuses.
const folder = process.env['TEST_POSTGRES_BINARIES'] ?? '';
const programs = ['pg_dump', 'pg_restore'].map((name) => join(folder, name));

/** Why there is no backup by pg_dump; false where there is. */
export const dumpSkip =
  folder !== '' && programs.every((path) => existsSync(path))
    ? false
    : 'there is no pg_dump of the version of the server';

/** The same by pg_dump and pg_restore, with a file for the backup. */
export async function backUpByDump(databaseUrl: string, file: string): Promise<PutBack> {
  const name = new URL(databaseUrl).pathname.slice(1);
  const [pgDump = '', pgRestore = ''] = programs;
  const run = promisify(execFile);
  await run(pgDump, ['--format=custom', `--file=${file}`, databaseUrl]);
  return async () => {
    const target = await createEmptyTestDatabase();
    await run(pgRestore, ['--no-owner', '--exit-on-error', `--dbname=${target.url}`, file]);
    await rm(file);
    const restored = escapeIdentifier(new URL(target.url).pathname.slice(1));
    const [own, lost] = ['', '_lost'].map((end) => escapeIdentifier(name + end));
    await change(
      databaseUrl,
      name,
      `alter database ${own} rename to ${lost}`,
      `alter database ${restored} rename to ${own}`,
      `drop database ${lost} with (force)`,
    );
  };
}

async function change(
  databaseUrl: string,
  name: string,
  ...statements: readonly string[]
): Promise<void> {
  const url = new URL(databaseUrl);
  url.pathname = '/postgres';
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    await waitUntil(async () => {
      const { rowCount } = await client.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
        [name],
      );
      return rowCount === 0;
    });
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
