import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { Database, Queryable } from '../../src/database/client.ts';
import { applyDefinitions } from '../../src/database/definition-changes.ts';
import {
  type Definition,
  loadOwnDefinitions,
  objectOf,
  readDefinitions,
} from '../../src/database/definitions.ts';
import { withLedger } from '../support/ledger.ts';
import { root } from '../support/project-files.ts';

type Files = Readonly<Record<string, string>>;

/** Reads files as the program reads its own, from a folder that also holds those with `own`. */
function read(files: Files, { own = false } = {}): readonly Definition[] {
  const folder = mkdtempSync(join(tmpdir(), 'zls-definitions-'));
  try {
    if (own) cpSync(join(root, 'src/database/definitions'), folder, { recursive: true });
    for (const [name, sql] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, `${name}.sql`), sql);
    }
    return readDefinitions(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Brings the database from the program's own definitions to those and the given ones. */
async function apply(db: Database, files: Files): Promise<void> {
  await db.transaction((tx) => applyDefinitions(tx, read(files, { own: true }), false));
}

const people = {
  'views/zendesk.people':
    'create view zendesk.people as select account, id, name, role from zendesk.users;\n',
  'views/zendesk.admins': `create view zendesk.admins as select p.id, p.name from zendesk.people p where p.role = 'admin';\n`,
};
const withoutRole = {
  'views/zendesk.people':
    'create view zendesk.people as select account, id, name from zendesk.users;\n',
  'views/zendesk.admins':
    'create view zendesk.admins as select p.id, p.name from zendesk.people p;\n',
};

async function columnsOf(db: Queryable, view: string): Promise<string> {
  const [row] = await db.query<{ columns: string }>(
    `select string_agg(attname, ' ' order by attnum) as columns from pg_attribute where attrelid = to_regclass($1) and attnum > 0`,
    [view],
  );
  return row?.columns ?? '';
}

describe('the files of the definitions', () => {
  it('come in the order in which they use each other, with comments and grants at the end', () => {
    const definitions = read({
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

  it('bind nothing by what their comments and texts say', () => {
    const [first] = read({
      'views/s.a': `-- Compare s.b, "s.b".\n/* s.b\n */ create view s.a as select 's.b' as a, 'it''s s.b' as b;`,
      'views/s.b': 'create view s.b as select * from s.a;',
    });
    assert.deepEqual(first?.uses, []);
  });

  it('are refused when they use each other in a circle, which is named', () => {
    assert.throws(
      () =>
        read({
          'views/s.a': 'create view s.a as select * from s.b;',
          'views/s.b': 'create view s.b as select * from s.c;',
          'views/s.c': 'create view s.c as select * from s.a;',
        }),
      { message: 'Definitions use each other: views/s.a -> views/s.b -> views/s.c -> views/s.a.' },
    );
  });

  it('are missed when there is none: everything in the database would count as removed', () => {
    assert.throws(() => read({}), /^Error: There are no definitions in /);
  });

  it('have the same hash with the line ends of Windows', () => {
    const [plain] = read({ 'views/s.a': 'create view s.a as\nselect 1;\n' });
    const [other] = read({ 'views/s.a': 'create view s.a as\r\nselect 1;\r\n' });
    assert.equal(other?.hash, plain?.hash);
    assert.equal(other?.sql, plain?.sql);
  });

  it('of this program are named after what they create', () => {
    for (const { name, creates } of loadOwnDefinitions()) {
      const [kind] = name.split('/');
      if (kind === 'views') assert.equal(creates, 'view', name);
      else if (kind === 'functions') assert.equal(creates, 'function', name);
      else if (kind === 'rules') assert.notEqual(creates, 'function', name);
      else assert.ok(name === 'comments' || name === 'roles', name);
      if (creates !== undefined) assert.match(objectOf(name), /^zendesk(_\w+)?\.\w+$/);
    }
  });
});

describe('a changed definition', () => {
  it('is replaced in place where Postgres can, so that what others built on it stays', async () => {
    await withLedger(async (db) => {
      await apply(db, people);
      await db.query('create schema bi');
      await db.query('create view bi.report as select * from zendesk.people');
      const changed = people['views/zendesk.people'].replace('role from', 'role, email from');
      await apply(db, { ...people, 'views/zendesk.people': changed });
      assert.equal(await columnsOf(db, 'zendesk.people'), 'account id name role email');
      assert.equal(await columnsOf(db, 'bi.report'), 'account id name role');
      await apply(db, { ...people, 'views/zendesk.people': changed });
    });
  });

  it('is dropped and created again with what uses it where Postgres cannot replace it', async () => {
    await withLedger(async (db) => {
      await apply(db, people);
      await apply(db, withoutRole);
      assert.equal(await columnsOf(db, 'zendesk.people'), 'account id name');
      assert.equal(await columnsOf(db, 'zendesk.admins'), 'id name');
    });
  });

  it('has what uses it run again, so that select * has the new column', async () => {
    await withLedger(async (db) => {
      const all = {
        'views/zendesk.all_people':
          'create view zendesk.all_people as select * from zendesk.people;\n',
      };
      await apply(db, { ...people, ...all });
      const changed = people['views/zendesk.people'].replace('role from', 'role, email from');
      await apply(db, { ...people, ...all, 'views/zendesk.people': changed });
      assert.equal(await columnsOf(db, 'zendesk.all_people'), 'account id name role email');
    });
  });

  it('is created again when somebody has dropped it', async () => {
    await withLedger(async (db) => {
      await apply(db, people);
      await db.query('drop view zendesk.admins');
      await apply(db, people);
      assert.equal(await columnsOf(db, 'zendesk.admins'), 'id name');
    });
  });

  it('keeps its owner and what was granted on it to others', async () => {
    await withLedger(async (db) => {
      await apply(db, people);
      const reader = `zls_${randomBytes(4).toString('hex')}_reader`;
      const owner = `${reader}_owner`;
      await db.query(`create role ${reader}; create role ${owner}`);
      try {
        await db.query(`
          grant select on zendesk.people to ${reader} with grant option;
          grant select (id, name), update (role) on zendesk.people to public;
          alter view zendesk.admins owner to ${owner};
          grant insert on zendesk.admins to ${reader}`);
        await apply(db, withoutRole);
        const found = await db.query<{ grants: string }>(
          `select concat_ws(' ', relation, column_name, coalesce(rolname, 'public'), privilege_type, is_grantable) as grants
           from (
             select c.oid::regclass as relation, null as column_name, relacl as list from pg_class c
             union all
             select attrelid::regclass, attname, attacl from pg_attribute
           ) as lists
           cross join lateral aclexplode(list)
           left join pg_roles r on r.oid = grantee
           where relation in ('zendesk.people'::regclass, 'zendesk.admins'::regclass) and (rolname = $1 or rolname is null)`,
          [reader],
        );
        assert.deepEqual(found.map(({ grants }) => grants).toSorted(), [
          `zendesk.admins ${reader} INSERT f`,
          'zendesk.people id public SELECT f',
          'zendesk.people name public SELECT f',
          `zendesk.people ${reader} SELECT t`,
        ]);
        const owners = await db.query(
          `select viewname, viewowner = $1 as is_given from pg_views where viewname in ('people', 'admins') order by 1`,
          [owner],
        );
        assert.deepEqual(owners, [
          { viewname: 'admins', is_given: true },
          { viewname: 'people', is_given: false },
        ]);
        assert.deepEqual(
          await db.query(
            `select has_column_privilege('zendesk_reader', 'zendesk.people', 'name', 'select') as may_read`,
          ),
          [{ may_read: true }],
        );
      } finally {
        await db.query(`drop owned by ${reader}, ${owner}; drop role ${reader}, ${owner}`);
      }
    });
  });

  it('is left alone, with everything else, when something of somebody else is in the way, which is named', async () => {
    await withLedger(async (db) => {
      await apply(db, people);
      await db.query(`
        create schema bi;
        create view bi."Report" as select * from zendesk.admins;
        create materialized view bi.copy as select * from zendesk.people;
        create view bi.on_top as select * from bi."Report";
        create function bi.name_of(person zendesk.people) returns text language sql return person.name;
        create function bi.write() returns trigger language plpgsql as 'begin return new; end';
        create trigger written instead of insert on zendesk.people for each row execute function bi.write()`);
      const others = { 'views/zendesk.other': 'create view zendesk.other as select 1 as one;\n' };
      const sentence = (view: string, dependents: string): string =>
        `The view ${view} has to be dropped for this version of the program, but others depend on it: ${dependents}. ` +
        'Nothing was changed; keep their definitions, drop them, run "migrate", and create them again.';
      await assert.rejects(apply(db, { ...withoutRole, ...others }), {
        code: 'objects_in_the_way',
        problems: [
          sentence('zendesk.admins', 'view bi."Report"'),
          sentence(
            'zendesk.people',
            'function bi.name_of(zendesk.people), materialized view bi.copy, trigger written on zendesk.people',
          ),
        ],
      });
      assert.equal(await columnsOf(db, 'zendesk.people'), 'account id name role');
      assert.equal(await columnsOf(db, 'zendesk.other'), '');
      await db.query('drop schema bi cascade');
      await apply(db, { ...withoutRole, ...others });
      assert.equal(await columnsOf(db, 'zendesk.people'), 'account id name');
    });
  });

  it('tells of everything that is in the way at once, and not of what fails because of it', async () => {
    await withLedger(async (db) => {
      const second = {
        'views/zendesk.tall': 'create view zendesk.tall as select 1 as a, 2 as b;\n',
      };
      await apply(db, { ...people, ...second });
      await db.query(`
        create schema bi;
        create view bi.people as select * from zendesk.people;
        create view bi.tall as select * from zendesk.tall`);
      const changed = {
        ...people,
        'views/zendesk.people':
          'create view zendesk.people as select account, id, name, role as job from zendesk.users;\n',
        'views/zendesk.tall': 'create view zendesk.tall as select 1 as a;\n',
        'views/zendesk.workers': 'create view zendesk.workers as select job from zendesk.people;\n',
      };
      await assert.rejects(apply(db, changed), (error: Error) => {
        assert.match(error.message, /^The view zendesk\.people .* view bi\.people\..*$/m);
        assert.match(error.message, /^The view zendesk\.tall .* view bi\.tall\..*$/m);
        return true;
      });
    });
  });

  it('that fails is named, and nothing is changed', async () => {
    await withLedger(async (db) => {
      const broken = {
        'views/zendesk.people':
          'create view zendesk.people as select nothing from zendesk.users;\n',
      };
      await assert.rejects(apply(db, broken), {
        code: 'database_refused',
        sqlState: '42703',
        message:
          'The definition views/zendesk.people cannot be run (error 42703: column "nothing" does not exist).',
      });
      assert.equal(await columnsOf(db, 'zendesk.people'), '');
    });
  });
});

describe('a function with other parameters', () => {
  const shout = (parameters: string, call: string) => ({
    'functions/zendesk.shout': `create or replace function zendesk.shout(${parameters}) returns text language sql immutable return upper(word);\n`,
    'views/zendesk.loud': `create view zendesk.loud as select zendesk.shout(${call}) as name from zendesk.users;\n`,
  });

  it('takes the place of the former one, below the views that call it, with what was granted on it', async () => {
    await withLedger(async (db) => {
      await apply(db, shout('word text', 'name'));
      await db.query('revoke execute on function zendesk.shout(text) from public');
      await db.query(
        'create function zendesk.shout(own integer) returns integer language sql return own',
      );
      await apply(db, shout('word text, loudness integer', 'name, 3'));
      const found = await db.query(
        `select oid::regprocedure::text as name, has_function_privilege('zendesk_reader', oid, 'execute') as may_call
         from pg_proc where proname = 'shout' order by 1`,
      );
      assert.deepEqual(found, [
        { name: 'zendesk.shout(integer)', may_call: true },
        { name: 'zendesk.shout(text,integer)', may_call: false },
      ]);
      assert.equal(await columnsOf(db, 'zendesk.loud'), 'name');
    });
  });

  it('or another result is not put in the place of one that others call', async () => {
    await withLedger(async (db) => {
      await apply(db, shout('word text', 'name'));
      await db.query(
        'create table public.words (word text, loud text generated always as (zendesk.shout(word)) stored)',
      );
      const renamed = { ...shout('word text, loudness integer', 'name, 3') };
      await assert.rejects(apply(db, renamed), {
        code: 'objects_in_the_way',
        message:
          /^The function zendesk\.shout\(text\) has to be dropped .* depend on it: default value for public\.words\.loud\. /,
      });
      await db.query('drop table public.words');
      await apply(db, renamed);
    });
  });
});

describe('a definition whose file is gone', () => {
  it('is dropped, after what used it has been replaced', async () => {
    await withLedger(async (db) => {
      await apply(db, people);
      await apply(db, {
        'views/zendesk.admins':
          'create view zendesk.admins as select id, name from zendesk.users;\n',
      });
      assert.equal(await columnsOf(db, 'zendesk.people'), '');
      assert.equal(await columnsOf(db, 'zendesk.admins'), 'id name');
      await apply(db, {});
      assert.equal(await columnsOf(db, 'zendesk.admins'), '');
      const left = await db.query(
        `select from zendesk_sync.definitions where name in ('views/zendesk.people', 'rules/zendesk.people')`,
      );
      assert.deepEqual(left, []);
    });
  });

  it('is not dropped below what others built on it', async () => {
    await withLedger(async (db) => {
      await apply(db, people);
      await db.query('create view public.mine as select * from zendesk.admins');
      await assert.rejects(apply(db, {}), {
        message:
          /^The view zendesk\.admins has to be dropped .* depend on it: view public\.mine\. /,
      });
      assert.equal(await columnsOf(db, 'public.mine'), 'id name');
    });
  });

  it('stays where only its folder has changed', async () => {
    await withLedger(async (db) => {
      await apply(db, people);
      await db.query('create view public.mine as select * from zendesk.people');
      await apply(db, {
        'views/zendesk.admins': people['views/zendesk.admins'],
        'rules/zendesk.people': people['views/zendesk.people'],
      });
      assert.equal(await columnsOf(db, 'public.mine'), 'account id name role');
    });
  });
});
