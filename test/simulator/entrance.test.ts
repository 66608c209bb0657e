import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { withDatabase } from '../support/database.ts';
import { runProgram, settingsFor } from '../support/program.ts';
import { root } from '../support/project-files.ts';
import { withSimulator } from './simulated-account.ts';

const house = 'src/simulator/';
const entrance = 'src/simulator/simulator.ts';
/** Folders that may import only the entrance. */
const outside = ['src', 'test', 'bench', 'scripts'];

type Import = { readonly file: string; readonly statement: string; readonly target: string };

/** What the files import; `target` is a path below the project's folder, or the name of a package. */
function listImports(pattern: string): Import[] {
  return globSync(pattern, { cwd: root }).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const statements = text.matchAll(/(?:^(?:import|export)[^;]*?from |import\()'([^']+)'/gm);
    return Array.from(statements, ([statement, name = '']) => ({
      file,
      statement,
      target: name.startsWith('.') ? relative(root, join(root, dirname(file), name)) : name,
    }));
  });
}

describe('the simulator', () => {
  it('is imported only through its entrance, in the product only when a command needs it', () => {
    const visits = outside
      .flatMap((folder) => listImports(`${folder}/**/*.ts`))
      .filter(({ file, target }) => target.startsWith(house) && !file.startsWith(house))
      .filter(({ file }) => !file.startsWith('test/simulator/'));
    assert.deepEqual(
      visits.filter(({ target }) => target !== entrance),
      [],
    );
    const loading = visits.filter(
      ({ file, statement }) => file.startsWith('src/') && !statement.startsWith('import type'),
    );
    assert.deepEqual(
      loading.map(({ file, statement }) => [file, statement.slice(0, 7)]),
      [
        ['src/commands/simulate.ts', 'import('],
        ['src/commands/demo/stage.ts', 'import('],
      ],
    );
  });

  it('is loaded by simulate and not by sync', async () => {
    const loadedBy = async (
      args: readonly string[],
      settings: Readonly<Record<string, string>>,
    ): Promise<{ status: number | null; files: string[] }> => {
      const hooks = new URL('../support/loaded-modules.ts', import.meta.url).href;
      const options = { ...settings, NODE_OPTIONS: `--import=${hooks}` };
      const { status, stderr } = await runProgram(args, options);
      const files = [...stderr.matchAll(/^loaded file:.*\/(src\/.*)$/gm)].map(
        ([, file = '']) => file,
      );
      return { status, files };
    };
    await withSimulator({}, (simulator) =>
      withDatabase(async (url) => {
        const { status, files } = await loadedBy(['sync', 'users'], settingsFor(simulator, url));
        assert.equal(status, 0);
        assert.ok(files.includes('src/commands/sync.ts'), 'what is loaded is seen');
        assert.ok(!files.includes('src/commands/simulate.ts'), 'no other command is loaded');
        assert.deepEqual(
          files.filter((file) => file.startsWith(house)),
          [],
        );
      }),
    );
    const { status, files } = await loadedBy(['simulate', '--agents', '0'], {});
    assert.equal(status, 2);
    assert.ok(files.includes(entrance));
  });
});
