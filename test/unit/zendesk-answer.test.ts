import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AttemptError,
  readAnswer,
  readErrorBody,
  readOrderAnswer,
  type Answer,
  type ErrorBody,
  type Failure,
} from '../../src/zendesk/answer.ts';

describe('readErrorBody', () => {
  const nothing: ErrorBody = { shape: 'none', code: undefined, words: undefined };
  const table: [string, ErrorBody][] = [
    [
      '{"error":"InvalidPaginationParameter","description":"page[after] is not valid"}',
      {
        shape: 'string',
        code: 'InvalidPaginationParameter',
        words: 'page[after] is not valid',
      },
    ],
    [
      '{"errors":[{"code":"InvalidPaginationDepth","title":"Too deep","detail":"10,000"}]}',
      { shape: 'list', code: 'InvalidPaginationDepth', words: 'Too deep: 10,000' },
    ],
    [
      '{"errors":[{"title":"Malformed query params","detail":"max allowed page size is 2500"}]}',
      {
        shape: 'list',
        code: undefined,
        words: 'Malformed query params: max allowed page size is 2500',
      },
    ],
    [
      `{"error":"Couldn't authenticate you"}`,
      { shape: 'string', code: "Couldn't authenticate you", words: undefined },
    ],
    [
      '{"error":"invalid_token","error_description":"expired"}',
      { shape: 'string', code: 'invalid_token', words: 'expired' },
    ],
    [
      '{"error":{"title":"Forbidden","message":"You do not have access to this page."}}',
      {
        shape: 'object',
        code: undefined,
        words: 'Forbidden: You do not have access to this page.',
      },
    ],
    [
      'Number of allowed API requests per minute exceeded',
      {
        shape: 'text',
        code: undefined,
        words: 'Number of allowed API requests per minute exceeded',
      },
    ],
    [
      '<html>\r\n<head><title>502 Bad Gateway</title></head><center>nginx</center></html>',
      { shape: 'html', code: undefined, words: '502 Bad Gateway' },
    ],
    ['<html></html>', { shape: 'html', code: undefined, words: undefined }],
    ['', nothing],
    [' \n', nothing],
    ['{}', nothing],
    ['[1]', { shape: 'text', code: undefined, words: '[1]' }],
    ['null', { shape: 'text', code: undefined, words: 'null' }],
    [' out of order\n', { shape: 'text', code: undefined, words: 'out of order' }],
    [
      '{"error":"InvalidEndpoint","description":7}',
      { shape: 'string', code: 'InvalidEndpoint', words: undefined },
    ],
    ['{"errors":[]}', nothing],
    ['{"error":{}}', { shape: 'object', code: undefined, words: undefined }],
    ['{"error":"cut', { shape: 'text', code: undefined, words: '{"error":"cut' }],
  ];
  for (const [text, body] of table)
    it(`reads ${text === '' ? 'an empty body' : JSON.stringify(text)}`, () =>
      assert.deepEqual(readErrorBody(Buffer.from(text)), body));
});

const answer = (status: number, body: string, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers,
  body: Buffer.from(body),
  unpackAgain: () => Buffer.from(body),
  requestId: 'request',
  sentAtMs: 0,
  receivedAtMs: 0,
});
const asked = { cursorSent: true, origin: 'https://acme.zendesk.com', localNow: () => 0 };

/** The result of readAnswer: the JSON or the failure. */
function read(given: Answer): unknown {
  try {
    return { json: readAnswer(given, asked) };
  } catch (error) {
    assert.ok(error instanceof AttemptError);
    return error.failure;
  }
}

describe('an answer', () => {
  it('is its JSON with the status 200 or 201', () => {
    assert.deepEqual(read(answer(200, '{"a":1}')), { json: { a: 1 } });
    assert.deepEqual(read(answer(201, '[]')), { json: [] });
  });

  const broken = (status: number, fault: string, wasCut: boolean): Failure => ({
    kind: 'broken-answer',
    status,
    requestId: 'request',
    fault,
    wasCut,
  });
  const notJson = 'is not complete JSON';
  const table: [string, Answer, Failure][] = [
    ['204', answer(204, '{}'), broken(204, 'has the status 204 instead of 200', false)],
    ['299', answer(299, '{}'), broken(299, 'has the status 299 instead of 200', false)],
    ['an object that is cut', answer(200, '{"a":'), broken(200, notJson, true)],
    ['a cut object behind white space', answer(200, '\r\n {"a":'), broken(200, notJson, true)],
    ['a page in HTML', answer(200, '<p>{"a"</p>'), broken(200, notJson, false)],
    ['a text with a brace in it', answer(200, 'a{"a":1}'), broken(200, notJson, false)],
    ['nothing', answer(200, ''), broken(200, notJson, false)],
  ];
  for (const [name, given, failure] of table)
    it(`is broken: ${name}`, () => assert.deepEqual(read(given), failure));

  it('is a refusal from 300 on, with the facts from its headers', () => {
    const refusal = {
      kind: 'refusal',
      requestId: 'request',
      body: { shape: 'none', code: undefined, words: undefined },
      cursorSent: true,
    };
    assert.deepEqual(read(answer(300, '', { location: '/elsewhere' })), {
      ...refusal,
      status: 300,
      pauseMs: 60_000,
      pauseHeader: undefined,
      retryAfterMs: undefined,
      redirectedTo: 'https://acme.zendesk.com',
    });
    const away = { location: 'https://other.example/login?a=b', 'retry-after': '7' };
    assert.deepEqual(read(answer(503, '', away)), {
      ...refusal,
      status: 503,
      pauseMs: 7000,
      pauseHeader: 'retry-after',
      retryAfterMs: 7000,
      redirectedTo: 'https://other.example',
    });
    assert.deepEqual(read(answer(302, '', { location: 'https://[' })), {
      ...refusal,
      status: 302,
      pauseMs: 60_000,
      pauseHeader: undefined,
      retryAfterMs: undefined,
      redirectedTo: undefined,
    });
  });
});

describe('the answer to an order', () => {
  const own = (remaining: number) => ({
    'zendesk-ratelimit-export': `total=1; remaining=${remaining}; resets=41`,
  });
  const words = 'Number of allowed API requests per minute exceeded';
  const accepted = { accepted: true, nextInMs: undefined };
  const table: [string, Answer, ReturnType<typeof readOrderAnswer>][] = [
    ['199', answer(199, ''), undefined],
    ['200', answer(200, ''), accepted],
    ['299', answer(299, ''), accepted],
    ['300', answer(300, ''), undefined],
    ['200 with none left', answer(200, '', own(0)), { accepted: true, nextInMs: 41_000 }],
    ['200 with one left', answer(200, '', own(1)), accepted],
    ['429 of its own limit', answer(429, '', own(0)), { accepted: false, nextInMs: 41_000 }],
    [
      '429 of its own limit, whatever its words are',
      answer(429, words, own(0)),
      { accepted: false, nextInMs: 41_000 },
    ],
    ['429 with one left of its own', answer(429, '', own(1)), undefined],
    ['429 of the account', answer(429, words), undefined],
    ['429 without a word', answer(429, ''), { accepted: false, nextInMs: 60_000 }],
  ];
  for (const [name, given, order] of table)
    it(`is read: ${name}`, () => assert.deepEqual(readOrderAnswer(given, 'export', 0), order));
});
