import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClock, updateSkew } from '../../src/zendesk/clock.ts';

const server = 'Fri, 20 Nov 2026 12:00:00 GMT';
const serverMs = Date.parse(server);

/** A reading of an answer that took `tookMs` and whose Date header is `aheadMs` after its middle. */
function reading(aheadMs: number, tookMs = 100, date: string | undefined = server) {
  const middleMs = serverMs - aheadMs;
  return { sentAtMs: middleMs - tookMs / 2, receivedAtMs: middleMs + tookMs / 2, date };
}

describe('the trusted clock', () => {
  const table: [string, number, ReturnType<typeof reading>, number][] = [
    ['ignores a difference of a few seconds', 0, reading(4_000), 0],
    ['ignores a difference of a few seconds to the other side', 0, reading(-5_000), 0],
    ['follows a server that is an hour ahead', 0, reading(3_600_000), 3_600_000],
    ['follows a server that is an hour behind', 0, reading(-3_600_000), -3_600_000],
    ['does not take a slow answer for a wrong clock', 0, reading(20_000, 40_000), 0],
    ['follows a difference that even a slow answer proves', 0, reading(60_000, 40_000), 60_000],
    [
      'keeps a correction that a slow answer cannot make better',
      60_000,
      reading(50_000, 40_000),
      60_000,
    ],
    [
      'keeps a correction against the cut of the header to seconds',
      60_000,
      reading(59_100),
      60_000,
    ],
    ['moves a correction that is proved wrong', 60_000, reading(70_000), 70_000],
    ['drops a correction when the local clock was put right', 60_000, reading(0), 0],
    ['learns nothing from an answer without a date', 60_000, reading(0, 100, ''), 60_000],
    ['learns nothing from an unreadable date', 0, reading(3_600_000, 100, 'soon'), 0],
  ];
  for (const [name, before, read, after] of table)
    it(name, () => assert.equal(updateSkew(before, read), after));

  it('adds the correction to the local clock and tells when the clock turns wrong and right', () => {
    const changes: number[] = [];
    const clock = createClock(
      () => serverMs,
      (skewMs) => void changes.push(skewMs),
    );
    assert.deepEqual(clock.now(), new Date(serverMs));
    clock.observe(reading(3_600_000));
    clock.observe(reading(3_700_000));
    assert.deepEqual(clock.now(), new Date(serverMs + 3_700_000));
    assert.equal(clock.skewMs(), 3_700_000);
    clock.observe(reading(1_000));
    assert.deepEqual(clock.now(), new Date(serverMs));
    assert.deepEqual(changes, [3_600_000, 0]);
  });
});
