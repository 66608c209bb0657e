import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeal } from '../../src/ingest/sealed-tokens.ts';

describe('a sealed token', () => {
  const seal = createSeal('acme', 'secret');
  const sealed = seal.close('token ünïcode');

  it('is opened with the same account and secret only, and never looks the same twice', () => {
    assert.equal(seal.open(sealed), 'token ünïcode');
    assert.equal(createSeal('acme', 'secret').open(sealed), 'token ünïcode');
    assert.equal(createSeal('acme', 'other').open(sealed), undefined);
    assert.equal(createSeal('other', 'secret').open(sealed), undefined);
    assert.notDeepEqual(seal.close('token ünïcode'), sealed);
    assert.equal(sealed.length, 12 + 16 + Buffer.byteLength('token ünïcode'));
  });

  it('is not opened if a bit of it is wrong or some of it is missing', () => {
    for (const place of [0, 12, sealed.length - 1]) {
      const wrong = Buffer.from(sealed);
      wrong.writeUInt8(wrong.readUInt8(place) ^ 1, place);
      assert.equal(seal.open(wrong), undefined, String(place));
    }
    for (const length of [0, 12, 27, sealed.length - 1])
      assert.equal(seal.open(sealed.subarray(0, length)), undefined, String(length));
    // Four bytes of the tag would be guessed soon.
    assert.equal(seal.open(seal.close('')), '');
    assert.equal(seal.open(seal.close('').subarray(0, 16)), undefined);
  });

  it('has a name that differs by token, account and secret', () => {
    assert.match(seal.nameToken('token'), /^[0-9a-f]{32}$/);
    assert.equal(createSeal('acme', 'secret').nameToken('token'), seal.nameToken('token'));
    const names = [
      seal.nameToken('token'),
      seal.nameToken('other'),
      createSeal('acme', 'other').nameToken('token'),
      createSeal('other', 'secret').nameToken('token'),
    ];
    assert.equal(new Set(names).size, 4);
  });
});
