import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { createPullDisplay } from '../../src/commands/terminal/pulling.ts';
import { streams } from '../../src/streams/registry.ts';

describe('what a pass shows', () => {
  for (const accounts of [1, 3])
    it(`ends with how far rollups and findings are, for accounts: ${accounts}`, (t) => {
      t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
      const printed: string[] = [];
      const printError = Object.assign((line: string) => void printed.push(line), {
        raw: () => {},
      });
      const stderr = new PassThrough() as unknown as NodeJS.Process['stderr'];
      const display = createPullDisplay({ stderr, printError }, streams, accounts);
      const examining = { type: 'examining', total: 30 } as const;
      display.report({ ...examining, what: 'rollups', done: 29 });
      t.mock.timers.tick(1000);
      display.report({ ...examining, what: 'findings', done: 2, total: 7 });
      t.mock.timers.tick(60_000);
      display.end();
      const shown = printed.join('\n');
      assert.match(shown, /^rollups 29 of 30 days$/m);
      assert.match(shown, /^rollups 29 of 30 days, findings 2 of 7 parts$/m);
    });
});
