import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { openDatabase, type Queryable } from '../../src/database/client.ts';
import { openQuestioning } from '../../src/http/page/questioning.ts';
import type { Asked, Download, Question, Role } from '../../src/page/question.ts';
import { collectLog } from '../support/collected-log.ts';
import { withDatabase } from '../support/database.ts';
import { idleService } from '../support/page-service.ts';

/** By whom statements are run, for each kind of rights and each asker. */
type Users = Readonly<Record<string, string | undefined>>;

const statement = 'select current_user::text as name';

async function whoAsks(db: Queryable): Promise<string | undefined> {
  const [row] = await db.query<{ name: string }>(statement);
  return row?.name;
}

/** Asks with the rights that questions and files may have. */
async function ask(url: string): Promise<{ readonly users: Users; readonly warnings: string[] }> {
  const log = collectLog();
  const questioning = openQuestioning(url, log);
  const users: Record<string, string | undefined> = {};
  try {
    for (const role of ['reader', 'investigator'] satisfies Role[])
      for (const rights of ['asker', 'page'] satisfies Question['rights'][]) {
        const question: Question = { path: 'x', role, rights, ask: whoAsks };
        const asked: Asked = {
          parameters: new URLSearchParams(),
          asker: { name: 'Ann', role },
          service: idleService,
          now: new Date(),
        };
        users[`${rights} ${role}`] = (await questioning.ask(question, asked)) as string;
      }
    for (const rights of ['page', 'program'] as const)
      await questioning.lend(
        rights,
        async (db) => {
          for await (const { name } of db.read<{ name: string }>(statement)) {
            assert.equal(await whoAsks(db), name);
            users[`file of ${rights}`] = name;
          }
          return { fileName: 'x', type: 'text/plain', body: Buffer.from('') } satisfies Download;
        },
        () => new Response(),
      );
  } finally {
    await questioning.close();
  }
  return { users, warnings: log.lines().map(({ msg }) => String(msg)) };
}

/** The same as a login of its own, which is removed afterwards. */
async function withLogin(
  memberOf: string,
  work: (url: string, user: string) => Promise<void>,
): Promise<void> {
  await withDatabase(async (url) => {
    const owner = openDatabase({ url });
    const user = `guest_${randomBytes(6).toString('hex')}`;
    try {
      await owner.query(`create role ${user} login password 'guest' in role ${memberOf}`);
      const own = new URL(url);
      own.username = user;
      own.password = 'guest';
      await work(own.href, user);
    } finally {
      await owner.query(`drop role if exists ${user}`);
      await owner.close();
    }
  });
}

describe('the rights that the page has in the database', { concurrency: true }, () => {
  it('are those of the asker for findings, and else those of zendesk_page, also for files', async () => {
    await withDatabase(async (url) => {
      const { users, warnings } = await ask(url);
      const { 'file of program': owner, ...others } = users;
      assert.deepEqual(others, {
        'asker reader': 'zendesk_reader',
        'page reader': 'zendesk_page',
        'asker investigator': 'zendesk_investigator',
        'page investigator': 'zendesk_page',
        'file of page': 'zendesk_page',
      });
      assert.notEqual(owner, 'zendesk_page');
      assert.deepEqual(warnings, []);
    });
  });

  it('are those of zendesk_page for a service with the login of a writer, too', async () => {
    await withLogin('zendesk_writer', async (url, user) => {
      const { users, warnings } = await ask(url);
      assert.deepEqual(users, {
        'asker reader': 'zendesk_page',
        'page reader': 'zendesk_page',
        'asker investigator': 'zendesk_page',
        'page investigator': 'zendesk_page',
        'file of page': 'zendesk_page',
        'file of program': user,
      });
      assert.deepEqual(warnings, []);
    });
  });

  it('are those of the program where it may not take the roles, and the log says so once', async () => {
    await withLogin('zendesk_auditor', async (url, user) => {
      const { users, warnings } = await ask(url);
      assert.deepEqual([...new Set(Object.values(users))], [user]);
      assert.deepEqual(warnings, [
        'the page reads the database with all rights of this program, because it may not take the role zendesk_page; "doctor" says what to do',
      ]);
    });
  });
});
