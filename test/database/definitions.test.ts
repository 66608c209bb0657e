import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { applyFiles, columnsOf, people, withoutRole } from '../support/definition-files.ts';
import { withLedger } from '../support/ledger.ts';

describe('a changed definition', () => {
  it('is replaced in place where Postgres can, so that what others built on it stays', async () => {
    await withLedger(async (db) => {
      await applyFiles(db, people);
      await db.query('create schema bi');
      await db.query('create view bi.report as select * from zendesk.people');
      const changed = people['views/zendesk.people'].replace('role from', 'role, email from');
      await applyFiles(db, { ...people, 'views/zendesk.people': changed });
      assert.equal(await columnsOf(db, 'zendesk.people'), 'account id name role email');
      assert.equal(await columnsOf(db, 'bi.report'), 'account id name role');
      await applyFiles(db, { ...people, 'views/zendesk.people': changed });
    });
  });

  it('is dropped and created again with what uses it where Postgres cannot replace it', async () => {
    await withLedger(async (db) => {
      await applyFiles(db, people);
      await applyFiles(db, withoutRole);
      assert.equal(await columnsOf(db, 'zendesk.people'), 'account id name');
      assert.equal(await columnsOf(db, 'zendesk.admins'), 'id name');
    });
  });

  it('makes what uses it run again, so that select * has the new column', async () => {
    await withLedger(async (db) => {
      const all = {
        'views/zendesk.all_people':
          'create view zendesk.all_people as select * from zendesk.people;\n',
      };
      await applyFiles(db, { ...people, ...all });
      const changed = people['views/zendesk.people'].replace('role from', 'role, email from');
      await applyFiles(db, { ...people, ...all, 'views/zendesk.people': changed });
      assert.equal(await columnsOf(db, 'zendesk.all_people'), 'account id name role email');
    });
  });

  it('is created again when somebody has dropped it', async () => {
    await withLedger(async (db) => {
      await applyFiles(db, people);
      await db.query('drop view zendesk.admins');
      await applyFiles(db, people);
      assert.equal(await columnsOf(db, 'zendesk.admins'), 'id name');
    });
  });

  it('keeps its owner and its grants to others', async () => {
    await withLedger(async (db) => {
      await applyFiles(db, people);
      const reader = `zls_${randomBytes(4).toString('hex')}_reader`;
      const owner = `${reader}_owner`;
      await db.query(`create role ${reader}; create role ${owner}`);
      try {
        await db.query(`
          grant select on zendesk.people to ${reader} with grant option;
          grant select (id, name), update (role) on zendesk.people to public;
          alter view zendesk.admins owner to ${owner};
          grant insert on zendesk.admins to ${reader}`);
        await applyFiles(db, withoutRole);
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

  it('is not changed, nor is anything else, when an object of somebody else blocks it, which is named', async () => {
    await withLedger(async (db) => {
      await applyFiles(db, people);
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
        `This version of the program must drop the view ${view}, but other objects depend on it: ${dependents}. ` +
        'Nothing was changed. Save their definitions, drop them, run "migrate", and create them again.';
      await assert.rejects(applyFiles(db, { ...withoutRole, ...others }), {
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
      await applyFiles(db, { ...withoutRole, ...others });
      assert.equal(await columnsOf(db, 'zendesk.people'), 'account id name');
    });
  });

  it('reports everything that blocks it at once, and not what fails because of it', async () => {
    await withLedger(async (db) => {
      const second = {
        'views/zendesk.tall': 'create view zendesk.tall as select 1 as a, 2 as b;\n',
      };
      await applyFiles(db, { ...people, ...second });
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
      await assert.rejects(applyFiles(db, changed), (error: Error) => {
        assert.match(
          error.message,
          /^This version of the program must drop the view zendesk\.people, .* view bi\.people\..*$/m,
        );
        assert.match(
          error.message,
          /^This version of the program must drop the view zendesk\.tall, .* view bi\.tall\..*$/m,
        );
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
      await assert.rejects(applyFiles(db, broken), {
        code: 'database_refused',
        sqlState: '42703',
        message:
          'The definition views/zendesk.people cannot be run (error 42703: column "nothing" does not exist).',
      });
      assert.equal(await columnsOf(db, 'zendesk.people'), '');
    });
  });
});
