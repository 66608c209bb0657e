import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storeAuditRows } from '../../support/audit-rows.ts';
import {
  at,
  findAccesses,
  isProgram,
  loadAccessFindings,
  storeAccessRows,
} from '../../support/access-view-rows.ts';
import { withLedger } from '../../support/ledger.ts';

describe('the rule leaver_access', () => {
  const history = (from: string, to: string | null, state: string): string =>
    `insert into zendesk.user_history (account, id, valid_from, valid_to, active, suspended, team_member)
     values ('acme', 5, '${from}', ${to === null ? 'null' : `'${to}'`}, ${state})`;

  it('finds requests of people who have left according to the list of people', async () => {
    const rows = [
      at('11-18T12:00:00'),
      at('11-18T12:00:01'),
      at('11-18T12:00:02', { status: 401 }),
      at('11-18T12:30:01'),
      at('11-18T13:00:02'),
      at('11-18T13:10:00'),
      at('11-18T13:00:00', { user_id: 6 }),
    ];
    for (const [state, how] of [
      ['true, true, true', 'suspended'],
      ['false, false, true', 'deleted'],
      ['true, false, false', 'no team member'],
    ] as const)
      assert.deepEqual(
        await findAccesses('leaver_access', rows, [
          history('2026-11-01', '2026-11-18 12:00:00+00', 'true, false, true'),
          history('2026-11-18 12:00:00+00', '2026-11-18 13:10:00+00', state),
          history('2026-11-18 13:10:00+00', null, 'true, false, true'),
        ]),
        [
          [2, `Access after leaving: ${how} since 2026-11-18 12:00 UTC`],
          [5, `Access after leaving: ${how} since 2026-11-18 12:00 UTC`],
        ],
      );
    assert.deepEqual(
      await findAccesses('leaver_access', rows, [
        history('2026-11-01', null, 'true, true, true'),
        isProgram(5),
      ]),
      [],
    );
  });

  it('uses the audit log too, which shows suspensions and lost roles at once', async () => {
    await withLedger(async (db) => {
      await db.query(
        `insert into zendesk.users (account, id, team_member, valid_from) select 'acme', id, true, '2026-01-01' from unnest('{5,6,7}'::bigint[]) as t (id)`,
      );
      const change = (time: string, source_id: number, text: string) => ({
        created_at: `2026-11-18T${time}Z`,
        source_type: text.startsWith('Role') ? 'user' : 'user_setting',
        source_id,
        change_description: text,
      });
      await storeAuditRows(db, [
        change('10:00:00', 5, 'Suspended'),
        change('11:00:00', 5, 'Unsuspended'),
        change('10:00:00', 6, 'Role changed from Agent to End User'),
        change('11:00:00', 6, 'Role changed from End User to Agent'),
        change('10:00:00', 7, 'Role changed from Admin to Agent'),
        change('10:00:00', 9, 'Suspended'),
      ]);
      await storeAccessRows(
        db,
        ['10:00:00', '10:30:00', '11:30:00'].flatMap((time) =>
          [5, 6, 7, 9].map((user_id) => at(`11-18T${time}`, { user_id })),
        ),
      );
      assert.deepEqual(await loadAccessFindings(db, 'leaver_access'), [
        [5, 'Access after leaving: suspended since 2026-11-18 10:00 UTC'],
        [6, 'Access after leaving: no team member since 2026-11-18 10:00 UTC'],
      ]);
    });
  });
});
