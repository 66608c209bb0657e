import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KnownError } from '../../src/errors.ts';
import { describeUnreadable, readEach } from '../../src/ingest/each-record.ts';
import {
  nameRecord,
  quarantineRecord,
  refuseIfMost,
  warnOfQuarantine,
  type QuarantinedRecord,
} from '../../src/ingest/quarantine.ts';
import { parseJson } from '../../src/zendesk/body.ts';
import { collectLog } from '../support/collected-log.ts';

const unreadable = new KnownError('record_unreadable', { found: 'It has no usable id' });
const content = Buffer.from('{"id":"x"}');

describe('a record that cannot be stored', () => {
  it('is kept with its readable parts', () => {
    const { id } = parseJson(Buffer.from('{"id":12345678901234567890}')) as { id: unknown };
    assert.deepEqual(
      quarantineRecord(unreadable, 3, content, { id, time: `a\0${'b'.repeat(300)}` }),
      {
        position: 3,
        code: 'record_unreadable',
        reason: 'It has no usable id.',
        recordId: '12345678901234567890',
        recordTime: `a\uFFFD${'b'.repeat(198)}`,
        content,
      },
    );
  });

  it('is too deeply nested if anything else went wrong', () => {
    assert.deepEqual(
      quarantineRecord(new RangeError('stack'), 1, content, { id: {}, time: null }),
      {
        position: 1,
        code: 'record_unreadable',
        reason: 'The record is nested too deeply to be read.',
        recordId: undefined,
        recordTime: undefined,
        content,
      },
    );
  });

  it('is named by what looks like an id or a time, and by its position', () => {
    const named = (recordId?: string, recordTime?: string): string =>
      nameRecord({ ...quarantineRecord(unreadable, 7, content, {}), recordId, recordTime });
    assert.equal(named(), 'record 7 of the page');
    assert.equal(
      named('a-1', '2026-11-20 08:15Z'),
      'record 7 of the page (id a-1 of 2026-11-20T08:15:00Z)',
    );
    assert.equal(named('x'.repeat(64)), `record 7 of the page (id ${'x'.repeat(64)})`);
    for (const odd of ['x'.repeat(65), 'Ann Lee', 'ann@', '@ann', ''])
      assert.equal(named(odd, 'yesterday'), 'record 7 of the page');
  });

  it('is reported in the log without its content', () => {
    const log = collectLog();
    const records = [
      quarantineRecord(unreadable, 3, content, { id: 'Ann Lee', time: '2026-11-20T08:15:03Z' }),
      quarantineRecord(unreadable, 4, content, {}),
    ];
    const key = { account: 'acme', stream: 'audit_logs' };
    warnOfQuarantine(log, key, '12', records);
    warnOfQuarantine(log, key, undefined, records.slice(1));
    warnOfQuarantine(log, key, '12', []);
    const went = 'that cannot be stored went into quarantine: It has no usable id.';
    assert.deepEqual(log.lines(), [
      {
        level: 'warn',
        ...key,
        fetch: '12',
        records: 2,
        code: 'record_unreadable',
        position: 3,
        recordTime: '2026-11-20T08:15:03Z',
        msg: `records ${went}`,
      },
      {
        level: 'warn',
        ...key,
        records: 1,
        code: 'record_unreadable',
        position: 4,
        msg: `a record ${went}`,
      },
    ]);
  });
});

describe('a page with records that cannot be stored', () => {
  const some = (count: number): QuarantinedRecord[] =>
    Array.from({ length: count }, (_, place) =>
      quarantineRecord(unreadable, place + 1, content, { id: `id${place}` }),
    );

  it('is stored if they are few, or at most half of it', () => {
    for (const [bad, all] of [
      [0, 0],
      [4, 4],
      [5, 10],
      [50, 100],
    ] as const)
      assert.doesNotThrow(() => refuseIfMost('audit_logs', some(bad), all));
  });

  it('is refused if they are most of it, with the first of them', () => {
    for (const [bad, all] of [
      [5, 9],
      [51, 100],
    ] as const)
      assert.throws(() => refuseIfMost('audit_logs', some(bad), all), {
        code: 'records_unusable',
        found: `${bad} of the ${all} records of a page of audit_logs cannot be stored, so the whole page was not stored. The first one is record 1 of the page (id id0): It has no usable id`,
        wayOut:
          'If it persists, Zendesk has changed its format: try a newer version of this program',
      });
  });
});

describe('records that are read one by one', () => {
  const readNumber = (record: unknown): number => {
    const value = (record as { n?: unknown } | null)?.n;
    if (typeof value === 'number') return value;
    throw unreadable;
  };

  it('affect no others if they cannot be read', () => {
    const records = [{ n: 1 }, { id: 'a', created_at: '2026-11-20T08:15:03Z' }, null, { n: 2 }];
    assert.deepEqual(readEach(records, readNumber), {
      read: [1, 2],
      unreadable: [
        'record 2 of the page (id a of 2026-11-20T08:15:03Z): It has no usable id',
        'record 3 of the page: It has no usable id',
      ],
    });
    assert.deepEqual(readEach([{ key: 'b' }], readNumber, { id: 'key', time: 'at' }).unreadable, [
      'record 1 of the page (id b): It has no usable id',
    ]);
  });

  it('are reported in one clause', () => {
    assert.equal(describeUnreadable([]), undefined);
    assert.equal(describeUnreadable(['x']), 'one record cannot be read (x)');
    assert.equal(describeUnreadable(['x', 'y']), '2 records cannot be read (the first: x)');
  });
});
