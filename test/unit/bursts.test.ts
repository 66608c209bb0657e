import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fetch } from '../../src/ingest/fetch.ts';
import { beginFill, noteEnd, noteStart, planNext } from '../../src/ingest/fill-state.ts';
import { splitSpanSeconds } from '../../src/ingest/plan.ts';
import { unite, type Spans } from '../../src/span.ts';

const now = 1_800_000_000;
const day = 86_400;
const pageSize = 100;

/** Numbers that look random and are always the same. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Backlog = { readonly days: number; readonly gapSeconds: number; readonly burst: () => number };

/** The seconds of the records of a backlog, in order. */
function makeBacklog(
  { days, gapSeconds, burst }: Backlog,
  random: (below: number) => number,
): number[] {
  const seconds: number[] = [];
  for (let at = now - days * day; at < now - 1000; at += 1 + random(gapSeconds * 2))
    for (let count = burst(); count > 0; count -= 1) seconds.push(at);
  return seconds;
}

/** How many requests the plan of a backfill takes for a log, with a single cursor. */
function countRequests(log: readonly number[], days: number): number {
  let state = beginFill('gaps');
  let coverage: Spans = [{ from: now - 900, to: now - 300 }];
  const horizon = now - days * day;
  let requests = 0;
  for (;;) {
    const facts = {
      coverage,
      horizon,
      rescanned: new Map(),
      rescanAges: [],
      settleSeconds: 300,
      earliest: now,
      likely: now,
    };
    const next = planNext(state, facts);
    if (next === undefined) return requests;
    const { span } = next;
    state = noteStart(state, span);
    // One second more at both ends, as in every request.
    const rows = log.filter((second) => second >= span.from - 1 && second <= span.to + 1);
    let pages = 0;
    let splitSeconds: number | undefined;
    do {
      pages += 1;
      const read = rows.slice(0, pages * pageSize);
      if (pages * pageSize < rows.length)
        splitSeconds = splitSpanSeconds({
          span,
          pages,
          oldestRow: read[0] ?? 0,
          newestRow: read.at(-1) ?? 0,
        });
    } while (pages * pageSize < rows.length && splitSeconds === undefined);
    requests += pages;
    const fetch = { kind: 'backfill', span, pages } as Fetch;
    state = noteEnd(state, { fetch, splitSeconds, hasRows: true });
    if (splitSeconds === undefined) coverage = unite(coverage, [span]);
  }
}

describe('a backlog with more records in a second than a page holds', () => {
  const random = createRandom(7);
  const table: [string, Backlog][] = [
    ['every hour', { days: 30, gapSeconds: 3600, burst: () => 101 + random(190) }],
    ['every ten minutes', { days: 10, gapSeconds: 600, burst: () => 101 + random(190) }],
    ['every minute', { days: 2, gapSeconds: 60, burst: () => 101 + random(190) }],
    ['every ten seconds', { days: 1, gapSeconds: 10, burst: () => 101 + random(190) }],
    ['every day', { days: 700, gapSeconds: day, burst: () => 101 + random(190) }],
    ['of a thousand', { days: 30, gapSeconds: 3600, burst: () => 1000 + random(500) }],
    [
      'among single records',
      { days: 60, gapSeconds: 600, burst: () => (random(20) === 0 ? 250 : 1) },
    ],
    ['of any size', { days: 60, gapSeconds: 1800, burst: () => random(random(600) + 1) + 1 }],
  ];
  for (const [name, backlog] of table)
    it(`takes at most 1.2 times the pages of its records: bursts ${name}`, () => {
      const log = makeBacklog(backlog, random);
      const needed = Math.ceil(log.length / pageSize);
      const requests = countRequests(log, backlog.days);
      assert.ok(requests <= needed * 1.2, `${requests} requests for ${needed} pages`);
    });
});
