import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { warning } from '../../src/doctor/check.ts';
import { checkReaders } from '../../src/doctor/readers.ts';

describe('the check of the logins of readers', () => {
  it('says nothing while all have a limit and no JIT, or there are none', () => {
    assert.deepEqual(checkReaders([]), []);
    assert.deepEqual(checkReaders([{ name: 'bi', lacks_limit: false, has_jit: false }]), []);
  });

  it('prints the statements for those that lack something', () => {
    assert.deepEqual(
      checkReaders([
        { name: 'bi', lacks_limit: true, has_jit: true },
        { name: 'Meta base', lacks_limit: false, has_jit: true },
      ]),
      [
        warning(
          'readers',
          'bi, Meta base: without a limit of time a forgotten query runs on, and JIT compilation makes queries of the views slower',
          `Run as an administrator:\nalter role bi set jit = off;\nalter role bi set statement_timeout = '60s';\nalter role "Meta base" set jit = off;`,
        ),
      ],
    );
  });
});
