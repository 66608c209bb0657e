import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { rooms } from '../../lint/rooms.ts';
import { root } from '../support/project-files.ts';

const project = mkdtempSync(join(tmpdir(), 'zls-lint-'));
after(() => rmSync(project, { recursive: true, force: true }));

/** Lint's output for these files, one line for each violation: `path: sentence`. */
function lint(files: Readonly<Record<string, string>>): string[] {
  rmSync(project, { recursive: true });
  for (const path of ['lint', '.oxlintrc.json']) {
    cpSync(join(root, path), join(project, path), { recursive: true });
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  const { stdout, stderr } = spawnSync(
    join(root, 'node_modules/.bin/oxlint'),
    ['--format', 'json', ...Object.keys(files)],
    { cwd: project, encoding: 'utf8' },
  );
  assert.equal(stderr, '');
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: readonly { filename: string; message: string }[];
  };
  return diagnostics.map(({ filename, message }) => `${filename}: ${message}`).toSorted();
}

describe('lint', () => {
  it('accepts a room that imports what is below it, and the package that it owns', () => {
    const found = lint({
      'src/reports/page.ts': `import { answer } from '../database/answer.ts';\nconsole.log(answer);\n`,
      'src/database/answer.ts': `import { Pool } from 'pg';\nexport const answer = new Pool();\n`,
      'src/streams/fields.ts': `import type { Row } from '../database/row.ts';\nconst row: Row = 1;\nconsole.log(row);\n`,
      'src/database/row.ts': `import { sep } from 'node:path';\nexport type Row = number;\nconsole.log(sep);\n`,
    });
    assert.deepEqual(found, []);
  });

  it('refuses a room that imports what is beside or above it', () => {
    const found = lint({
      'src/reports/page.ts': `import { show } from '../commands/show.ts';\nconsole.log(show);\n`,
      'src/database/answer.ts': `import type { Page } from '../zendesk/page.ts';\nconsole.log(1 as unknown as Page);\n`,
      'src/classification/late.ts': `console.log(await import('../database/answer.ts'));\n`,
      'src/commands/show.ts': 'export const show = 1;\n',
      'src/zendesk/page.ts': 'export type Page = number;\n',
    });
    assert.deepEqual(found, [
      'src/classification/late.ts: classification must not import database (lint/rooms.ts): imports go down only.',
      'src/database/answer.ts: database must not import zendesk (lint/rooms.ts): imports go down only.',
      'src/reports/page.ts: reports must not import commands (lint/rooms.ts): imports go down only.',
    ]);
  });

  it('refuses a value if a room may only use types', () => {
    const found = lint({
      'src/tracing/spans.ts': `import { run } from '../ingest/run.ts';\nconsole.log(run);\n`,
      'src/ingest/run.ts': 'export const run = 1;\n',
    });
    assert.deepEqual(found, [
      'src/tracing/spans.ts: tracing imports nothing but types of ingest (lint/rooms.ts).',
    ]);
  });

  it('refuses a package that another room owns, or that no room owns', () => {
    const found = lint({
      'src/reports/page.ts': `import type { Pool } from 'pg';\nimport utils from 'pg/lib/utils.js';\nimport pad from 'left-pad';\nconsole.log(utils, pad, 1 as unknown as Pool);\n`,
    });
    assert.deepEqual(found, [
      'src/reports/page.ts: No room owns the package left-pad: name one in lint/rooms.ts.',
      'src/reports/page.ts: Only database imports pg (lint/rooms.ts): one owner per dependency.',
      'src/reports/page.ts: Only database imports pg/lib/utils.js (lint/rooms.ts): one owner per dependency.',
    ]);
  });

  it('refuses impure code in a room with few modules of Node, and distinguishes it from the room around it', () => {
    const found = lint({
      'src/evidence/forms/note.ts': `import { sign } from 'node:crypto';\nimport { readFileSync } from 'node:fs';\nimport { seal } from '../seal.ts';\nconsole.log(sign, readFileSync, seal);\n`,
      'src/evidence/seal.ts': `import { readFileSync } from 'node:fs';\nimport { name } from './forms/name.ts';\nexport const seal = [name, readFileSync];\n`,
      'src/evidence/forms/name.ts': 'export const name = 1;\n',
    });
    assert.deepEqual(found, [
      'src/evidence/forms/note.ts: evidence/forms must not import evidence (lint/rooms.ts): imports go down only.',
      'src/evidence/forms/note.ts: evidence/forms must not import node:fs (lint/rooms.ts): of Node it has node:crypto alone.',
    ]);
  });

  it('refuses a room that is not in the table yet', () => {
    const found = lint({
      'src/attic/box.ts': `import { a } from '../errors.ts';\nconsole.log(a);\n`,
      'src/errors.ts': 'export const a = 1;\n',
    });
    assert.deepEqual(found, [
      'src/attic/box.ts: src/attic is no room yet: give it a place in lint/rooms.ts.',
    ]);
  });

  it('refuses an export that is unused, only used by tests, or exported twice', () => {
    const found = lint({
      'src/reports/page.ts': `export const page = 1;\nexport const count = 2;\nexport const inner = 3;\nconsole.log(inner);\n`,
      'src/reports/more.ts': `export { count } from './page.ts';\nexport default 1;\n`,
      'test/page.test.ts': `import { inner, page } from '../src/reports/page.ts';\nconsole.log(inner, page);\n`,
      'src/reports/unused.ts': `export function add() {}\nexport type Sum = number;\n`,
    });
    assert.deepEqual(found, [
      'src/reports/more.ts: A name is exported where it is made, and nowhere else.',
      'src/reports/more.ts: An export has a name: no default export.',
      'src/reports/page.ts: Only tests use page: no production code for tests alone.',
      'src/reports/unused.ts: Nobody imports Sum: do not export it.',
      'src/reports/unused.ts: Nobody imports add: do not export it.',
    ]);
  });

  it('refuses classes except errors, interfaces, and mutable properties', () => {
    const found = lint({
      'src/reports/page.ts': `class Page { n = 1; }\nclass PageError extends Error {}\ninterface Sheet { readonly a: number }\ntype Row = { a: number };\nconsole.log(Page, PageError, 1 as unknown as Sheet & Row);\n`,
    });
    assert.deepEqual(found, [
      'src/reports/page.ts: A named type has readonly properties only.',
      'src/reports/page.ts: Only errors are classes: use functions and values.',
      'src/reports/page.ts: Use `type` instead of `interface`.',
    ]);
  });

  it('refuses long files, long functions and names of files in other cases', () => {
    const found = lint({
      'src/reports/longPage.ts': `console.log(1);\n`,
      'src/reports/long.ts': `console.log(1);\n`.repeat(251),
      'src/reports/steps.ts': `walk();\nfunction walk() {\n${'  console.log(1);\n'.repeat(60)}}\n`,
    });
    assert.equal(found.length, 3, found.join('\n'));
    assert.match(found[0] ?? '', /long\.ts: File has too many lines \(251\)/);
    assert.match(found[1] ?? '', /longPage\.ts: .*kebab-case/i);
    assert.match(found[2] ?? '', /steps\.ts: .*`walk` has too many lines \(62\)/);
  });
});

describe('the table of the rooms', () => {
  it('is from the top down: each room imports rooms that are below it', () => {
    const names = Object.keys(rooms);
    for (const [name, { imports, types = [] }] of Object.entries(rooms)) {
      for (const other of imports) {
        assert.ok(names.indexOf(other) > names.indexOf(name), `${name} imports ${other}`);
      }
      for (const other of types) assert.ok(names.includes(other), `${name} imports ${other}`);
    }
  });
});
