import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readFormer } from '../../src/reports/audit-record/question.ts';
import { findAuditRecord, loadAuditRevisions } from '../../src/reports/audit-record/sql.ts';
import { storeState } from '../support/accessed-rows.ts';
import { storeAuditRows } from '../support/audit-rows.ts';
import { account, withStored } from '../support/report-data.ts';

describe('one record of the audit log', { concurrency: 2 }, () => {
  it('is found by its id, with the columns of the views', async () => {
    await withStored(async (db) => {
      await storeState(db, { id: 5, name: 'Ann Admin', role: 'admin', from: '2026-01-01' });
      await storeAuditRows(db, [
        { id: 1 },
        {
          id: 2,
          created_at: '2026-11-18T12:00:00Z',
          source_type: 'account_setting',
          source_label: 'Security: Session &amp; expiration',
          change_description: 'Session changed from 10 &amp;lt; minutes to 30 minutes',
        },
      ]);
      await storeAuditRows(db, [{ id: 3 }], 'other');
      const record = await findAuditRecord(db, account, '2');
      assert.ok(record !== undefined);
      const { first_synced_at: first, synced_at: last, ...rest } = record;
      assert.ok(first instanceof Date && last instanceof Date);
      assert.deepEqual(rest, {
        id: '2',
        created_at: new Date('2026-11-18T12:00:00Z'),
        action: 'update',
        action_label: null,
        actor_id: '5',
        actor_name: 'Ann Admin',
        source_type: 'account_setting',
        source_id: '7',
        source_label: 'Security: Session &amp; expiration',
        change_description: 'Session changed from 10 &amp;lt; minutes to 30 minutes',
        ip_address: '203.0.113.9',
        url: null,
        extra: null,
        known_name: 'Ann Admin',
        actor_role: 'admin',
        clean_label: 'Security: Session & expiration',
        source_label_type: 'Security',
        source_label_name: 'Session & expiration',
        description: 'Session changed from 10 < minutes to 30 minutes',
        property: 'Session',
        old_value: '10 < minutes',
        new_value: '30 minutes',
      });
      assert.equal(await findAuditRecord(db, account, '3'), undefined);
      assert.equal(await findAuditRecord(db, account, '4'), undefined);
    });
  });

  it('has its previous versions, newest first', async () => {
    await withStored(async (db) => {
      for (const name of ['Ann One', 'Ann Two', 'Ann Two', 'Ann Three'])
        await storeAuditRows(db, [{ id: 2, actor_name: name }, { id: 1 }]);
      const revisions = await loadAuditRevisions(db, account, '2');
      assert.deepEqual(
        revisions.map((revision) => readFormer(revision).actor_name),
        ['Ann Two', 'Ann One'],
      );
      assert.ok(revisions.every(({ replaced_at: at }) => at instanceof Date));
      assert.deepEqual(await loadAuditRevisions(db, account, '1'), []);
      assert.deepEqual(await loadAuditRevisions(db, 'other', '2'), []);
    });
  });
});
