import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runChaos } from '../support/chaos/chaos.ts';
import { disturbances } from '../support/chaos/disturbances.ts';
import { kill } from '../support/chaos/disturbances/kill.ts';
import { silentConnections } from '../support/chaos/disturbances/silent-connections.ts';

// On another version of Postgres, a few are enough.
const strikes = process.env['TEST_POSTGRES_BINARIES'] === undefined ? 50 : 10;
const seed = Math.floor(Math.random() * 2 ** 32);

describe('kill -9 at any moment', () => {
  it(`loses and doubles no row and keeps the progress, ${strikes} times (seed ${seed})`, async () => {
    const { requests, pages, rows, again, ...done } = await runChaos({
      strikes,
      disturbances: [kill],
      seed,
    });
    assert.equal(done.strikes, strikes);
    // Work in progress is requested again: a page or two for each cursor, and the newest at each start.
    assert.ok(requests - pages < 6 * strikes, `${requests} requests for ${pages} pages`);
    // Stored pages are not, except the seconds in which spans overlap.
    assert.ok(again < rows / 50, `${again} of ${rows} rows were read again`);
  });
});

describe('everything else that may happen to a pulling process', () => {
  // The program waits for a connection that loses every byte: that takes a minute.
  const [first = kill, ...others] = disturbances.filter(
    (one) => one !== kill && one !== silentConnections,
  );
  const few = strikes / 5;

  it(`loses and doubles no row, ${few} times`, async () => {
    const done = await runChaos({ strikes: few, disturbances: [first, ...others], seed: 3 });
    assert.equal(done.strikes, few);
  });
});
