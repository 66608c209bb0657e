import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isInWindow, listWindows } from '../../src/evidence/verification/holes.ts';
import { microsOfIso } from '../../src/evidence/verification/open-manifests.ts';

const at = (time: string): string => microsOfIso(`2026-11-27T${time}Z`);

describe('the time at which a missing manifest was written', () => {
  it('is that of those beside it, or up to a minute from it, because transactions overlap', () => {
    const [after, before] = ['12:00:00.000001', '12:00:00.000009'].map(
      (time) => `2026-11-27T${time}Z`,
    );
    const windows = listWindows([{ from: 3, until: 4, after, before }]);
    const written = ['11:58:59.000000', '11:59:00.000002', '12:00:00.000005', '12:01:01.000000'];
    assert.deepEqual(
      written.map((time) => isInWindow(windows, at(time))),
      [false, true, true, false],
    );
  });

  it('may be any where none is known beside it', () => {
    const windows = listWindows([{ from: 0, until: 4, after: undefined, before: undefined }]);
    assert.ok(isInWindow(windows, at('12:00:00.000000')));
  });
});
