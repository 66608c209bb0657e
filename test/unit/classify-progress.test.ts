import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it, mock } from 'node:test';
import { createClassifyProgress } from '../../src/commands/classify-tasks.ts';
import type { ProcessLike } from '../../src/commands/context.ts';

/** The output of a pass of this duration on a terminal, or elsewhere. */
function watchPass(isTTY: boolean, ms: number, days = 0): string {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 0 });
  try {
    const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 80 });
    const progress = createClassifyProgress({
      stderr: stderr as unknown as ProcessLike['stderr'],
      printError: Object.assign((line: string) => void stderr.write(`${line}\n`), {
        raw: () => assert.fail('lines alone are printed'),
      }),
    });
    progress.report({ rows: 4000, share: 0.25, wantedSeconds: 86_400 });
    for (let passed = 0; passed < ms; passed += 100) mock.timers.tick(100);
    progress.report({ rows: 9000, share: 0.5, wantedSeconds: 86_400 });
    if (days > 0) progress.reportDays(0, days);
    progress.end();
    const written = String(stderr.read() ?? '');
    mock.timers.tick(10_000);
    assert.equal(stderr.read(), null);
    return written;
  } finally {
    mock.timers.reset();
  }
}

describe('the progress of classify', () => {
  it('is shown on a terminal when it takes more than two seconds, without the rows of an earlier pass', () => {
    const written = watchPass(true, 2500);
    assert.match(written, /access_logs {2}25% \[##\.{8}\] +0 rows/);
    assert.match(written, /access_logs {2}50% \[#{5}\.{5}\] +5,000 rows +2,000\/s +ETA 5s/);
  });

  it('is written in plain lines without a terminal: after two seconds, then less and less often', () => {
    const written = watchPass(false, 7000).split('\n');
    assert.deepEqual(
      written.map((line) => line.slice(0, 16)),
      ['access_logs  25%', 'access_logs  25%', 'access_logs  50%', ''],
    );
  });

  it('shows the days that are counted again', () => {
    assert.match(watchPass(true, 2500, 1200), /rollups {8}0 of 1,200 days counted again/);
    assert.match(watchPass(false, 2500, 31), /\nrollups {8}0 of 31 days counted again\n$/);
  });

  it('is not shown when it takes less', () => {
    assert.equal(watchPass(true, 1900), '');
    assert.equal(watchPass(false, 1900), '');
  });
});
