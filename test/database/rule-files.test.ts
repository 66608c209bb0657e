import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import type { Database } from '../../src/database/client.ts';
import { at, loadAccessFindings, storeAccessRows } from '../support/access-view-rows.ts';
import { loadFindings, storeAuditRows, token } from '../support/audit-rows.ts';
import { applyFiles, columnsOf } from '../support/definition-files.ts';
import { withLedger } from '../support/ledger.ts';
import { root } from '../support/project-files.ts';

const definitions = join(root, 'src/database/definitions');
const ruleFiles = globSync('rules/*.sql', { cwd: definitions });

const nameOf = (rule: string): string => `rules/zendesk_sync.finding_${rule}`;
const read = (rule: string): string =>
  readFileSync(join(definitions, `${nameOf(rule)}.sql`), 'utf8');

/** Applies the file of a rule with changes, each of a text in it; all other files unchanged. */
async function change(
  db: Database,
  rule: string,
  changes: readonly (readonly [string, string])[],
): Promise<void> {
  let text = read(rule);
  for (const [before, after] of changes) {
    assert.ok(text.includes(before), before);
    text = text.replace(before, () => after);
  }
  await applyFiles(db, { [nameOf(rule)]: text });
}

async function loadRow(db: Database, rule: string): Promise<unknown> {
  const rows = await db.query(
    'select severity, title, parameters, enabled from zendesk.finding_rules where rule = $1',
    [rule],
  );
  return rows[0];
}

const loadPatterns = async (db: Database, rule: string): Promise<string[]> =>
  (
    await db.query<{ line: string }>(
      `select concat_ws(' ', source_types, actions, label, severity) as line from zendesk.audit_patterns where rule = $1 order by 1`,
      [rule],
    )
  ).map(({ line }) => line);

describe('the files of the rules', () => {
  it('store one rule each, with the name of the file', async () => {
    await withLedger(async (db) => {
      const stored = await db.query<{ rule: string }>(
        'select rule from zendesk_sync.shipped_rules order by rule',
      );
      assert.deepEqual(
        stored.map(({ rule }) => `zendesk_sync.finding_${rule}.sql`),
        ruleFiles.map((path) => basename(path)).toSorted(),
      );
    });
  });

  it('give a new database exactly their rows', async () => {
    await withLedger(async (db) => {
      const rows = await db.query<{ stored: unknown; shipped: unknown }>(
        `select
           jsonb_build_object(
             'row', to_jsonb(f) - '{rule,parameters}'::text[],
             'parameters', f.parameters,
             'patterns', (
               select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(p) - '{rule,pattern}'::text[]) order by p.pattern), '[]')
               from zendesk.audit_patterns p where p.rule = f.rule
             ),
             'searches', case
               when f.rule = 'risky_search' then (select jsonb_object_agg(s.name, s.expression) from zendesk.search_patterns s)
               else '{}'
             end
           ) as stored,
           s.definition as shipped
         from zendesk.finding_rules f left join zendesk_sync.shipped_rules s using (rule)`,
      );
      assert.equal(rows.length, ruleFiles.length);
      for (const { stored, shipped } of rows) assert.deepEqual(stored, shipped);
    });
  });

  it('that have their own query are part of the findings of their log, and have the same columns', async () => {
    await withLedger(async (db) => {
      const views = await db.query<{ name: string; rule: string; stream: string }>(
        `select c.oid::regclass::text as name, f.rule, f.stream from zendesk.finding_rules f
         join pg_class c on c.oid = to_regclass('zendesk_sync.finding_' || f.rule)`,
      );
      assert.equal(
        views.length,
        ruleFiles.filter((path) =>
          readFileSync(join(definitions, path), 'utf8').includes('create view'),
        ).length,
      );
      const readView = (name: string): string =>
        readFileSync(join(definitions, `views/${name}.sql`), 'utf8');
      for (const { name, rule, stream } of views) {
        const log = stream === 'audit_logs' ? 'audit' : 'access';
        assert.ok(
          readView(`zendesk_sync.found_in_${log}_logs`).includes(
            `union all select * from ${name}\n`,
          ) ||
            readView(`zendesk_sync.found_in_${log}_logs`).includes(
              `union all select * from ${name};`,
            ),
          name,
        );
        if (log === 'audit')
          assert.match(readView('zendesk_sync.findings_by_pattern'), RegExp(`'${rule}'`));
        assert.equal(
          await columnsOf(db, name),
          await columnsOf(db, `zendesk_sync.findings_by_${log === 'audit' ? 'pattern' : 'kind'}`),
        );
      }
    });
  });

  it('are enough for a new rule that only needs patterns', async () => {
    await withLedger(async (db) => {
      await storeAuditRows(db, [
        token('webhook', 'create', 'Webhook: CI'),
        token('webhook', 'destroy', 'Webhook: CI'),
      ]);
      await applyFiles(db, {
        [nameOf('webhook_created')]: `select zendesk_sync.put_rule(
            rule => 'webhook_created', stream => 'audit_logs', severity => 'high', question => 'Was a webhook made?',
            title => 'Webhook made',
            patterns => array[zendesk_sync.pattern(source_types => '{webhook}', actions => '{create}')]
          );`,
      });
      assert.deepEqual(
        (await loadFindings(db)).map(({ id, rule }) => [id, rule]),
        [[1, 'webhook_created']],
      );
    });
  });
});

