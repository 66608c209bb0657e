import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readNetwork } from '../../src/reports/address/network.ts';
import { coverAccesses, storeAccesses } from '../support/accessed-rows.ts';
import { runProgram } from '../support/program.ts';
import { storePeople, withStored } from '../support/report-data.ts';

const day = '2026-11-02';

describe('the address of a report', () => {
  it('is an address or a network of either version, and nothing else', () => {
    const table: [string, string | undefined][] = [
      ['203.0.113.9', '203.0.113.9'],
      [' 203.0.113.0/24 ', '203.0.113.0/24'],
      ['203.0.113.0/024', '203.0.113.0/24'],
      ['2001:db8::7', '2001:db8::7'],
      ['2001:db8::/128', '2001:db8::/128'],
      ['0.0.0.0/0', '0.0.0.0/0'],
      ['203.0.113.0/33', undefined],
      ['2001:db8::/129', undefined],
      ['203.0.113.0/', undefined],
      ['203.0.113.0/8/8', undefined],
      ['fe80::1%eth0', undefined],
      ['010.0.0.1', undefined],
      ['203.0.113', undefined],
      ['', undefined],
    ];
    for (const [text, network] of table) assert.equal(readNetwork(text), network, text);
  });
});

describe('report address', { concurrency: 2 }, () => {
  it('prints who came from a network and what they did, by time', async () => {
    await withStored(async (db, settings) => {
      await storePeople(db, [{ id: 7, name: 'Ann Agent', role: 'agent' }]);
      const requests = [
        { timestamp: `${day}T10:00:00Z`, url: '/api/v2/tickets/937' },
        { timestamp: `${day}T10:10:00Z`, url: '/api/v2/tickets/937', user_id: 8 },
        { timestamp: `${day}T10:20:00Z`, url: '/api/v2/tickets/937/comments' },
        { timestamp: `${day}T10:21:00Z`, url: '/api/v2/search?query=jane' },
        { timestamp: `${day}T10:22:00Z`, url: '/api/v2/users/9', ip_address: '203.0.113.200' },
        { timestamp: `${day}T10:23:00Z`, url: '/api/v2/users/9', status: 403 },
        // None of these: other addresses, no address, other times.
        { timestamp: `${day}T10:24:00Z`, url: '/api/v2/users/9', ip_address: '203.0.114.9' },
        { timestamp: `${day}T10:24:01Z`, url: '/api/v2/users/9', ip_address: '2001:db8::7' },
        { timestamp: `${day}T10:24:02Z`, url: '/api/v2/users/9', ip_address: null },
        { timestamp: '2026-11-03T00:00:00Z', url: '/api/v2/users/9' },
      ];
      await storeAccesses(db, requests);
      await storeAccesses(db, requests, 'other');
      await coverAccesses(db, `${day}T00:00:00Z`, '2026-11-03T00:00:00Z');
      const ask = async (address: string): Promise<{ status: number | null; lines: string[] }> => {
        const { status, stdout, stderr } = await runProgram(
          ['report', 'address', address, '--from', day, '--to', '2026-11-03', '--account', 'acme'],
          settings,
        );
        return { status, lines: (stdout + stderr).split('\n') };
      };
      const network = await ask('203.0.113.0/24');
      assert.equal(network.status, 0);
      assert.deepEqual(network.lines.slice(0, 19), [
        '203.0.113.0/24: who came from there, 2026-11-02 to 2026-11-03 (UTC)',
        '',
        'Requests             6',
        'Denied               1',
        'People               2',
        'First                2026-11-02 10:00:00',
        'Last                 2026-11-02 10:23:00',
        'Answered, by kind    view 4, search 1',
        'Different resources  ticket 1, user 1',
        '',
        'From                 Agent      Kind    Type    Resource  Search  Outcome  Until                Requests  IP address     Role   Agent id',
        '2026-11-02 10:00:00  Ann Agent  view    ticket  937               ok       2026-11-02 10:20:00         2  203.0.113.9    agent  7',
        '2026-11-02 10:10:00  user 8     view    ticket  937               ok       2026-11-02 10:10:00         1  203.0.113.9           8',
        '2026-11-02 10:21:00  Ann Agent  search                    jane    ok       2026-11-02 10:21:00         1  203.0.113.9    agent  7',
        '2026-11-02 10:22:00  Ann Agent  view    user    9                 ok       2026-11-02 10:22:00         1  203.0.113.200  agent  7',
        '2026-11-02 10:23:00  Ann Agent  view    user    9                 denied   2026-11-02 10:23:00         1  203.0.113.9    agent  7',
        '',
        '5 rows.',
        '',
      ]);
      const [, , , , , , , , , , , ...single] = (await ask('2001:DB8::7')).lines;
      assert.match(single[0] ?? '', /^2026-11-02 10:24:01 {2}Ann Agent {2}view .* 2001:db8::7 /);
      assert.deepEqual(await ask('somewhere'), {
        status: 2,
        lines: [
          'The address is "somewhere". Use one such as 203.0.113.9 or 2001:db8::7, or a network such as 203.0.113.0/24.',
          '',
        ],
      });
    });
  });
});
