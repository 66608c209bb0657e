/** The files of the project that are not programs, for tests that read them. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The folder of the project. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The text of a file, by its path below the project's folder. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The content of a YAML or JSON file, with merge keys resolved. */
export function readYaml(path: string): unknown {
  return parse(readText(path), { merge: true });
}

/** The place of a program that is not part of the project: in the path; undefined if it is not installed. */
export function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
