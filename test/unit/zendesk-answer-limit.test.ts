import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeBytes, limitBytes, readRequestId } from '../../src/zendesk/answer-limit.ts';
import { createSecrets } from '../../src/zendesk/secrets.ts';

const megabyte = 1024 * 1024;

describe('what is accepted from an answer', () => {
  it('is the allowed size of a good one, and a megabyte of an error', () => {
    assert.equal(limitBytes(200, 64 * megabyte), 64 * megabyte);
    assert.equal(limitBytes(299, 64 * megabyte), 64 * megabyte);
    assert.equal(limitBytes(300, 64 * megabyte), megabyte);
    assert.equal(limitBytes(500, 64 * megabyte), megabyte);
    assert.equal(limitBytes(500, 100), 100);
  });

  it('is shown in megabytes, or in bytes if it is less than one', () => {
    assert.equal(describeBytes(64 * megabyte), '64 MB');
    assert.equal(describeBytes(1.6 * megabyte), '2 MB');
    assert.equal(describeBytes(megabyte), '1 MB');
    assert.equal(describeBytes(megabyte - 1), '1048575 bytes');
  });
});

describe('the id of a request', () => {
  const secrets = createSecrets({ kind: 'oauth-token', token: 'abc123def' });
  const ids: [id: string | string[] | undefined, isOne: boolean][] = [
    ['7f3c0e0a-5b1d-4c7e-9a55-0c1de9f2a6b1', true],
    ['req_7f3c', true],
    ['A-1', true],
    ['0123456789abcdef0123456789abcdef', true],
    ['1.2:3-4.5.6.7', true],
    ['0123456789abcdef0123456789abcdef0', false],
    ['1.2.3.4.5.6.7.8', false],
    ['ninechars-7f', false],
    ['7f 3c', false],
    ['Bearer abc', false],
    ['', false],
    ['abc123def', false],
    [['7f3c', '7f3d'], false],
    [undefined, false],
  ];
  for (const [id, isOne] of ids)
    it(`is ${isOne ? 'read' : 'not taken'}: ${String(id)}`, () => {
      const expected = isOne ? id : undefined;
      for (const name of ['x-request-id', 'x-zendesk-request-id'])
        assert.equal(readRequestId({ [name]: id }, secrets), expected);
    });

  it('is the usual header before that of Zendesk', () => {
    const headers = { 'x-request-id': '1', 'x-zendesk-request-id': '2' };
    assert.equal(readRequestId(headers, secrets), '1');
  });
});
