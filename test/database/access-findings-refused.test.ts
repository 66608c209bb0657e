import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storeAuditRows } from '../support/audit-rows.ts';
import {
  type AccessRow,
  at,
  findAccesses,
  isProgram,
  loadAccessFindings,
  own,
  storeAccessRows,
} from '../support/access-view-rows.ts';
import { withLedger } from '../support/ledger.ts';

describe('denied_burst', () => {
  /** One denied request every so many seconds. */
  const denied = (count: number, seconds = 1): AccessRow[] =>
    Array.from({ length: count }, (_, n) => ({
      timestamp: new Date(Date.UTC(2026, 10, 18, 12) + n * seconds * 1000).toISOString(),
      status: [401, 403, 404][n % 3],
    }));
  const find = (rows: readonly AccessRow[], statements?: readonly string[]) =>
    findAccesses('denied_burst', rows, statements);

  it('finds the twentieth denied request within ten minutes, and not those after it', async () => {
    assert.deepEqual(await find(denied(25)), [[20, 'Many requests denied: 20 within 10 minutes']]);
    assert.deepEqual(await find(denied(20, 31)), [
      [20, 'Many requests denied: 20 within 10 minutes'],
    ]);
  });

  it('finds nothing for nineteen, for twenty over a longer time, for two people, or for programs', async () => {
    const nineteen = denied(19);
    assert.deepEqual(await find(denied(20, 32)), []);
    for (const twentieth of [
      at('11-18T12:05:00', { status: 200 }),
      at('11-18T12:05:00', { status: 500 }),
      at('11-18T12:10:00', { status: 403 }),
      at('11-18T12:05:00', { status: 403, user_id: 6 }),
      at('11-18T12:05:00', { status: 403, url: '/api/v2/audit_logs', ...own }),
    ])
      assert.deepEqual(await find([...nineteen, twentieth]), []);
    assert.deepEqual(await find(denied(25), [isProgram(5)]), []);
  });
});

describe('secret_access', () => {
  const find = (rows: readonly AccessRow[], statements?: readonly string[]) =>
    findAccesses('secret_access', rows, statements);

  it('finds who reads or changes credentials and recovery codes', async () => {
    assert.deepEqual(
      await find([
        at('11-18T12:00:00', { url: '/api/v2/users/9/recovery_codes' }),
        at('11-18T12:00:01', { url: '/api/v2/users/9/password', method: 'POST' }),
        at('11-18T12:00:02', { url: '/api/v2/oauth/tokens/7.json', status: 404 }),
        at('11-18T12:00:03', { url: '/api/v2/oauth/tokens?page=1' }),
        at('11-18T12:00:04', { url: '/api/v2/oauth/tokens?page=2' }),
        at('11-18T12:30:05', { url: '/api/v2/oauth/tokens' }),
        at('11-18T12:30:06', { url: '/oauth/tokens', method: 'POST' }),
      ]),
      [
        [1, 'Credential read or changed: user 9'],
        [2, 'Credential read or changed: user 9'],
        [3, 'Credential read or changed: oauth_token 7, denied'],
        [4, 'Credential read or changed: oauth_token'],
        [6, 'Credential read or changed: oauth_token'],
        [7, 'Credential read or changed: oauth_token'],
      ],
    );
  });

  it('finds nothing else, and no programs, this one included', async () => {
    assert.deepEqual(
      await find(
        [
          at('11-18T12:00:00', { url: '/api/v2/users/9' }),
          at('11-18T12:00:00', { url: '/oauth/tokens', method: 'POST', ...own }),
          at('11-18T12:00:00', { url: '/api/v2/oauth/clients', user_id: 8 }),
        ],
        [isProgram(8)],
      ),
      [],
    );
  });
});

describe('log_access', () => {
  it('finds who reads the logs, but not this program, whose token may be that of a person', async () => {
    assert.deepEqual(
      await findAccesses(
        'log_access',
        [
          at('11-18T12:00:00', { url: '/api/v2/audit_logs?page[after]=x', ...own }),
          at('11-18T12:00:01', { url: '/api/v2/audit_logs?page[after]=x' }),
          at('11-18T12:00:02', { url: '/api/v2/audit_logs?page[after]=y' }),
          at('11-18T12:00:03', { url: '/api/v2/audit_logs/77' }),
          at('11-18T12:00:04', { url: '/api/v2/access_logs', user_id: 6, status: 403 }),
          at('11-18T12:00:05', { url: '/api/v2/access_logs', user_id: 8 }),
          at('11-18T12:00:06', { url: '/api/v2/tickets/1/audits' }),
        ],
        [isProgram(8)],
      ),
      [
        [2, 'Log read: audit_log'],
        [4, 'Log read: audit_log 77'],
        [5, 'Log read: access_log, denied'],
      ],
    );
  });
});

describe('leaver_access', () => {
  const history = (from: string, to: string | null, state: string): string =>
    `insert into zendesk.user_history (account, id, valid_from, valid_to, active, suspended, team_member)
     values ('acme', 5, '${from}', ${to === null ? 'null' : `'${to}'`}, ${state})`;

  it('finds what people still do when the listing of people says that they have left', async () => {
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

  it('goes by the audit log too, which knows of suspensions and lost roles at once', async () => {
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
