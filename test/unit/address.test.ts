/** IP addresses in the form in which Postgres writes them back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAddress } from '../../src/streams/address.ts';

describe('an address', () => {
  it('is written as Postgres writes it', () => {
    // What `select $1::inet::text` answers, without the length of the network.
    for (const [sent, stored] of [
      ['192.0.2.1', '192.0.2.1'],
      ['::', '::'],
      ['::1', '::1'],
      ['1::', '1::'],
      ['0:0:0:0:0:0:0:0', '::'],
      ['0:0:0:0:0:0:0:1', '::1'],
      ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['2001:db8:0:0:1:0:0:0', '2001:db8:0:0:1::'],
      ['2001:0db8:0000:0001:0000:0001:0000:0001', '2001:db8:0:1:0:1:0:1'],
      ['2001:db8::0:1', '2001:db8::1'],
      ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
      ['1:0:0:4:5:6:7:8', '1::4:5:6:7:8'],
      ['0:2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
      ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
      ['0:0:3:4:5:6:7:8', '::3:4:5:6:7:8'],
      ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
      ['::ffff:c0ff:201', '::ffff:192.255.2.1'],
      ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
      ['1:0:0:0:0:0:0:2', '1::2'],
      ['::fffe:c000:201', '::fffe:c000:201'],
      ['1::ffff:c000:201', '1::ffff:c000:201'],
      ['::192.0.2.1', '::192.0.2.1'],
      ['::1:2', '::0.1.0.2'],
      ['::1:2:3', '::1:2:3'],
      ['0:0:0:1:0:ffff:c000:201', '::1:0:ffff:c000:201'],
      ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ])
      assert.equal(readAddress(sent), stored, sent);
  });

  it('is nothing else: no name, no zone, no network, no other value', () => {
    for (const other of ['', 'localhost', '192.0.2', 'fe80::1%eth0', '192.0.2.0/24', '1::2::3'])
      assert.equal(readAddress(other), undefined, other);
    for (const other of [undefined, null, 7, {}, ['192.0.2.1']])
      assert.equal(readAddress(other), undefined);
  });
});
