import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listNeeds } from '../../src/ingest/attention.ts';
import type { StreamStatus } from '../../src/ingest/status.ts';

const now = new Date('2026-03-01T12:00:00Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
const well: StreamStatus = {
  account: 'acme',
  stream: 'access_logs',
  state: 'ok',
  covered_from: ago(90 * 86_400),
  covered_until: ago(400),
  gaps: 0,
  gap_seconds: 0,
  lost_seconds: 0,
  headroom_seconds: 90 * 86_400,
  lag_seconds: 400,
  last_success: ago(60),
  last_error: null,
  last_error_code: null,
  last_error_at: null,
  rows: 5,
  quarantined: 0,
  removals: [],
  archived_rows: 0,
  losses: [],
  late_rows: [],
  anchors: [],
  verification_findings: 0,
  verified_at: null,
  deeply_verified_at: null,
  found: [],
  last_reconciliation: null,
};
const lossAt = (moment: Date | null): StreamStatus['losses'][number] =>
  ({ noticed_at: moment?.toISOString() ?? null }) as StreamStatus['losses'][number];

describe('whether a stream needs a person', () => {
  const table: [string, Partial<StreamStatus>, string[]][] = [
    ['nothing while it is followed', {}, []],
    [
      'nothing for a failure that may pass',
      { state: 'failed', last_error_code: 'no_usable_answer' },
      [],
    ],
    [
      'a look when it fails for a quarter of an hour',
      { state: 'failed', last_success: ago(901) },
      ['it fails repeatedly'],
    ],
    [
      'new credentials at once',
      { state: 'failed', last_error_code: 'unauthorized' },
      ['the credentials are refused'],
    ],
    [
      'nothing for a failure that was overcome, though its code is remembered',
      { last_error_code: 'unauthorized' },
      [],
    ],
    ['nothing for a quarter of an hour', { last_success: ago(900) }, []],
    [
      'a process that pulls people who were listed three hours ago',
      { stream: 'users', last_success: ago(10_801) },
      ['nothing pulls it; start "serve"'],
    ],
    [
      'a process that pulls it for the first time',
      { last_success: null },
      ['nothing pulls it; start "serve"'],
    ],
    ['a look when Zendesk refuses it', { state: 'unavailable' }, ['Zendesk refuses it']],
    ['a process that pulls it', { last_success: ago(901) }, ['nothing pulls it; start "serve"']],
    [
      'nothing while a first backfill runs',
      { state: 'running', last_success: null, gaps: 1, headroom_seconds: 60 },
      [],
    ],
    [
      'somebody to fill what Zendesk is about to drop',
      { gaps: 1, headroom_seconds: 13 * 86_400 },
      ['Zendesk will soon delete what is not stored yet, and nothing reads it'],
    ],
    ['nothing where no gap is in danger', { gaps: 0, headroom_seconds: 60 }, []],
    [
      'nothing for a gap that Zendesk keeps for two weeks',
      { gaps: 1, headroom_seconds: 14 * 86_400 },
      [],
    ],
    ['nothing for a gap that Zendesk keeps permanently', { gaps: 1, headroom_seconds: null }, []],
    ['nothing for what was lost long ago', { lost_seconds: 86_400 }, []],
    ['nothing for rows that were taken away a day ago', { losses: [lossAt(ago(86_400))] }, []],
    [
      'nothing for rows of which nobody knows when they were taken away',
      { losses: [lossAt(null)] },
      [],
    ],
    ['a look at the quarantine', { quarantined: 2 }, ['records could not be stored']],
    [
      'a look at rows that were taken away',
      { losses: [lossAt(ago(86_399))] },
      ['rows were removed by hand'],
    ],
    [
      'nothing for people who were listed an hour ago',
      { stream: 'users', last_success: ago(3700) },
      [],
    ],
  ];
  for (const [name, change, needs] of table)
    it(`is ${name}`, () => {
      assert.deepEqual(listNeeds({ ...well, ...change }, ['users'], now), needs);
    });
});
