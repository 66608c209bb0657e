import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyFiles, columnsOf, people } from '../support/definition-files.ts';
import { withLedger } from '../support/ledger.ts';

describe('a function with other parameters', () => {
  const shout = (parameters: string, call: string) => ({
    'functions/zendesk.shout': `create or replace function zendesk.shout(${parameters}) returns text language sql immutable return upper(word);\n`,
    'views/zendesk.loud': `create view zendesk.loud as select zendesk.shout(${call}) as name from zendesk.users;\n`,
  });

  it('replaces the previous one, below the views that call it, with its grants', async () => {
    await withLedger(async (db) => {
      await applyFiles(db, shout('word text', 'name'));
      await db.query('revoke execute on function zendesk.shout(text) from public');
      await db.query(
        'create function zendesk.shout(own integer) returns integer language sql return own',
      );
      await applyFiles(db, shout('word text, loudness integer', 'name, 3'));
      const found = await db.query(
        `select oid::regprocedure::text as name, has_function_privilege('public', oid, 'execute') as may_call
         from pg_proc where proname = 'shout' order by 1`,
      );
      assert.deepEqual(found, [
        { name: 'zendesk.shout(integer)', may_call: true },
        { name: 'zendesk.shout(text,integer)', may_call: false },
      ]);
      assert.equal(await columnsOf(db, 'zendesk.loud'), 'name');
    });
  });

  it('replaces one that others need only through a view of this program', async () => {
    await withLedger(async (db) => {
      await applyFiles(db, shout('word text', 'name'));
      await db.query('revoke execute on function zendesk.shout(text) from public');
      await db.query('create view public.mine as select name from zendesk.loud');
      await applyFiles(db, shout('word text, loudness integer', 'name, 3'));
      const found = await db.query(
        `select oid::regprocedure::text as name, has_function_privilege('public', oid, 'execute') as may_call
         from pg_proc where proname = 'shout' or proname like 'replaced%'`,
      );
      assert.deepEqual(found, [{ name: 'zendesk.shout(text,integer)', may_call: false }]);
      assert.equal(await columnsOf(db, 'public.mine'), 'name');
    });
  });

  it('or another result does not replace one that others call', async () => {
    await withLedger(async (db) => {
      await applyFiles(db, shout('word text', 'name'));
      await db.query(
        'create table public.words (word text, loud text generated always as (zendesk.shout(word)) stored)',
      );
      const renamed = { ...shout('word text, loudness integer', 'name, 3') };
      await assert.rejects(applyFiles(db, renamed), {
        code: 'objects_in_the_way',
        message:
          /^This version of the program must drop the function zendesk\.shout\(text\), but other objects depend on it: default value for public\.words\.loud\. /,
      });
      await db.query('drop table public.words');
      await applyFiles(db, renamed);
    });
  });
});

describe('a definition whose file is gone', () => {
  it('is dropped, after what used it has been replaced', async () => {
    await withLedger(async (db) => {
      await applyFiles(db, people);
      await applyFiles(db, {
        'views/zendesk.admins':
          'create view zendesk.admins as select id, name from zendesk.users;\n',
      });
      assert.equal(await columnsOf(db, 'zendesk.people'), '');
      assert.equal(await columnsOf(db, 'zendesk.admins'), 'id name');
      await applyFiles(db, {});
      assert.equal(await columnsOf(db, 'zendesk.admins'), '');
      const left = await db.query(
        `select from zendesk_sync.definitions where name in ('views/zendesk.people', 'rules/zendesk.people')`,
      );
      assert.deepEqual(left, []);
    });
  });

  it('is not dropped if others have built on it', async () => {
    await withLedger(async (db) => {
      await applyFiles(db, people);
      await db.query('create view public.mine as select * from zendesk.admins');
      await assert.rejects(applyFiles(db, {}), {
        message:
          /^This version of the program must drop the view zendesk\.admins, but other objects depend on it: view public\.mine\. /,
      });
      assert.equal(await columnsOf(db, 'public.mine'), 'id name');
    });
  });

  it('or creates something else is dropped', async () => {
    await withLedger(async (db) => {
      await applyFiles(db, people);
      await applyFiles(db, {
        'views/zendesk.people': 'select 1;\n',
        'functions/zendesk.admins':
          'create or replace function zendesk.admins() returns integer language sql return 1;\n',
      });
      const left = await db.query(
        `select relname as name from pg_class where relname in ('people', 'admins')
         union all select proname from pg_proc where proname = 'admins'`,
      );
      assert.deepEqual(left, [{ name: 'admins' }]);
    });
  });

  it('stays where only its folder has changed', async () => {
    await withLedger(async (db) => {
      await applyFiles(db, people);
      await db.query('create view public.mine as select * from zendesk.people');
      await applyFiles(db, {
        'views/zendesk.admins': people['views/zendesk.admins'],
        'rules/zendesk.people': people['views/zendesk.people'],
      });
      assert.equal(await columnsOf(db, 'public.mine'), 'account id name role');
    });
  });
});
