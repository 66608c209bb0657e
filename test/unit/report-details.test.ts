import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KnownError, refuseInput } from '../../src/errors.ts';
import {
  addRecordDetails,
  createRecordDetails,
  type AskZendesk,
} from '../../src/reports/accessed/record-details.ts';
import { inBlocks, rememberLookups } from '../../src/reports/accessed/record-lookup.ts';
import { iterateRows, type ReportRow } from '../../src/reports/shared/report.ts';
import { collect } from '../support/collect.ts';

describe('the look-up of records', () => {
  it('asks in batches, for each id once, and remembers unknown ids too', async () => {
    const asked: string[] = [];
    const find = rememberLookups<string>(
      async (ids) => {
        asked.push(ids.join(' '));
        return new Map(ids.filter((id) => id !== '3').map((id) => [id, `record ${id}`]));
      },
      { batch: 2, capacity: 10 },
    );
    assert.deepEqual(Object.fromEntries(await find(['1', '2', '1', '3'])), {
      1: 'record 1',
      2: 'record 2',
    });
    assert.deepEqual(Object.fromEntries(await find(['3', '2', '4'])), {
      2: 'record 2',
      4: 'record 4',
    });
    assert.deepEqual(asked, ['1 2', '3', '4']);
  });

  it('forgets the least recently used when its memory is full', async () => {
    const asked: string[] = [];
    const find = rememberLookups<string>(
      async (ids) => {
        asked.push(ids.join(' '));
        return new Map(ids.map((id) => [id, id]));
      },
      { batch: 100, capacity: 3 },
    );
    await find(['1', '2', '3']);
    await find(['1', '4']);
    assert.deepEqual([...(await find(['1', '3', '4'])).keys()].toSorted(), ['1', '3', '4']);
    await find(['2']);
    assert.deepEqual(asked, ['1 2 3', '4', '2']);
  });

  it('takes rows in blocks as they are read', async () => {
    const rows = (count: number): AsyncIterable<ReportRow> =>
      iterateRows(Array.from({ length: count }, (_, n) => ({ n })));
    const blocks = await collect(inBlocks(rows(5), 2));
    assert.deepEqual(
      blocks.map((block) => block.length),
      [2, 2, 1],
    );
    assert.deepEqual(await collect(inBlocks(rows(0), 2)), []);
  });
});

/** Answers each path in the same way, and records its requests. */
function answerWith(answers: Readonly<Record<string, unknown>>): {
  ask: AskZendesk;
  asked: string[];
} {
  const asked: string[] = [];
  return {
    asked,
    ask: async (path, parameters) => {
      const query = new URLSearchParams(
        parameters.map(([name, value]): [string, string] => [name, value]),
      );
      asked.push(`${path}?${decodeURIComponent(query.toString())}`);
      return answers[path] as Record<string, unknown>;
    },
  };
}

const rowsOf = (...ids: (string | null)[]): AsyncIterable<ReportRow> =>
  iterateRows(ids.map((id) => ({ resource_id: id })));

describe('the details of records', () => {
  it('are the subject and requester of a ticket, and that it no longer exists', async () => {
    const { ask, asked } = answerWith({
      '/api/v2/tickets/show_many': {
        tickets: [
          { id: 2, subject: 'Second', requester_id: '9007199254740993' },
          { id: 1, subject: 'First', requester_id: 900 },
          { id: 4, subject: null, requester_id: null },
          { id: 5, subject: 'Fifth', requester_id: 901 },
        ],
      },
      '/api/v2/users/show_many': {
        users: [
          { id: 900, name: 'Jane' },
          { id: '9007199254740993', name: 'Joe' },
        ],
      },
    });
    const details = createRecordDetails('ticket', ask);
    assert.deepEqual(
      details.columns.map(({ key }) => key),
      ['ticket_subject', 'record', 'requester_name', 'requester_id'],
    );
    const rows = await collect(
      addRecordDetails(rowsOf('1', '2', '3', '4', '5', '1', null), details),
    );
    const first = ['1', 'First', 'found', 'Jane', '900'];
    assert.deepEqual(
      rows.map((row) => [
        row['resource_id'],
        row['ticket_subject'],
        row['record'],
        row['requester_name'],
        row['requester_id'],
      ]),
      [
        first,
        ['2', 'Second', 'found', 'Joe', '9007199254740993'],
        ['3', null, 'gone', null, null],
        ['4', null, 'found', null, null],
        ['5', 'Fifth', 'found', null, '901'],
        first,
        [null, null, null, null, null],
      ],
    );
    assert.deepEqual(asked, [
      '/api/v2/tickets/show_many?ids=1,2,3,4,5',
      '/api/v2/users/show_many?ids=900,9007199254740993,901&include_deleted=true',
    ]);
  });

  it('are the name and e-mail address of a user, also of deleted ones, and only ids are looked up', async () => {
    const { ask, asked } = answerWith({
      '/api/v2/users/show_many': {
        users: [
          { id: 900, name: 'Jane', email: 'jane@acme.example', active: true },
          { id: 902, name: 'Joe', email: null, active: false },
        ],
      },
    });
    const details = createRecordDetails('user', ask);
    assert.deepEqual(await collect(addRecordDetails(rowsOf('900', '901', '902', 'me'), details)), [
      { resource_id: '900', user_name: 'Jane', user_email: 'jane@acme.example', record: 'found' },
      { resource_id: '901', user_name: null, user_email: null, record: 'gone' },
      { resource_id: '902', user_name: 'Joe', user_email: null, record: 'deleted' },
      { resource_id: 'me', user_name: null, user_email: null, record: null },
    ]);
    assert.deepEqual(asked, ['/api/v2/users/show_many?ids=900,901,902&include_deleted=true']);
  });

  it('are requested for a thousand rows at a time, a hundred ids in a request', async () => {
    const { ask, asked } = answerWith({ '/api/v2/users/show_many': { users: [] } });
    const ids = Array.from({ length: 2500 }, (_, index) => String(1 + (index % 1250)));
    const rows = addRecordDetails(rowsOf(...ids), createRecordDetails('user', ask));
    await rows.next();
    assert.equal(asked.length, 10);
    assert.equal((await collect(rows)).length, 2499);
    assert.equal(asked.length, 13);
  });

  it('are refused for other types, and an answer without records is an error', async () => {
    const { ask } = answerWith({ '/api/v2/users/show_many': { tickets: [] } });
    assert.throws(
      () => createRecordDetails('macro', ask),
      refuseInput([
        '--details works only for tickets and users, not for the type macro. Leave out --details.',
      ]),
    );
    await assert.rejects(
      collect(addRecordDetails(rowsOf('1'), createRecordDetails('user', ask))),
      new KnownError('no_usable_answer', {
        found: 'Zendesk answered the lookup of users without a list of users',
      }),
    );
  });
});
