/** Compares what a new reader reads first with the program: everything named exists, and everything that exists is named. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { exitStatusOf } from '../../src/errors.ts';
import { disturbances } from '../support/chaos/disturbances.ts';
import { type Command, listCommands } from '../support/commands.ts';
import { readText, root } from '../support/project-files.ts';
import { renderSettingsTable } from '../support/settings-table.ts';

/** The README, and the reference that it points to. */
const pages = [
  'README.md',
  'docs/commands.md',
  'docs/settings.md',
  'docs/tables.md',
  'docs/recipes.md',
];
const readme = pages.map((page) => readText(page)).join('\n');

/** Commands in the README: in the first columns of its tables and in its examples. */
function listUses(): string[] {
  const cells = [...readme.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text),
  );
  const examples = [...readme.matchAll(/npm (?:start|run demo) -- ([^`\n]+)/g)].map(
    ([line, rest = '']) => (line.includes('run demo') ? `demo ${rest}` : rest),
  );
  const words = [...readme.matchAll(/`((?:classify|status) --[\w-]+)`/g)].map(
    ([, use = '']) => use,
  );
  return [...cells, ...examples, ...words].filter((text) => /^[a-z]/.test(text));
}

/** The anchors of the headings of a page. */
function listHeadings(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('the README and its reference', () => {
  let commands: Command[];
  /** The command that a text names: the longest one with which it begins. */
  const findCommand = (text: string): Command | undefined =>
    commands.findLast(({ name }) => name !== '' && `${text} `.startsWith(`${name} `));
  before(async () => {
    commands = (await listCommands()).toSorted((a, b) => a.name.length - b.name.length);
  });

  it('is short: three sections of a screen each', () => {
    assert.ok(readText('README.md').split('\n').length <= 150);
  });

  it('has exactly the settings table of the program', () => {
    assert.ok(readme.includes(renderSettingsTable()));
  });

  it('has exactly the table of disturbances of chaos', () => {
    const section = /### What it survives\n(.*?)\n## /s.exec(readme)?.[1] ?? '';
    const rows = [...section.matchAll(/^\| (.+?) +\| `([a-z\d-]+)` +\|$/gm)];
    assert.deepEqual(
      rows.slice(1).map(([, deed, name]) => ({ name, deed })),
      disturbances.map(({ name, deed }) => ({ name, deed })),
    );
  });

  it('names every command of the program', () => {
    const used = new Set(listUses().map((text) => findCommand(text)?.name));
    const leaves = commands.filter(({ subcommands }) => subcommands.length === 0);
    assert.ok(leaves.length > 12, `only ${leaves.length} commands`);
    assert.deepEqual(
      leaves.map(({ name }) => name).filter((name) => !used.has(name)),
      [],
    );
  });

  it('names no command and no option that the program does not have', () => {
    const missing = listUses().flatMap((text) => {
      const command = findCommand(text);
      if (command === undefined) return /^[a-z]+(?: |$)/.test(text) ? [text] : [];
      const next = text.slice(command.name.length).trim();
      if (command.subcommands.length > 0 && /^[a-z]/.test(next)) return [text];
      const options = text.match(/--[\w-]+/g) ?? [];
      return options
        .filter((option) => ![...command.options, '--help'].includes(option))
        .map((option) => `${command.name} ${option}`);
    });
    assert.deepEqual(missing, []);
  });

  it('lists every exit status of the program', () => {
    const [, sentence = ''] = /^Exit status: (.*)$/m.exec(readme) ?? [];
    assert.deepEqual(
      new Set([...sentence.matchAll(/\b\d\b/g)].map(Number)),
      new Set([0, exitStatusOf('program_fault'), exitStatusOf('bad_input')]),
    );
  });

  for (const page of pages)
    it(`names files and headings that exist: ${page}`, () => {
      const text = readText(page);
      const links = [...text.matchAll(/\]\(([^):]+)\)/g)].map(([, target = '']) => target);
      const paths = [...text.matchAll(/`((?:docs|src|monitoring|deploy|test|scripts)\/[^`]*)`/g)];
      const linked = links.map((target) => {
        const [path = '', heading] = target.split('#');
        return { path: path === '' ? page : join(dirname(page), path), heading };
      });
      assert.deepEqual(
        [...linked.map(({ path }) => path), ...paths.map(([, path = '']) => path)].filter(
          (path) => !existsSync(join(root, path)),
        ),
        [],
      );
      assert.deepEqual(
        linked.filter(
          ({ path, heading }) =>
            heading !== undefined && !listHeadings(readText(path)).includes(heading),
        ),
        [],
      );
    });

  it('names scripts that npm can run', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
    const run = [...readme.matchAll(/\bnpm (?:run )?([\w:]+)/g)].map(([, script = '']) => script);
    assert.deepEqual(
      run.filter((script) => !['ci', 'install'].includes(script) && !(script in scripts)),
      [],
    );
  });
});
