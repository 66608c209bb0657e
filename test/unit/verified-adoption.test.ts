import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeAdoptions, describeRestores } from '../../src/commands/verified-adoption.ts';

const log = { stream: 'access_logs', manifests: 3, rows: undefined, unsealedRows: undefined };
const before = '2026-11-27T10:11:12.345678Z';

describe('what verify says of rows from before the sealed log', () => {
  for (const [what, adoption, open, words] of [
    ['nothing where there were none', { before, rows: 0, isComplete: true }, 0, []],
    [
      'since when they are known',
      { before, rows: 1234, isComplete: true },
      undefined,
      [
        'access_logs: 1,234 rows were stored earlier than the sealed log and are known as they were on 2026-11-27 10:11 UTC.',
      ],
    ],
    [
      'how many are not in it yet',
      { before, rows: 1234, isComplete: false },
      5,
      [
        'access_logs: 1,234 rows were stored earlier than the sealed log and are known as they were on 2026-11-27 10:11 UTC; 5 are not in it yet: the running program is adding them.',
      ],
    ],
    [
      'that a log is not in it yet',
      undefined,
      undefined,
      ['access_logs: the sealed log has nothing about it yet; it starts with the next page.'],
    ],
  ] as const)
    it(what, () => {
      assert.deepEqual(describeAdoptions([{ ...log, adoption, unsealedRows: open }]), words);
    });
});

it('verify says that the database was restored', () => {
  assert.deepEqual(describeRestores([{ notedAt: before, lost: 1234 }]), [
    'The database was restored from an older backup, found on 2026-11-27 10:11 UTC: it lacked data that 1,234 entries of the log describe. The program reads again what Zendesk still has.',
  ]);
});
