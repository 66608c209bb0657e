import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadOwnDefinitions, objectOf } from '../../src/database/definitions.ts';
import { readFiles } from '../support/definition-files.ts';

describe('the files of the definitions', () => {
  it('are in the order in which they use each other, with comments and grants at the end', () => {
    const definitions = readFiles({
      comments: `comment on view s.a is 'of s.a';`,
      roles: 'grant select on s.a to public;',
      'functions/s.z': 'create or replace function s.z() returns int language sql return 1;',
      'views/s.a': 'create view s.a as select * from s."user" join s.ab using (id);',
      'views/s.ab': 'create view s.ab as select s.z() as id;',
      'views/s.user': 'create view s."user" as select 1 as id;',
    });
    assert.deepEqual(
      definitions.map(({ name }) => name),
      ['functions/s.z', 'views/s.ab', 'views/s.user', 'views/s.a', 'comments', 'roles'],
    );
    assert.deepEqual(
      definitions.map(({ creates }) => creates),
      ['function', 'view', 'view', 'view', undefined, undefined],
    );
  });

  it('do not depend on names in their comments and texts', () => {
    const [first] = readFiles({
      'views/s.a': `-- Compare s.b, "s.b".\n/* s.b\n */ create view s.a as select 's.b' as a, 'it''s s.b' as b;`,
      'views/s.b': 'create view s.b as select * from s.a;',
    });
    assert.deepEqual(first?.uses, []);
  });

  it('are refused when they use each other in a circle, which is named', () => {
    assert.throws(
      () =>
        readFiles({
          'views/s.a': 'create view s.a as select * from s.b;',
          'views/s.b': 'create view s.b as select * from s.c;',
          'views/s.c': 'create view s.c as select * from s.a;',
        }),
      { message: 'Definitions use each other: views/s.a -> views/s.b -> views/s.c -> views/s.a.' },
    );
  });

  it('must exist: otherwise everything in the database would count as removed', () => {
    assert.throws(() => readFiles({}), /^Error: There are no definitions in /);
  });

  it('have the same hash with the line ends of Windows', () => {
    const [plain] = readFiles({ 'views/s.a': 'create view s.a as\nselect 1;\n' });
    const [other] = readFiles({ 'views/s.a': 'create view s.a as\r\nselect 1;\r\n' });
    assert.equal(other?.hash, plain?.hash);
    assert.equal(other?.sql, plain?.sql);
  });

  it('of this program are named after what they create', () => {
    const objects = loadOwnDefinitions().map(({ name }) => objectOf(name));
    assert.equal(new Set(objects).size, objects.length);
    for (const { name, creates } of loadOwnDefinitions()) {
      const [kind] = name.split('/');
      if (kind === 'views') assert.equal(creates, 'view', name);
      else if (kind === 'functions') assert.equal(creates, 'function', name);
      else if (kind === 'rules') assert.notEqual(creates, 'function', name);
      else assert.ok(['comments', 'roles', 'statistics'].includes(name), name);
      if (creates !== undefined) assert.match(objectOf(name), /^zendesk(_\w+)?\.\w+$/);
    }
  });
});
