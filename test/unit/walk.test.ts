import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createWalkGuard } from '../../src/ingest/walk.ts';

/** The ids of a page of a hundred records. */
const pageOf = (page: number): string[] =>
  Array.from({ length: 100 }, (_, place) => `id ${page * 100 + place}`);

/** Walks through pages with a new cursor each; returns how many it took until the guard refused, or undefined. */
function walk(pages: readonly (readonly string[])[]): number | undefined {
  const check = createWalkGuard('audit_logs', undefined);
  for (const [place, ids] of pages.entries())
    try {
      check({ nextCursor: `cursor ${place}`, isUnsure: false, requestId: undefined }, ids);
    } catch {
      return place + 1;
    }
  return undefined;
}

describe('the guard of a walk', () => {
  for (const period of [2, 3, 7, 400])
    it(`ends a circle of ${period} pages three pages after its first turn`, () => {
      const pages = Array.from({ length: 1000 }, (_, place) => pageOf(place % period));
      assert.equal(walk(pages), period + 3);
    });

  it('ends a circle whose pages begin at another place in each turn', () => {
    const ids = [pageOf(0), pageOf(1), pageOf(2)].flat();
    const pages = Array.from({ length: 50 }, (_, place) =>
      Array.from({ length: 70 }, (_unused, offset) => ids[(place * 70 + offset) % 300] ?? ''),
    );
    assert.ok((walk(pages) ?? Infinity) <= 8);
  });

  it('ends a circle with empty pages in between', () => {
    const pages = Array.from({ length: 50 }, (_, place) =>
      place % 2 === 0 ? pageOf(place % 4) : [],
    );
    assert.ok((walk(pages) ?? Infinity) <= 10);
  });

  it('accepts repeated records, and pages with all but two records seen before', () => {
    assert.equal(
      walk([pageOf(0), pageOf(1), pageOf(0), pageOf(1), pageOf(2), pageOf(0)]),
      undefined,
    );
    const overlapping = Array.from({ length: 500 }, (_, place) => [
      ...pageOf(place),
      `id ${place}`,
    ]);
    assert.equal(walk(overlapping), undefined);
  });

  it('continues through a long walk of single records', () => {
    assert.equal(walk(Array.from({ length: 50_000 }, (_, place) => [`id ${place}`])), undefined);
  });
});

/** A page with the parts that the guard checks; by default it has a new cursor. */
type Answered = { names?: readonly string[]; nextCursor?: string | undefined; isUnsure?: boolean };

function guard(answers: readonly Answered[], startCursor?: string): boolean[] {
  const check = createWalkGuard('audit_logs', startCursor);
  return answers.map(({ names = [], isUnsure = false, ...answer }, place) => {
    const nextCursor = 'nextCursor' in answer ? answer.nextCursor : `cursor ${place}`;
    return check({ nextCursor, isUnsure, requestId: `request ${place}` }, names);
  });
}

function assertStuck(answers: readonly Answered[], fault: string, startCursor?: string): void {
  assert.deepEqual(
    guard(answers.slice(0, -1), startCursor),
    answers.slice(0, -1).map(() => false),
  );
  assert.throws(() => guard(answers, startCursor), {
    code: 'walk_stuck',
    found: `${fault}. The time range is not complete and will be read again`,
    requestId: `request ${answers.length - 1}`,
  });
}

describe('a walk that does not advance', () => {
  const samePage = 'Zendesk sent the same page of audit_logs again instead of the next one';
  const abc = { names: ['a', 'b', 'c'] };

  it('is one whose page begins like the one before', () => {
    assertStuck([abc, { names: ['a', 'x', 'y'] }], samePage);
  });

  it('is one whose cursor comes again without anything new, also the first cursor', () => {
    assertStuck([{ ...abc, nextCursor: 'one' }, { nextCursor: 'one' }], samePage);
    assertStuck([{ nextCursor: 'start' }], samePage, 'start');
    assert.deepEqual(
      guard([
        { ...abc, nextCursor: 'one' },
        { names: ['d'], nextCursor: 'one' },
      ]),
      [false, false],
      'what is new may come with any cursor',
    );
  });

  it('is one with three pages in a row of seen records', () => {
    const seen = [{ names: ['b'] }, { names: ['c'] }, { names: ['a'] }];
    assertStuck(
      [abc, ...seen],
      'Zendesk sent 3 pages of audit_logs in a row that it had sent before',
    );
    const [one, two, three] = seen;
    assert.deepEqual(
      guard([abc, one ?? {}, two ?? {}, { names: ['d'] }, three ?? {}, one ?? {}]),
      Array.from({ length: 6 }, () => false),
    );
  });

  it('is one with eleven empty pages in a row and more to come', () => {
    const empty = Array.from({ length: 10 }, (): Answered => ({}));
    assertStuck(
      [abc, ...empty, {}],
      'Zendesk sent 11 empty pages of audit_logs in a row, but says that there are more',
    );
    assert.deepEqual(
      guard([...empty, abc, ...empty, { nextCursor: undefined }]),
      Array.from({ length: 22 }, () => false),
    );
  });

  it('is not one with records twice within a page', () => {
    const twice = Array.from({ length: 20 }, (_, place) => [`id ${place}`, `id ${place}`]).flat();
    assert.deepEqual(guard([abc, { names: twice }, { names: ['z'] }]), [false, false, false]);
  });
});

