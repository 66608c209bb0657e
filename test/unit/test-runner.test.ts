import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const runner = fileURLToPath(new URL('../../scripts/test.ts', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'zls-runner-'));
after(() => rm(temporary, { recursive: true, force: true }));

/** The text of a test that fails in its first run. */
const failsOnce = `
  import { existsSync, writeFileSync } from 'node:fs';
  it('passes later', () => {
    const ran = import.meta.filename + '.ran';
    const isFirst = !existsSync(ran);
    writeFileSync(ran, '');
    if (isFirst) throw new Error('too early');
  });`;

/** Runs `scripts/test.ts` on files with these contents, in a separate project. */
async function runTests(
  name: string,
  contents: Record<string, string>,
  ...options: string[]
): Promise<{ status: unknown; output: string; lastLine: string | undefined }> {
  const project = join(temporary, name);
  await mkdir(join(project, 'test/unit'), { recursive: true });
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
  for (const [file, content] of Object.entries(contents)) {
    const head = `import { before, describe, it } from 'node:test';\n`;
    await writeFile(join(project, 'test/unit', `${file}.test.ts`), head + content);
  }
  const { NODE_TEST_CONTEXT: _, TEST_DATABASE_URL: __, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [runner, ...options],
      { cwd: project, env },
      (error, stdout, stderr) => {
        const lastLine = stdout.trimEnd().split('\n').at(-1);
        resolve({ status: error ? error.code : 0, output: stdout + stderr, lastLine });
      },
    );
  });
}

describe('the test runner', () => {
  it('counts tests, not suites, and neither skipped nor todo ones', async () => {
    const { status, lastLine } = await runTests('passing', {
      one: `describe('suite', () => { it('a', () => {}); describe('inner', () => { it('b', () => {}); }); });
            it.skip('skipped', () => {}); it('todo', { todo: true }, () => { throw new Error(); });`,
      two: `it('with tests inside', async (t) => { await t.test('c', () => {}); await t.test('d', () => {}); });`,
    });
    assert.deepEqual([status, lastLine], [0, '4 passed, 0 failed']);
  });

  it('counts each failure once and shows it at the end', async () => {
    const { status, output, lastLine } = await runTests('failing', {
      test: `describe('suite', () => { it('a', () => {}); it('b', () => { throw new Error('wrong b'); }); });`,
      hook: `describe('suite', () => { before(() => { throw new Error('wrong hook'); }); it('c', () => {}); });`,
    });
    assert.deepEqual([status, lastLine], [1, '1 passed, 3 failed']);
    const end = output.slice(output.indexOf('Failed: '));
    assert.match(
      end,
      /Failed: test\/unit\/test\.test\.ts:2 suite b \(Postgres 18\)\n {2}Error: wrong b\n/,
    );
    assert.match(
      end,
      /Failed: test\/unit\/hook\.test\.ts:2 suite \(Postgres 18\)\n {2}Error: wrong hook\n/,
    );
  });

  it('counts a file that crashes, leaves early or has no test as a failure', async () => {
    const { status, output, lastLine } = await runTests('crashing', {
      late: `it('a', () => {}); setTimeout(() => { throw new Error('late'); }, 1);`,
      syntax: `it('b', () => {`,
      leaves: `it('c', () => { process.exit(0); });`,
      empty: '',
    });
    assert.deepEqual([status, lastLine], [1, '1 passed, 4 failed']);
    const end = output.slice(output.indexOf('Failed: '));
    assert.match(end, /Failed: test\/unit\/late\.test\.ts \(Postgres 18\)\n[^]*"Error: late"/);
    assert.match(end, /Failed: test\/unit\/syntax\.test\.ts \(Postgres 18\)\n[^]*SyntaxError/);
  });

  it('shows in one line how many files a signal has stopped', async () => {
    const { status, output, lastLine } = await runTests('stopped', {
      endless: `it('b', async () => { process.kill(process.ppid, 'SIGTERM'); await new Promise(() => setTimeout(() => {}, 600_000)); });`,
    });
    assert.deepEqual([status, lastLine], [1, '0 passed, 1 failed']);
    assert.match(
      output,
      /\nFailed: The run was stopped \(Postgres 18\)\n {2}1 of 1 files did not come to their end\.\n/,
    );
  });

  it('runs the file of a failure once more if it is told so, and shows what failed', async () => {
    const { status, output, lastLine } = await runTests(
      'unsteady',
      {
        later: failsOnce,
        never: `it('a', () => { throw new Error('wrong'); });`,
        passes: `it('b', () => {});`,
      },
      '--repeat-failed',
    );
    assert.deepEqual([status, lastLine], [1, '1 passed, 1 failed']);
    const title = 'test/unit/later.test.ts:4 passes later (Postgres 18)';
    assert.ok(
      output.includes(
        `\nFailed once, and passed when its file ran again: ${title}\n  Error: too early\n`,
      ),
    );
    assert.match(output, /\nFailed: test\/unit\/never\.test\.ts:2 a \(Postgres 18\)\n/);
  });

  it('succeeds when everything that failed passes in the second run', async () => {
    const contents = { later: failsOnce, passes: `it('b', () => {});` };
    const { status, lastLine } = await runTests('steadied', contents, '--repeat-failed');
    assert.deepEqual([status, lastLine], [0, '1 passed, 0 failed']);
  });

  it('runs nothing again when more than two files have failed', async () => {
    const { status, output, lastLine } = await runTests(
      'broken',
      { one: failsOnce, two: failsOnce, three: failsOnce },
      '--repeat-failed',
    );
    assert.deepEqual([status, lastLine], [1, '0 passed, 3 failed']);
    assert.doesNotMatch(output, /passed when its file ran again/);
  });

  it('fails when there is nothing to run', async () => {
    const { status, output, lastLine } = await runTests('nothing', {});
    assert.deepEqual([status, lastLine], [1, '0 passed, 1 failed']);
    assert.match(output, /^No test file matches test\.$/m);
  });
});