describe('a change in the file of a rule', () => {
  it('sets another threshold with one line', async () => {
    await withLedger(async (db) => {
      await storeAccessRows(
        db,
        [0, 1, 2].map((second) => at(`11-18T12:00:0${second}`, { status: 403 })),
      );
      assert.deepEqual(await loadAccessFindings(db, 'denied_burst'), []);
      await change(db, 'denied_burst', [['    "count": 20,\n', '    "count": 3,\n']]);
      assert.deepEqual(await loadAccessFindings(db, 'denied_burst'), [
        [3, 'Many requests denied: 3 within 10 minutes'],
      ]);
    });
  });

  it('keeps what somebody has changed in the row, and sets the rest', async () => {
    await withLedger(async (db) => {
      await db.query(
        `update zendesk.finding_rules
         set severity = 'info', enabled = false, parameters = '{"count": 20, "minutes": 5, "mine": 1}' where rule = 'denied_burst'`,
      );
      const changes = [
        [`severity => 'medium'`, `severity => 'high'`],
        [`title => 'Many requests denied'`, `title => 'Many refused'`],
        ['"count": 20', '"count": 30'],
        ['"minutes": 10', '"minutes": 60,\n    "hours": 1'],
      ] as const;
      await change(db, 'denied_burst', changes);
      const expected = {
        severity: 'info',
        title: 'Many refused',
        parameters: { count: 30, minutes: 5, mine: 1, hours: 1 },
        enabled: false,
      };
      assert.deepEqual(await loadRow(db, 'denied_burst'), expected);
      // A changed value stays, whatever comes later.
      await change(db, 'denied_burst', [['"minutes": 10', '"minutes": 90']]);
      assert.deepEqual(await loadRow(db, 'denied_burst'), {
        ...expected,
        title: 'Many requests denied',
        parameters: { count: 20, minutes: 5, mine: 1 },
      });
    });
  });

  it('does not bring back a parameter or a rule that somebody has removed', async () => {
    await withLedger(async (db) => {
      await db.query(
        `update zendesk.finding_rules set parameters = '{}' where rule = 'password_sign_in'`,
      );
      await db.query(`delete from zendesk.finding_rules where rule = 'app_changed'`);
      await change(db, 'app_changed', [[`severity => 'low'`, `severity => 'high'`]]);
      assert.equal(await loadRow(db, 'app_changed'), undefined);
      assert.deepEqual(await loadPatterns(db, 'app_changed'), []);
      await change(db, 'password_sign_in', [
        [`severity => 'medium'`, `severity => 'high'`],
        ['"accounts": []', '"accounts": ["acme"]'],
      ]);
      assert.deepEqual(await loadRow(db, 'password_sign_in'), {
        severity: 'high',
        title: 'Sign-in with a password',
        parameters: {},
        enabled: true,
      });
    });
  });

  it('replaces patterns, except those that somebody has added, changed or deleted', async () => {
    await withLedger(async (db) => {
      const label = '^(zendesk api: active api tokens|api token)';
      assert.deepEqual(await loadPatterns(db, 'api_token_changed'), [
        `{api_token,apitoken} {create}`,
        `{api_token,apitoken} {destroy} info`,
        `{create} ${label}`,
        `{destroy} ${label} info`,
      ]);
      await db.query(`
        insert into zendesk.audit_patterns (rule, source_types) values ('api_token_changed', '{mine}');
        update zendesk.audit_patterns set severity = 'low' where rule = 'api_token_changed' and label is not null and severity is null;
        delete from zendesk.audit_patterns where rule = 'api_token_changed' and label is not null and severity = 'info'`);
      await change(db, 'api_token_changed', [
        [
          `source_types => '{api_token,apitoken}', actions => '{create}'`,
          `source_types => '{token}'`,
        ],
      ]);
      assert.deepEqual(await loadPatterns(db, 'api_token_changed'), [
        `{api_token,apitoken} {destroy} info`,
        `{create} ${label} low`,
        '{mine}',
        '{token}',
      ]);
    });
  });

  it('replaces searches, except those that somebody has added, changed or deleted', async () => {
    await withLedger(async (db) => {
      await db.query(`
        insert into zendesk.search_patterns values ('mine', 'secret project');
        update zendesk.search_patterns set expression = 'reisepass' where name = 'passport';
        delete from zendesk.search_patterns where name = 'IBAN'`);
      await change(db, 'risky_search', [
        [`'card number', '\\m`, `'number of a card', '\\m`],
        [`'bank account', '\\m(iban|`, `'bank account', '\\m(`],
        [`(passports?|`, `(passport|`],
      ]);
      const rows = await db.query<{ name: string; expression: string }>(
        `select name, expression from zendesk.search_patterns order by name`,
      );
      assert.deepEqual(
        rows.map(({ name }) => name),
        [
          'bank account',
          'credential',
          'credit card',
          'mine',
          'number of a card',
          'passport',
          'password',
          'social security number',
        ],
      );
      assert.equal(rows[0]?.expression, '\\m(sort code|routing number|bank account)\\M');
      assert.equal(rows[5]?.expression, 'reisepass');
    });
  });
});
