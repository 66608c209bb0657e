/** Who imports what in this repository, read once from the text of all files. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const sources = '{src,bin,test,bench,scripts,lint}/**/*.{ts,js}';
const named = /\b(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s*'(\.[^']+)'/g;
const whole =
  /\b(?:import\s+\*\s+as\s+\w+\s+from|export\s+\*\s+from)\s*'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'/g;

/** The files that import a name from a file; the name `*` means files that import everything. */
type Importers = ReadonlyMap<string, readonly string[]>;

let importers: Importers | undefined;

/** Who uses an export: `tests` if only they do, not counting its own file. Paths are relative to `folder`. */
export function findUsers(
  folder: string,
  file: string,
  name: string,
): 'nobody' | 'tests' | 'program' {
  importers ??= readImporters(folder);
  const users = [`${file} ${name}`, `${file} *`].flatMap((key) => importers?.get(key) ?? []);
  if (users.length === 0) return 'nobody';
  if (users.some((user) => !user.startsWith('test/'))) return 'program';
  const uses = readFileSync(join(folder, file), 'utf8').match(new RegExp(`\\b${name}\\b`, 'g'));
  return uses?.length === 1 ? 'tests' : 'program';
}

function readImporters(folder: string): Importers {
  const found = new Map<string, string[]>();
  const add = (file: string, path: string, name: string) => {
    const key = `${normalize(join(dirname(file), path))} ${name}`;
    found.set(key, [...(found.get(key) ?? []), file]);
  };
  for (const file of globSync(sources, { cwd: folder })) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, names = '', path = ''] of text.matchAll(named)) {
      for (const name of names.matchAll(/(?:^|,)\s*(?:type\s+)?(\w+)/g))
        add(file, path, name[1] ?? '');
    }
    for (const [, all, dynamic] of text.matchAll(whole)) add(file, all ?? dynamic ?? '', '*');
  }
  return found;
}