describe('a page that is said to be the last', () => {
  it('is reported as wrong with the earliest of the new records after it', () => {
    const told: number[] = [];
    const check = createWalkGuard('audit_logs', undefined, (earliestMs) => told.push(earliestMs));
    const answer = { nextCursor: 'one', requestId: undefined };
    check({ ...answer, isUnsure: true }, ['a', 'b'], [1, 2]);
    check({ ...answer, nextCursor: 'two', isUnsure: true }, ['b', 'd', 'c'], [2, 9, 7]);
    assert.deepEqual(told, [7]);
    check({ ...answer, nextCursor: 'three', isUnsure: true }, ['c'], [7]);
    check({ ...answer, nextCursor: 'four', isUnsure: false }, ['e'], [8]);
    check({ ...answer, nextCursor: 'five', isUnsure: false }, ['f'], [9]);
    assert.deepEqual(told, [7, 8]);
  });

  const full = { names: ['a', 'b', 'c'], isUnsure: true };

  it('counts as the last when nothing new follows it, and not before', () => {
    assert.deepEqual(guard([full, full]), [false, true]);
    assert.deepEqual(guard([full, { ...full, nextCursor: undefined }]), [false, true]);
    assert.deepEqual(guard([full, { names: ['d'], isUnsure: true }]), [false, false]);
    assert.deepEqual(guard([full, { names: ['b'], isUnsure: true }]), [false, true]);
    assert.deepEqual(guard([{ isUnsure: true }, { isUnsure: true }]), [false, true]);
  });

  it('is the same page again when only one of the two is said to be the last', () => {
    const samePage = /sent the same page of audit_logs again/;
    assert.throws(() => guard([full, { ...full, isUnsure: false }]), { message: samePage });
    assert.throws(() => guard([{ ...full, isUnsure: false }, full]), { message: samePage });
  });

  it('may be followed by a page of its own records, which says nothing about the order', () => {
    const last = { names: ['b'], nextCursor: undefined };
    assert.deepEqual(guard([full, last]), [false, false]);
    assert.throws(() => guard([{ ...full, isUnsure: false }, last]), {
      found:
        'Zendesk changed the order of audit_logs from one page to the next, so records between them may be missing. The time range is not complete and will be read again',
    });
  });
});

/** Walks to the end of a list whose pages come from different orders; whether the guard refused. */
function isRefused(
  records: number,
  pageSize: number,
  orderOf: (page: number) => (a: number, b: number) => number,
): boolean {
  const check = createWalkGuard('audit_logs', undefined);
  for (let page = 0; page * pageSize < records; page += 1) {
    const list = Array.from({ length: records }, (_, place) => place).toSorted(orderOf(page));
    const shown = list.slice(page * pageSize, (page + 1) * pageSize);
    const nextCursor = (page + 1) * pageSize < records ? `cursor ${page}` : undefined;
    const names = shown.map((id) => `id ${id}`);
    try {
      check({ nextCursor, isUnsure: false, requestId: undefined }, names, shown);
    } catch (error) {
      assert.match(String(error), /changed the order of audit_logs from one page to the next/);
      return true;
    }
  }
  return false;
}

const scatter = (seed: number) => (id: number) => (Math.imul(id + seed, 2_654_435_761) >>> 0) % 997;

describe('a list that changes its order between pages', () => {
  for (const records of [105, 150, 195, 250, 450])
    it(`is refused when ${records} records are reversed with each page`, () => {
      assert.equal(
        isRefused(records, 100, (page) => (a, b) => (page % 2 === 0 ? a - b : b - a)),
        true,
      );
    });

  it('is refused when the order differs with each page', () => {
    assert.equal(
      isRefused(450, 100, (page) => {
        const place = scatter(page * 7919);
        return (a, b) => place(a) - place(b);
      }),
      true,
    );
  });

  it('is accepted in any order that stays', () => {
    const place = scatter(0);
    assert.equal(
      isRefused(450, 100, () => (a, b) => place(a) - place(b)),
      false,
    );
    assert.equal(
      isRefused(450, 100, () => (a, b) => b - a),
      false,
    );
  });

  it('is accepted when only the records of a page are reversed', () => {
    const check = createWalkGuard('audit_logs', undefined);
    for (const page of [0, 1, 2, 3]) {
      const ids = Array.from({ length: 100 }, (_, place) => page * 100 + place);
      if (page % 2 === 1) ids.reverse();
      const names = ids.map((id) => `id ${id}`);
      const answer = { nextCursor: `cursor ${page}`, isUnsure: false, requestId: undefined };
      assert.equal(check(answer, names, ids), false);
    }
  });

  it('is accepted when a page begins with the end of the one before', () => {
    const check = createWalkGuard('audit_logs', undefined);
    for (const [from, nextCursor] of [
      [0, 'a'],
      [60, 'b'],
      [120, undefined],
    ] as const) {
      const ids = Array.from({ length: 100 }, (_, place) => from + place);
      const names = ids.map((id) => `id ${id}`);
      assert.equal(check({ nextCursor, isUnsure: false, requestId: undefined }, names, ids), false);
    }
  });
});
