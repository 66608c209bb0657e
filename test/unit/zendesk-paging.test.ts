import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cursorPaging, type Envelope } from '../../src/zendesk/paging.ts';

describe('cursor paging', () => {
  const paging = cursorPaging('audit_logs');

  const more = { has_more: true, after_cursor: 'next' };
  const table: [string, unknown, Envelope][] = [
    [
      'continues with the cursor',
      { audit_logs: [{ id: 1 }], meta: more },
      { records: [{ id: 1 }], nextCursor: 'next' },
    ],
    [
      'ends by has_more, although the cursors of a last page are there',
      { audit_logs: [{ id: 1 }], meta: { ...more, has_more: false } },
      { records: [{ id: 1 }], nextCursor: 'next', isSaidLast: true },
    ],
    [
      'ends at a page without rows and cursors',
      { audit_logs: [], meta: { has_more: false, after_cursor: null } },
      { records: [], nextCursor: undefined, isSaidLast: true },
    ],
    [
      'continues after an empty page that has more',
      { audit_logs: [], meta: more },
      { records: [], nextCursor: 'next' },
    ],
    [
      'refuses a list without its name',
      { users: [], meta: more },
      { fault: 'has no list audit_logs' },
    ],
    [
      'refuses an object in the place of the list',
      { audit_logs: {}, meta: more },
      { fault: 'has no list audit_logs' },
    ],
    [
      'refuses an answer of the other paging style',
      { audit_logs: [], next_page: null, count: 0 },
      { fault: 'does not say whether it has more (meta.has_more)' },
    ],
    [
      'refuses an unclear has_more',
      { audit_logs: [], meta: { has_more: 'false' } },
      { fault: 'does not say whether it has more (meta.has_more)' },
    ],
    [
      'refuses has_more without a cursor',
      { audit_logs: [], meta: { has_more: true, after_cursor: null } },
      { fault: 'has more but no cursor' },
    ],
    [
      'refuses has_more with an empty cursor',
      { audit_logs: [], meta: { has_more: true, after_cursor: '' } },
      { fault: 'has more but no cursor' },
    ],
    [
      'refuses the cursor that was sent',
      { audit_logs: [], meta: { has_more: true, after_cursor: 'sent' } },
      { fault: 'repeats the cursor that was sent' },
    ],
    [
      'takes the cursor out of the link where it stands nowhere else',
      {
        audit_logs: [],
        meta: { has_more: true },
        links: {
          next: 'https://elsewhere.example/x.json?page%5Bsize%5D=1&page%5Bafter%5D=a%2Bb%3D%3D',
        },
      },
      { records: [], nextCursor: 'a+b==' },
    ],
    [
      'takes the cursor out of a link without an origin, and keeps its other name with it',
      {
        audit_logs: [],
        meta: { has_more: true, after_cursor: null },
        links: { next: '/api/v2/audit_logs?filter[after]=01H7&page[size]=1' },
      },
      { records: [], nextCursor: 'filter[after]=01H7' },
    ],
    [
      'believes the envelope rather than the link',
      { audit_logs: [], meta: more, links: { next: '/x?page[after]=other' } },
      { records: [], nextCursor: 'next' },
    ],
    [
      'refuses the cursor that was sent also in a link',
      { audit_logs: [], meta: { has_more: true }, links: { next: '/x?page[after]=sent' } },
      { fault: 'repeats the cursor that was sent' },
    ],
    [
      'refuses a link without a cursor',
      { audit_logs: [], meta: { has_more: true }, links: { next: 'http://[/?page[after]=' } },
      { fault: 'has more but no cursor' },
    ],
    ['refuses null', null, { fault: 'is not a JSON object' }],
    ['refuses a list', [], { fault: 'is not a JSON object' }],
    ['refuses a text', 'audit_logs', { fault: 'is not a JSON object' }],
  ];
  for (const [name, json, envelope] of table)
    it(name, () =>
      assert.deepEqual(paging.read(json, { pageSize: 100, cursor: 'sent' }), envelope),
    );

  const ends: [string, object, string | undefined][] = [
    ['with its cursor', { has_more: false, after_cursor: 'next' }, 'next'],
    ['with the cursor that was sent', { has_more: false, after_cursor: 'sent' }, undefined],
    ['without a cursor', { has_more: false }, undefined],
    ['with an empty cursor', { has_more: false, after_cursor: '' }, undefined],
    ['with a number in the place of the cursor', { has_more: false, after_cursor: 7 }, undefined],
  ];
  for (const [what, meta, nextCursor] of ends)
    it(`reads a page that is said to be the last: ${what}`, () => {
      const asked = { pageSize: 150, cursor: 'sent' };
      assert.deepEqual(paging.read({ audit_logs: [{ id: 1 }], meta }, asked), {
        records: [{ id: 1 }],
        nextCursor,
        isSaidLast: true,
      });
    });

  const links: [unknown, string | undefined][] = [
    ['/x?page[after]=&filter[after]=&cursor=abc', 'cursor=abc'],
    ['/x?filter[after]=&cursor=', undefined],
    ['/x?page[size]=5', undefined],
    [7, undefined],
    [null, undefined],
  ];
  for (const [next, cursor] of links)
    it(`finds ${cursor ?? 'no cursor'} in the link ${String(next)}`, () => {
      const json = { audit_logs: [], meta: { has_more: true }, links: { next } };
      assert.deepEqual(
        paging.read(json, { pageSize: 100, cursor: undefined }),
        cursor === undefined
          ? { fault: 'has more but no cursor' }
          : { records: [], nextCursor: cursor },
      );
    });

  it('asks for the size, and for what follows a cursor', () => {
    assert.deepEqual(paging.parameters({ pageSize: 100, cursor: undefined }), [
      ['page[size]', '100'],
    ]);
    assert.deepEqual(paging.parameters({ pageSize: 25, cursor: 'filter[after]=01H7=' }), [
      ['page[size]', '25'],
      ['filter[after]', '01H7='],
    ]);
    assert.deepEqual(paging.parameters({ pageSize: 25, cursor: 'next' }), [
      ['page[size]', '25'],
      ['page[after]', 'next'],
    ]);
  });
});
