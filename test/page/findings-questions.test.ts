import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { acknowledgeFindings } from '../../src/ingest/findings/acknowledge.ts';
import type { FindingsAnswer } from '../../src/page/views/findings/load-findings.ts';
import type { RowsBehind } from '../../src/page/views/findings/load-rows-behind.ts';
import type { ShownRule } from '../../src/page/views/findings/load-rules.ts';
import { findingsQuestions } from '../../src/page/views/findings/routes.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { withLedger } from '../support/ledger.ts';
import { asks } from '../support/page-service.ts';
import { storeFinding } from '../support/stored-finding.ts';
import { storeRecords } from '../support/stored-records.ts';

const now = new Date('2026-11-19T15:00:00Z');

async function ask<Answer>(
  db: Database,
  path: string,
  parameters: Readonly<Record<string, string>> = {},
  role: 'reader' | 'investigator' = 'reader',
): Promise<Answer> {
  const question = findingsQuestions.find((each) => each.path === path);
  assert.ok(question !== undefined);
  const asked = { ...asks(now, parameters), asker: { name: 'Ann', role } };
  return (await question.ask(db, asked)) as Answer;
}

const idsOf = ({ findings }: FindingsAnswer): readonly string[] =>
  findings.map(({ finding }) => finding);

describe('the findings of the page', { concurrency: 2 }, () => {
  it('are listed newest first by account, severity, rule, state and time, and counted like SQL does', async () => {
    await withLedger(async (db) => {
      await storeFinding(db, { finding: 'a', at: '2026-11-01T10:00:00Z' });
      await storeFinding(db, { finding: 'b', at: '2026-11-03T10:00:00Z', severity: 'low' });
      await storeFinding(db, { finding: 'c', at: '2026-11-02T10:00:00Z', rule: 'exported' });
      await storeFinding(db, { finding: 'd', account: 'other' });
      await acknowledgeFindings(db, 'acme', ['c'], { by: 'Ann', note: 'asked for' });
      const all = await ask<FindingsAnswer>(db, 'findings', { account: 'acme' });
      assert.deepEqual(idsOf(all), ['b', 'c', 'a']);
      assert.deepEqual(
        all.counts,
        await db.query(
          `select severity, rule, state, count(*)::float8 as count from zendesk.findings where account = 'acme' group by 1, 2, 3 order by 1, 2, 3`,
        ),
      );
      const [, c] = all.findings;
      assert.deepEqual(
        [c?.state, c?.acknowledgedBy, c?.acknowledgedNote, c?.title],
        ['acknowledged', 'Ann', 'asked for', 'Data exported'],
      );
      for (const [parameters, expected] of [
        [{ severity: 'low' }, ['b']],
        [{ rule: 'exported' }, ['c']],
        [{ state: 'open' }, ['b', 'a']],
        [{ state: 'acknowledged' }, ['c']],
        [{ from: '2026-11-02T00:00:00Z', until: '2026-11-03T00:00:00Z' }, ['c']],
        [{ after: '2026-11-02T10:00:00.000Z c' }, ['a']],
      ] as const)
        assert.deepEqual(
          idsOf(await ask<FindingsAnswer>(db, 'findings', { account: 'acme', ...parameters })),
          expected,
          JSON.stringify(parameters),
        );
      assert.deepEqual(idsOf(await ask<FindingsAnswer>(db, 'findings')), ['d', 'b', 'c', 'a']);
    });
  });

  it('come a hundred at a time', async () => {
    await withLedger(async (db) => {
      for (let n = 0; n < 101; n += 1) await storeFinding(db, { finding: `f${n + 100}` });
      const first = await ask<FindingsAnswer>(db, 'findings');
      assert.deepEqual([first.findings.length, first.hasMore], [100, true]);
      const last = first.findings.at(-1);
      const rest = await ask<FindingsAnswer>(db, 'findings', {
        after: `${last?.at.toISOString()} ${last?.finding}`,
      });
      assert.deepEqual([idsOf(rest), rest.hasMore], [['f100'], false]);
    });
  });

  it('have the rows behind them, without what people typed for who is only a reader', async () => {
    await withLedger(async (db) => {
      await storeRecords(db, accessLogs, [
        {
          id: 'x1',
          timestamp: '2026-11-03T10:00:00Z',
          url: '/api/v2/search?query=secret+word',
          user_id: 5,
          status: 200,
          method: 'GET',
          ip_address: '203.0.113.9',
        },
      ]);
      await storeRecords(db, auditLogs, [
        {
          id: 7,
          created_at: '2026-11-03T10:00:00Z',
          action: 'update',
          source_type: 'user',
          source_label: 'User: <b>Bob</b>',
          actor_id: 5,
          actor_name: 'Ann',
          change_description: 'Role changed',
        },
      ]);
      await storeFinding(db, {
        finding: 'a',
        stream: 'access_logs',
        evidence: [
          { table: 'access_logs', timestamp: '2026-11-03T10:00:00Z', id: 'x1' },
          { table: 'access_logs', timestamp: '2026-11-03T10:00:00Z', id: 'gone' },
        ],
      });
      await storeFinding(db, {
        finding: 'b',
        evidence: [{ table: 'audit_logs', created_at: '2026-11-03T10:00:00Z', id: '7' }],
      });
      const of = { account: 'acme', finding: 'a' };
      const [shown] = await ask<readonly RowsBehind[]>(db, 'findings/rows', of);
      assert.deepEqual([shown?.table, shown?.keys, shown?.rows.length], ['access_logs', 2, 1]);
      const [row] = shown?.rows ?? [];
      assert.deepEqual(
        [row?.['id'], row?.['path'], row?.['kind'], row?.['address'], row?.['search']],
        ['x1', '/api/v2/search', 'search', '203.0.113.9', undefined],
      );
      assert.ok(!JSON.stringify(shown).includes('secret'), 'nothing that was typed');
      const [known] = await ask<readonly RowsBehind[]>(db, 'findings/rows', of, 'investigator');
      assert.equal(known?.rows[0]?.['search'], 'secret word');
      const [audit] = await ask<readonly RowsBehind[]>(db, 'findings/rows', {
        ...of,
        finding: 'b',
      });
      assert.deepEqual(
        audit?.rows.map(({ id, thing, what }) => [id, thing, what]),
        [['7', 'User: <b>Bob</b>', 'Role changed']],
      );
      await assert.rejects(ask(db, 'findings/rows', { ...of, finding: 'nope' }), {
        message: 'The account "acme" has no finding "nope".',
      });
    });
  });

  it('have rules with their thresholds, on and off', async () => {
    await withLedger(async (db) => {
      await db.query(`update zendesk.finding_rules set enabled = false where rule = 'enumeration'`);
      await storeFinding(db, { finding: 'a', rule: 'two_factor_off' });
      const rules = await ask<readonly ShownRule[]>(db, 'findings/rules', { account: 'acme' });
      const [counted] = await db.query<{ count: number }>(
        'select count(*)::integer as count from zendesk.finding_rules',
      );
      assert.equal(rules.length, counted?.count);
      const enumeration = rules.find(({ rule }) => rule === 'enumeration');
      assert.equal(enumeration?.isOn, false);
      assert.ok(Object.keys(enumeration?.parameters ?? {}).includes('block'));
      assert.deepEqual(
        rules.filter(({ open }) => open > 0).map(({ rule, open }) => [rule, open]),
        [['two_factor_off', 1]],
      );
    });
  });

  for (const [what, parameters, expected] of [
    ['severity', { severity: 'worst' }, 'The severity is unknown. Use high, medium, low, info.'],
    ['state', { state: 'gone' }, 'The state is unknown. Use open, acknowledged, withdrawn.'],
    ['time', { from: 'yesterday' }, 'Times must be like 2026-11-03T00:00:00Z.'],
  ] as const)
    it(`refuse an unknown ${what}`, async () => {
      await withLedger(async (db) => {
        await assert.rejects(ask(db, 'findings', parameters), { message: expected });
      });
    });
});
