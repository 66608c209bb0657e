import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { finding } from '../../src/evidence/verification/finding.ts';
import { groupFindings } from '../../src/evidence/verification/found-groups.ts';

const at = (second: number): string =>
  new Date(Date.UTC(2026, 10, 3) + second * 1000).toISOString();
const changed = (second: number, until?: number) =>
  finding('row_changed', `Row ${second} was changed.`, {
    stream: 'audit_logs',
    time: at(second),
    until: until === undefined ? undefined : at(until),
  });

describe('what a verification found, as the ledger keeps it', () => {
  it('has the times of each finding, and not what is between them', () => {
    const [group, ...others] = groupFindings([
      changed(900, 950),
      changed(1),
      changed(0),
      changed(5),
    ]);
    assert.deepEqual(others, []);
    assert.deepEqual(group, {
      stream: 'audit_logs',
      kind: 'row_changed',
      anchor: null,
      is_deep: true,
      findings: 4,
      first_finding: 'Row 900 was changed.',
      found_from: at(0),
      found_until: at(950),
      spans: [
        [at(0), at(1)],
        [at(5), at(5)],
        [at(900), at(950)],
      ],
    });
  });

  it('joins those that are nearest to each other where there are too many', () => {
    const far = Array.from({ length: 150 }, (_, place) => changed(place * 1000));
    const near = Array.from({ length: 150 }, (_, place) => changed(200_000 + place * 10));
    const [group] = groupFindings([...far, ...near]);
    assert.equal(group?.findings, 300);
    assert.equal(group?.spans?.length, 200);
    assert.deepEqual(
      group?.spans?.slice(0, 150),
      far.map(({ time }) => [time, time]),
    );
    assert.deepEqual(group?.spans?.at(-1)?.[1], at(200_000 + 1490));
  });

  it('says that the times are not known as soon as one is not', () => {
    const [group] = groupFindings([
      changed(1),
      finding('row_changed', 'Some row was changed.', { stream: 'audit_logs' }),
    ]);
    assert.deepEqual([group?.found_from, group?.found_until, group?.spans], [null, null, null]);
  });
});
