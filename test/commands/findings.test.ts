import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { coverAccesses } from '../support/accessed-rows.ts';
import { runProgram } from '../support/program.ts';
import { storeChanges, withStored } from '../support/report-data.ts';

const day = ['--from', '2026-11-02', '--to', '2026-11-03'];

describe('findings', () => {
  it('are recomputed for a time range, reported with their ids, and acknowledged by whom and why', async () => {
    await withStored(async (db, settings) => {
      await storeChanges(db, [
        {
          created_at: '2026-11-02T10:00:00Z',
          source_label: 'Two-Factor authentication for all admins and agents',
          change_description: 'Disabled',
        },
      ]);
      await coverAccesses(db, '2026-11-02T00:00:00Z', '2026-11-03T00:00:00Z');
      const report = async () => {
        const { stdout } = await runProgram(
          ['report', 'findings', ...day, '--rule', 'two_factor_off', '--format', 'ndjson'],
          settings,
        );
        return JSON.parse(stdout || 'null') as Record<string, unknown> | null;
      };
      assert.equal(await report(), null);
      // The versions of the rules are noted by whoever pulls.
      await runProgram(['findings', 'recompute', ...day], settings);
      const found = await report();
      assert.equal(found?.['state'], 'open');
      const id = String(found['finding']);
      const refused = await runProgram(
        ['findings', 'acknowledge', id, 'abc', '--note', 'a test', '--by', 'Ann'],
        settings,
      );
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, /acme has no finding abc, so nothing was changed\./);
      const missing = await runProgram(['findings', 'acknowledge', id, '--by', 'Ann'], settings);
      assert.equal(missing.status, 2);
      assert.match(missing.stderr, /The reason is missing\. Add --note "why"\./);
      const done = await runProgram(
        ['findings', 'acknowledge', id, '--note', 'a test', '--by', 'Ann'],
        settings,
      );
      assert.equal(done.status, 0, done.stderr);
      assert.equal(done.stdout, 'Acknowledged by Ann: 1.\n');
      assert.deepEqual(
        await db.query(
          'select state, acknowledged_by as by, acknowledged_note as note from zendesk.findings where finding = $1',
          [id],
        ),
        [{ state: 'acknowledged', by: 'Ann', note: 'a test' }],
      );
    });
  });
});
