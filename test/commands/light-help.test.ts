import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { menu } from '../../src/commands/menu.ts';
import { runProgram } from '../support/program.ts';

/** A module costs half a millisecond of processor time, and from its source some milliseconds. */
const mostModules = 300;
const heavy = /\/node_modules\/(zod|yaml|pino|pino-pretty|hyparquet-writer|prom-client|hono)\//;
const options = { concurrency: 2, skip: process.env['TEST_POSTGRES_BINARIES'] !== undefined };

async function listLoaded(args: readonly string[]): Promise<readonly string[]> {
  const hooks = new URL('../support/loaded-modules.ts', import.meta.url).href;
  const { stderr } = await runProgram([...args], { NODE_OPTIONS: `--import=${hooks}` });
  return [...stderr.matchAll(/^loaded (.*)$/gm)].flatMap(([, url]) => url ?? []);
}

describe('a command that only shows its help', options, () => {
  // A script for the shell has the options of all commands.
  for (const { name } of menu.filter((entry) => entry.name !== 'completion'))
    it(`loads what describes it, and not what it does: ${name}`, async () => {
      const loaded = await listLoaded([name, '--help']);
      assert.ok(loaded.length < mostModules, `${loaded.length} modules`);
      assert.deepEqual(
        loaded.filter((url) => heavy.test(url)),
        [],
      );
    });

  for (const args of [['--help'], ['--version'], ['nonsense'], ['serve', '--nonsense']])
    it(`loads hardly anything: ${args.join(' ')}`, async () => {
      const loaded = await listLoaded(args);
      assert.ok(loaded.length < 80, `${loaded.length} modules`);
    });
});

describe('texts about tables', options, () => {
  it('name the schema that the settings name', async () => {
    const { stdout } = await runProgram(['report', 'findings', '--help'], {
      SCHEMA: 'zendesk_logs',
    });
    assert.match(stdout, /zendesk_logs\.finding_rules/);
  });
});
