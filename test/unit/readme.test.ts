/** The README against the program: what it names exists, and what exists is named. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { exitStatusOf } from '../../src/errors.ts';
import { disturbances } from '../support/chaos/disturbances.ts';
import { type Command, listCommands } from '../support/commands.ts';
import { readText, root } from '../support/project-files.ts';
import { renderSettingsTable } from '../support/settings-table.ts';

const readme = readText('README.md');

/** What the README says somebody may type: in the first columns of its tables and in its examples. */
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

describe('the README', () => {
  let commands: Command[];
  /** The command that a text names: the longest one with which it begins. */
  const findCommand = (text: string): Command | undefined =>
    commands.findLast(({ name }) => name !== '' && `${text} `.startsWith(`${name} `));
  before(async () => {
    commands = (await listCommands()).toSorted((a, b) => a.name.length - b.name.length);
  });

  it('has the table of settings exactly as the program knows them', () => {
    assert.ok(readme.includes(renderSettingsTable()));
  });

  it('has the table of what chaos does to the program exactly as chaos knows it', () => {
    const section = /## What it survives\n(.*?)\n## /s.exec(readme)?.[1] ?? '';
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

  it('tells every exit status of the program', () => {
    const [, sentence = ''] = /^Exit status: (.*)$/m.exec(readme) ?? [];
    assert.deepEqual(
      new Set([...sentence.matchAll(/\b\d\b/g)].map(Number)),
      new Set([0, exitStatusOf('program_fault'), exitStatusOf('bad_input')]),
    );
  });

  it('names files and headings that exist, and scripts that npm can run', () => {
    const links = [...readme.matchAll(/\]\(([^):]+)\)/g)].map(([, target = '']) => target);
    const paths = [...readme.matchAll(/`((?:docs|src|monitoring|deploy|test|scripts)\/[^`]*)`/g)];
    const files = [...links, ...paths.map(([, path = '']) => path)].filter(
      (to) => !to.startsWith('#'),
    );
    assert.ok(files.length > 4, files.join(', '));
    assert.deepEqual(
      files.filter((path) => !existsSync(join(root, path))),
      [],
    );
    const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(
      ([, text = '']) =>
        `#${text
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-')}`,
    );
    assert.deepEqual(
      links.filter((to) => to.startsWith('#') && !headings.includes(to)),
      [],
    );
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
    const run = [...readme.matchAll(/\bnpm (?:run )?([\w:]+)/g)].map(([, script = '']) => script);
    assert.deepEqual(
      run.filter((script) => !['ci', 'install'].includes(script) && !(script in scripts)),
      [],
    );
  });
});
