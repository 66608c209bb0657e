import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { splitStatements, splitWhole } from '../../src/commands/sql/split.ts';

const textsOf = (source: string): string[] => splitWhole(source).map(({ text }) => text);

describe('a text of SQL', () => {
  it('is split at its semicolons', () => {
    assert.deepEqual(textsOf(' select 1; ;\nselect 2 ;; select 3'), [
      'select 1',
      'select 2',
      'select 3',
    ]);
  });

  it('is not split within quotes, dollars and comments', () => {
    for (const statement of [
      `select 'a;b', 'it''s;'`,
      `select e'\\';', 1`,
      `select ";" from "a;""b"`,
      'select $$ ; $$, $x$ ; $$ ; $x$',
      'select 1 -- ; not here\n + 1',
      'select /* ; /* ; */ ; */ 1',
      'select a$b$c from t where x = $1',
    ])
      assert.deepEqual(textsOf(`${statement}; select 2`), [statement, 'select 2']);
  });

  it('continues while a quote is open', () => {
    for (const open of [
      `select 'a;`,
      'select "a;',
      'select $x$ ; $$;',
      'select /* ;',
      'select 1 -- ;',
    ])
      assert.deepEqual(splitStatements(open), { statements: [], rest: open });
  });

  it('has lines with a backslash as statements, but not comments alone', () => {
    assert.deepEqual(textsOf('\\d\n\\d zendesk.users\nselect 1; -- the end\n/* ; */'), [
      '\\d',
      '\\d zendesk.users',
      'select 1',
    ]);
  });

  it('has the text before each statement, so that positions are those in the whole text', () => {
    assert.deepEqual(splitWhole('select 1;\n  select 2'), [
      { text: 'select 1', before: '' },
      { text: 'select 2', before: 'select 1;\n  ' },
    ]);
  });
});
