import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { noteRules } from '../../src/evidence/rules.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { withLedger } from '../support/ledger.ts';

const account = 'acme';
const origin = 'acme/log';
const sealing = { account, origin, key: makeSigningKey(origin), logs: [] };

type Rules = {
  readonly classification: string;
  readonly detections: string;
  readonly definitions: string;
};

async function listRules(db: Database): Promise<readonly Rules[]> {
  await sealWaiting(db, sealing);
  const rows = await db.query<{ body: Rules }>(
    `select body from (
       select index, convert_from(manifest, 'UTF8')::jsonb as body from zendesk_evidence.entries
     ) as sealed where body ->> 'kind' = 'rules' order by index`,
  );
  return rows.map(({ body: { classification, detections, definitions } }) => ({
    classification,
    detections,
    definitions,
  }));
}

describe('the sealed log', () => {
  it('records rules once, and each change', async () => {
    await withLedger(async (db) => {
      await noteRules(db, { account, classification: 'a' });
      assert.deepEqual(await listRules(db), [], 'before it is begun');
      const note = async (classification?: string): Promise<readonly Rules[]> => {
        await noteRules(db, { account, classification });
        return listRules(db);
      };
      const [first] = await note('a');
      assert.equal(first?.classification, 'a');
      await note('a');
      assert.equal((await note()).length, 1);
      const [, second] = await note('b');
      assert.deepEqual(second, { ...first, classification: 'b' });
      await db.query(
        `update zendesk.finding_rules set enabled = false where rule = 'off_hours_access'`,
      );
      const [, , third] = await note();
      assert.notEqual(third?.detections, first?.detections);
      assert.deepEqual(third, { ...second, detections: third?.detections });
      await db.query(
        `delete from zendesk.audit_patterns where pattern = (select min(pattern) from zendesk.audit_patterns)`,
      );
      await db.query(`create or replace view zendesk_sync.finding_other as select 1 as found`);
      const [, , , fourth, ...others] = await note();
      assert.deepEqual(others, []);
      assert.notEqual(fourth?.detections, third?.detections);
      assert.notEqual(fourth?.definitions, third?.definitions);
      assert.equal(fourth?.classification, 'b');
    });
  });
});
