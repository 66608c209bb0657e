import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createReach } from '../../src/zendesk/reach.ts';

const failure = (code: string) => ({ kind: 'no-answer', code, cause: new Error(code) }) as const;

describe('the way to Zendesk', () => {
  it('is cut off after a request without a connection, until an answer comes or another kind of failure', () => {
    const reach = createReach();
    assert.equal(reach.isCutOff(), false);
    reach.noteFailure(failure('ECONNREFUSED'));
    assert.equal(reach.isCutOff(), true);
    reach.noteAnswer();
    assert.equal(reach.isCutOff(), false);
    reach.noteFailure(failure('ENOTFOUND'));
    assert.equal(reach.isCutOff(), true);
    reach.noteFailure(failure('ECONNRESET'));
    assert.equal(reach.isCutOff(), false);
  });
});
