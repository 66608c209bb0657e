/** The pure parts of the command `classify`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  describeUnclassified,
  renderPass,
  renderUnclassified,
} from '../../src/commands/classify-tasks.ts';
import { readClassifyFlags, type ClassifyFlags } from '../../src/commands/classify.ts';
import { hasCode } from '../../src/errors.ts';
import { measureProgress } from '../../src/ingest/classification-pass.ts';

const at = (hour: number): Date => new Date(Date.UTC(2026, 10, 20, hour));

function problemsOf(flags: ClassifyFlags): readonly string[] {
  try {
    readClassifyFlags(flags);
  } catch (error) {
    assert.ok(hasCode(error, 'bad_input'));
    return error.problems;
  }
  return [];
}

describe('the flags of classify', () => {
  it('must name one task', () => {
    assert.deepEqual(readClassifyFlags({ report: true }), {
      task: 'report',
      days: undefined,
      limit: 20,
    });
    assert.deepEqual(readClassifyFlags({ report: true, days: '7', limit: '10000' }), {
      task: 'report',
      days: 7,
      limit: 10_000,
    });
    assert.deepEqual(readClassifyFlags({ apply: true }), { task: 'apply', again: false });
    assert.deepEqual(problemsOf({}), [
      'Neither --report nor --apply is set. Use exactly one of them.',
    ]);
    assert.deepEqual(problemsOf({ report: true, apply: true }), [
      '--report and --apply are both set. Use exactly one of them.',
    ]);
  });

  it('must fit the task and be numbers, and all problems are listed at once', () => {
    assert.deepEqual(problemsOf({ report: true, days: '0', limit: '10001', again: true }), [
      '--days is "0". Use a whole number from 1 to 36500.',
      '--limit is "10001". Use a whole number from 1 to 10000.',
      '--again works only with --apply. Leave it out with --report.',
    ]);
    assert.deepEqual(problemsOf({ apply: true, days: '1.5', limit: '5' }), [
      '--days is "1.5". Use a whole number from 1 to 36500.',
      '--days works only with --report. Leave it out with --apply.',
      '--limit works only with --report. Leave it out with --apply.',
    ]);
  });
});

describe('the report on requests that no rule matches', () => {
  const summary = {
    total: 12,
    templates: [{ template: 'GET /api/v2/moons/{id}', requests: 10, newest: at(9) }],
    others: 2,
  };

  it('says how many they are and which forms they have', () => {
    assert.equal(
      renderUnclassified({ account: 'acme', since: at(0), requests: 24_000, summary }),
      `No rule matches 12 of the 24,000 stored requests of acme since 2026-11-20 00:00 (UTC) (0.05%).

Requests  Newest (UTC)      Form
      10  2026-11-20 09:00  GET /api/v2/moons/{id}

2 more have other patterns; see --limit.
Write rules for them into the file named in ACCESS_RULES_FILE; see "classify --help".`,
    );
    assert.deepEqual(
      describeUnclassified({ account: 'acme', since: undefined, requests: 24, summary }),
      {
        account: 'acme',
        since: null,
        requests: 24,
        unclassified: 12,
        share: 0.5,
        templates: summary.templates,
        others: 2,
      },
    );
  });

  it('has a sentence for the cases that everything is known, nothing is stored, or the share is very small', () => {
    const nothing = { total: 0, templates: [], others: 0 };
    const render = (requests: number, since?: Date): string =>
      renderUnclassified({ account: 'acme', since, requests, summary: nothing });
    assert.equal(render(7), 'The rules match all of the 7 stored requests of acme.');
    assert.equal(render(0), 'No requests of acme are stored.');
    assert.equal(render(0, at(3)), 'No requests of acme are stored since 2026-11-20 03:00 (UTC).');
    assert.equal(
      describeUnclassified({ account: 'a', since: at(1), requests: 0, summary: nothing })['share'],
      0,
    );
    assert.match(
      renderUnclassified({ account: 'acme', since: undefined, requests: 1_000_000, summary }),
      /^No rule matches 12 of the 1,000,000 stored requests of acme \(below 0\.01%\)\.\n/,
    );
  });
});

describe('a pass of classify', () => {
  const state = {
    rules: 'r',
    reachedAt: at(6),
    rowsRead: 1,
    rowsChanged: 0,
    startedAt: at(0),
    endedAt: null,
  };

  it('is described in one sentence', () => {
    const render = (outcome: 'complete' | 'already' | 'stopped', more = {}, days = 0): string =>
      renderPass('acme', { outcome, state: { ...state, ...more }, days, isContinued: false });
    assert.equal(render('complete'), 'Classified 1 request of acme: none has changed.');
    assert.equal(
      render('complete', { rowsRead: 5000, rowsChanged: 1 }, 1),
      'Classified 5,000 requests of acme: 1 has changed; 1 day counted again.',
    );
    assert.equal(
      render('complete', { rowsRead: 5000, rowsChanged: 1200 }, 31),
      'Classified 5,000 requests of acme: 1,200 have changed; 31 days counted again.',
    );
    assert.equal(
      render('stopped', { rowsRead: 5000 }),
      'Stopped after 5,000 requests of acme; "classify --apply" continues from there.',
    );
    assert.equal(
      render('already', { endedAt: at(7) }),
      'The stored requests of acme are already classified by these rules, up to 2026-11-20 06:00 UTC. Add --again to classify all of them again.',
    );
    assert.equal(
      renderPass('acme', { outcome: 'complete', state, days: 0, isContinued: true }),
      'Classified 1 further request of acme: none has changed.',
    );
  });

  it('measures progress by its time between the oldest and the newest request', () => {
    const bounds = { oldest: at(0), newest: at(8) };
    const share = (more: object, within = bounds): number =>
      measureProgress({ ...state, ...more }, within).share;
    assert.equal(share({}), 0.75);
    assert.equal(share({ reachedAt: null }), 0);
    // Rows were stored since the bounds were read.
    assert.equal(share({ reachedAt: at(9) }), 1);
    assert.equal(share({}, { oldest: at(6), newest: at(6) }), 0);
    assert.equal(share({ reachedAt: null, endedAt: at(9) }), 1);
    assert.deepEqual(measureProgress(state, bounds), {
      rows: 1,
      share: 0.75,
      wantedSeconds: 28_800,
    });
  });
});
