/** What becomes of each record of an answer. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  countUnclassified,
  keepOriginal,
  originalOf,
  readPage,
  readRecords,
} from '../../src/ingest/page-records.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { usualClassify } from '../support/stored-records.ts';

const good = (id: string, members = {}): Readonly<Record<string, unknown>> => ({
  id,
  timestamp: '1970-01-01T00:01:40Z',
  url: '/api/v2/tickets/1',
  method: 'GET',
  status: 200,
  ...members,
});
const timeless = { ...good('odd'), timestamp: 'yesterday' };

function read(records: readonly unknown[], lossy: readonly number[] = []) {
  const originals = records.map((_, index) => Buffer.from(`original ${index}`));
  return readPage(accessLogs, usualClassify, {
    records,
    originals: () => originals,
    lossy: new Set(lossy),
  });
}
const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);
const extras = (rows: readonly { readonly row: Readonly<Record<string, unknown>> }[]): unknown[] =>
  rows.map(({ row: { extra } }) => extra && { ...extra });

describe('the records of a page', () => {
  it('become rows with what the rules say of them, and those without an id or a time go into quarantine', () => {
    const { rows, quarantined } = read([good('a'), timeless, null, good('b', { url: '/x/y/z' })]);
    assert.deepEqual(ids(rows), ['a', 'b']);
    assert.deepEqual(
      rows.map(({ timeMs }) => timeMs),
      [100_000, 100_000],
    );
    assert.deepEqual(
      rows.map(({ derived }) => derived.length),
      [1, 1],
    );
    assert.deepEqual(
      quarantined.map(({ position, recordId, recordTime, content }) => [
        position,
        recordId,
        recordTime,
        content.toString(),
      ]),
      [
        [2, 'odd', 'yesterday', 'original 1'],
        [3, undefined, undefined, 'original 2'],
      ],
    );
    assert.deepEqual(
      quarantined.map(({ code }) => code),
      ['record_unreadable', 'record_unreadable'],
    );
  });

  it('have no derived rows in a log without rules', () => {
    const audit = {
      id: 1,
      created_at: '1970-01-01T00:01:40Z',
      actor_id: 2,
      source_type: 'user',
      action: 'update',
    };
    const [row, ...others] = readRecords(auditLogs, usualClassify, [audit]);
    assert.deepEqual([row?.id, row?.timeMs, row?.derived, others], ['1', 100_000, [], []]);
  });

  it('throw the error of one that cannot be read if nobody takes it', () => {
    assert.throws(() => readRecords(accessLogs, usualClassify, [good('a'), timeless]), {
      code: 'record_unreadable',
    });
  });

  it('keep their original where it says more than the record, also behind one that cannot be read', () => {
    const members = { surprise: 1 };
    const records = [timeless, good('a'), good('b', members), good('c')];
    assert.deepEqual(extras(read(records).rows), [null, members, null]);
    assert.deepEqual(extras(read(records, [1, 2]).rows), [
      { $original: { text: 'original 1' } },
      { ...members, $original: { text: 'original 2' } },
      null,
    ]);
  });

  it('refuse the page if most of them cannot be read', () => {
    const odd = Array.from({ length: 5 }, () => timeless);
    assert.throws(() => read([good('a'), good('b'), ...odd]), { code: 'records_unusable' });
    assert.equal(
      read([...odd.map((_, index) => good(String(index))), ...odd]).quarantined.length,
      5,
    );
  });
});

describe('a row that Postgres refuses', () => {
  it('goes into quarantine with the record that it was made of', () => {
    const { rows, quarantine } = read([timeless, good('a'), good('b'), good('c')], [2]);
    const refused = Object.assign(new Error('out of range'), { code: '22003' });
    assert.deepEqual(
      rows.map((row) => {
        const { position, recordId, recordTime, content, code, reason } = quarantine(row, refused);
        return [position, recordId, recordTime, content.toString(), code, reason];
      }),
      ['a', 'b', 'c'].map((id, index) => [
        index + 2,
        id,
        '1970-01-01T00:01:40Z',
        `original ${index + 1}`,
        'record_refused',
        'Postgres rejects the row: a number in it is too large (SQLSTATE 22003).',
      ]),
    );
  });
});

describe('the original of a record', () => {
  it('is written again where the answer has none', () => {
    const page = { records: [{ id: 1 }, undefined], originals: () => [] };
    assert.deepEqual(
      [0, 1].map((index) => originalOf(page, index).toString()),
      ['{"id":1}', ''],
    );
    const sent = { ...page, originals: () => [Buffer.from('{ "id": 1 }')] };
    assert.equal(originalOf(sent, 0).toString(), '{ "id": 1 }');
  });

  it('is kept as text, or as base64 if its bytes are not text, and the other columns stay', () => {
    const [row] = read([good('a')]).rows;
    assert.ok(row);
    assert.deepEqual(keepOriginal(row, Buffer.from([0xff])), {
      ...row,
      row: { ...row.row, extra: { $original: { base64: '/w==' } } },
    });
  });
});

describe('rows that no rule matches', () => {
  it('are counted only in a log with rules', () => {
    const { rows } = read([good('a'), good('b', { url: '/x/y/z' }), good('c', { url: '/q/r' })]);
    assert.equal(countUnclassified(accessLogs, rows), 2);
    assert.equal(countUnclassified(accessLogs, rows.slice(0, 1)), 0);
    assert.equal(countUnclassified(auditLogs, rows), undefined);
  });
});
