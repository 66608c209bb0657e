import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readErrorBody, type ErrorBody } from '../../src/zendesk/answer.ts';

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
    ['{}', nothing],
    ['{"errors":[]}', nothing],
    ['{"error":{}}', { shape: 'object', code: undefined, words: undefined }],
    ['{"error":"cut', { shape: 'text', code: undefined, words: '{"error":"cut' }],
  ];
  for (const [text, body] of table)
    it(`reads ${text === '' ? 'an empty body' : JSON.stringify(text)}`, () =>
      assert.deepEqual(readErrorBody(Buffer.from(text)), body));
});
