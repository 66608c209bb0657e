import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runChaos } from '../support/chaos/chaos.ts';
import { disturbances } from '../support/chaos/disturbances.ts';
import { kill } from '../support/chaos/disturbances/kill.ts';
import { silentConnections } from '../support/chaos/disturbances/silent-connections.ts';

// Once more on another version of Postgres, a few are enough.
const strikes = process.env['TEST_POSTGRES_BINARIES'] === undefined ? 50 : 10;
const seed = Math.floor(Math.random() * 2 ** 32);

describe('kill -9 at any moment', () => {
  it(`loses no row, doubles none and keeps the progress, ${strikes} times (seed ${seed})`, async () => {
    const { requests, pages, rows, again, ...done } = await runChaos({
      strikes,
      disturbances: [kill],
      seed,
    });
    assert.equal(done.strikes, strikes);
    // What was under way is asked for again: a page or two for each cursor, and the newest at each start.
    assert.ok(requests - pages < 6 * strikes, `${requests} requests for ${pages} pages`);
    // What was stored is not, but for the seconds in which spans overlap.
    assert.ok(again < rows / 50, `${again} of ${rows} rows were read again`);
  });
});

describe('everything else that may happen to a pulling process', () => {
  // What loses every byte is waited for: that takes a minute.
  const [first = kill, ...others] = disturbances.filter(
    (one) => one !== kill && one !== silentConnections,
  );
  const few = strikes / 5;

  it(`loses no row and doubles none, ${few} times`, async () => {
    const done = await runChaos({ strikes: few, disturbances: [first, ...others], seed: 3 });
    assert.equal(done.strikes, few);
  });
});
