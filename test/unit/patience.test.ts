import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPatience } from '../../src/http/page/patience.ts';

describe('the patience with wrong tokens', () => {
  it('gives ten tries, then one each six seconds, and all ten again after a minute', () => {
    const patience = createPatience();
    const trySome = (count: number, nowMs: number): void => {
      for (let tries = 0; tries < count; tries += 1) patience.note('10.0.0.5', nowMs);
    };
    trySome(9, 0);
    assert.equal(patience.waitOf('10.0.0.5', 0), 0);
    trySome(1, 0);
    assert.equal(patience.waitOf('10.0.0.5', 0), 6);
    assert.equal(patience.waitOf('10.0.0.5', 5500), 1);
    assert.equal(patience.waitOf('10.0.0.6', 0), 0);
    assert.equal(patience.waitOf('10.0.0.5', 6000), 0);
    trySome(1, 6000);
    assert.equal(patience.waitOf('10.0.0.5', 6000), 6);
    trySome(9, 66_000);
    assert.equal(patience.waitOf('10.0.0.5', 66_000), 0);
  });

  it('counts the addresses of a network of IPv6 as one', () => {
    const patience = createPatience();
    for (let host = 0; host < 10; host += 1) patience.note(`2001:db8:0:7::${host}`, 0);
    assert.equal(patience.waitOf('2001:db8:0:7:1:2:3:4', 0), 6);
    assert.equal(patience.waitOf('2001:db8::8:1:2:3:4', 0), 0);
    assert.equal(patience.waitOf('2001:db8:0:8::1', 0), 0);
  });

  it('forgets those that tried longest ago, and so never needs more memory', () => {
    const patience = createPatience();
    for (let tries = 0; tries < 10; tries += 1) patience.note('10.0.0.5', 0);
    for (let peer = 0; peer < 1999; peer += 1) patience.note(`peer ${peer}`, 0);
    assert.equal(patience.waitOf('10.0.0.5', 0), 6);
    patience.note('one more', 0);
    assert.equal(patience.waitOf('10.0.0.5', 0), 0);
  });
});
