/** The page, single records and evidence packages over archived months: the same answers as before anything was archived. */
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, mock } from 'node:test';
import { createClassifier } from '../../src/classification/classifier.ts';
import { accessRules } from '../../src/classification/rules.ts';
import { archiveOf } from '../../src/page/archive.ts';
import { findingsQuestions } from '../../src/page/views/findings/routes.ts';
import { whatChangedQuestions } from '../../src/page/views/what-changed/routes.ts';
import { whoLookedQuestions } from '../../src/page/views/who-looked/routes.ts';
import type { AnyQuestion } from '../../src/page/question.ts';
import { limitReading } from '../../src/reports/shared/limited-archive.ts';
import { reportAuditRecord } from '../../src/reports/audit-record/page.ts';
import { writePackage } from '../../src/reports/evidence-package/pack.ts';
import type { Filters } from '../../src/reports/evidence-package/selection.ts';
import type { ReportScope } from '../../src/reports/shared/report.ts';
import { archivedLogs, withArchive, type Archived } from '../support/archive.ts';
import { collect } from '../support/collect.ts';
import { listFindings, newPath, verifyFile } from '../support/evidence-package.ts';
import { account } from '../support/installation.ts';
import { asks } from '../support/page-service.ts';
import { describePage } from '../support/page.ts';
import { patienceMs } from '../support/patience.ts';
import { storeFinding } from '../support/stored-finding.ts';
import { writeFileSync } from 'node:fs';

const questions: readonly AnyQuestion[] = [
  ...whoLookedQuestions,
  ...whatChangedQuestions,
  ...findingsQuestions,
];

/** The answer of the page. */
function createAsking({ db, store }: Archived, now: Date) {
  const archive = { store, classify: () => createClassifier(accessRules) };
  const { service } = describePage([account]);
  // However busy the machine is; how long a view really reads is another test.
  const viewLimits = { mostMs: patienceMs, mostBytes: 400_000_000 };
  const accounts = service.accounts.map((each) => ({ ...each, archive, viewLimits }));
  const served = { ...service, accounts };
  return async (path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> => {
    const question = questions.find((each) => each.path === path);
    if (question === undefined || 'download' in question) return assert.fail(path);
    const asked = { ...asks(now, { account, ...parameters }), service: served };
    const answer: unknown = await db.transaction((tx) => question.ask(tx, asked));
    // What is said of the archive is another matter; so are names that only audit records know.
    return JSON.parse(
      JSON.stringify(answer, (key, value) =>
        ['coverage', 'title', 'details'].includes(key) ? [] : value,
      ),
    );
  };
}

async function pick({ db }: Archived) {
  const [row] = await db.query<
    Readonly<Record<'ticket' | 'user' | 'agent' | 'record', string>> & { from: Date; to: Date }
  >(
    `select
       (select resource_id from zendesk.access_log_resources where resource_type = 'ticket' and resource_id is not null
        group by 1 order by count(*) desc, 1 limit 1) as ticket,
       (select resource_id from zendesk.access_log_resources where resource_type = 'user' and resource_id is not null
        group by 1 order by count(*) desc, 1 limit 1) as user,
       (select user_id::text from zendesk.access_logs group by 1 order by count(*) desc, 1 limit 1) as agent,
       (select id::text from zendesk.audit_logs order by created_at limit 1) as record,
       (select min(created_at) from zendesk.audit_logs) as from,
       (select max(timestamp) + interval '1 second' from zendesk.access_logs) as to`,
  );
  return row ?? assert.fail('nothing is stored');
}

describe('the page over archived months', () => {
  it('answers as if nothing had been archived, and says so when the archive is not there', async () => {
    await withArchive(async (archived) => {
      const { db, archive, folder } = archived;
      const { ticket, user, agent, to } = await pick(archived);
      const ask = createAsking(archived, to);
      const from = new Date(to.getTime() - 75 * 86_400_000).toISOString();
      const [change] = await db.query<{
        type: string;
        thing: string | null;
        label: string | null;
        actor: string;
      }>(
        `select source_type as type, source_id::text as thing, source_label as label, actor_id::text as actor from zendesk.audit_logs
         where source_type in ('account', 'account_setting', 'user_setting') order by created_at limit 1`,
      );
      await storeFinding(db, {
        account,
        finding: 'f',
        stream: 'access_logs',
        evidence: await db.query(
          `select 'access_logs' as "table", timestamp, id from zendesk.access_logs order by timestamp limit 3`,
        ),
      });
      await storeFinding(db, {
        account,
        finding: 'g',
        evidence: await db.query(
          `select 'audit_logs' as "table", created_at, id::text as id from zendesk.audit_logs order by created_at limit 3`,
        ),
      });
      const asked: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
        ['who-looked/visits', { kind: 'ticket', id: ticket, from }],
        ['who-looked/visits', { kind: 'ticket', id: ticket, from, tier: 'possible' }],
        ['who-looked/visits', { kind: 'person', id: user, from }],
        ['who-looked/visits', { kind: 'agent', id: agent, from, offset: '50' }],
        ['who-looked/meanings', { text: ticket }],
        ['what-changed', { from }],
        ['what-changed', { from, actor: change?.actor ?? '' }],
        ['what-changed', { from, type: change?.type ?? '' }],
        [
          'what-changed/history',
          {
            of: 'setting',
            type: change?.type ?? '',
            thing: change?.thing ?? '',
            label: change?.label ?? '',
          },
        ],
        ['what-changed/history', { of: 'role', thing: user }],
        ['findings/rows', { finding: 'f' }],
        ['findings/rows', { finding: 'g' }],
      ];
      const before: unknown[] = [];
      for (const [path, parameters] of asked) before.push(await ask(path, parameters));
      await archive();
      for (const [place, [path, parameters]] of asked.entries())
        if (path !== 'who-looked/meanings')
          assert.deepEqual(
            await ask(path, parameters),
            before[place],
            JSON.stringify([path, parameters]),
          );
      assert.match(
        JSON.stringify(await ask('who-looked/meanings', { text: ticket })),
        /"kind":"ticket"/,
      );
      assert.match(
        JSON.stringify(await ask('who-looked/meanings', { text: `person ${user}` })),
        /"kind":"person"/,
      );
      for (const file of readdirSync(folder)) rmSync(join(folder, file), { recursive: true });
      for (const [path, parameters] of asked)
        if (path !== 'who-looked/meanings')
          await assert.rejects(ask(path, parameters), { code: 'archive_failed' }, path);
    });
  });

  const silent = {
    name: 'a place that does not answer',
    read: () => new Promise<never>(() => {}),
    readPart: async () => Buffer.alloc(60),
    create: async () => false,
    remove: async () => undefined,
    locks: undefined,
  };

  it('waits eight seconds for an answer of a view, and no longer', async () => {
    const { service } = describePage([account]);
    const archive = { store: silent, classify: () => createClassifier(accessRules) };
    const served = { ...service, accounts: service.accounts.map((each) => ({ ...each, archive })) };
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const limited = archiveOf({ service: served }, account, 'view').archive?.store;
      const reading = limited?.read('x') ?? assert.fail('no archive');
      mock.timers.tick(4000);
      assert.equal(await Promise.race([reading, Promise.resolve('waits')]), 'waits');
      mock.timers.tick(4000);
      await assert.rejects(reading, /was read for 8 seconds without an end/);
    } finally {
      mock.timers.reset();
    }
  });

  it('reads no more of it than one answer may, and no longer', async () => {
    const slow = limitReading(silent, { mostMs: 20, mostBytes: 100 });
    await assert.rejects(
      slow.read('x'),
      /^KnownError: The archive in a place that does not answer was read for 0.02 seconds without an end, and the page reads it no longer than that\. Choose a shorter time range or a narrower filter, or use the command "report"\.$/,
    );
    const large = limitReading(silent, { mostMs: 60_000, mostBytes: 100 });
    await large.readPart('x', 0, 60);
    await assert.rejects(large.readPart('x', 0, 60), /needs more than 0 MB of the archive/);
  });
});

describe('what is made of single rows', () => {
  it('is made of archived rows too: a record with all its fields, and packages that verify', async () => {
    await withArchive(async (archived) => {
      const { db, store, archive } = archived;
      const { ticket, user, agent, record, from, to } = await pick(archived);
      const scope: ReportScope<typeof db> = {
        db,
        account,
        now: to,
        timeZone: undefined,
        archive: { store, classify: () => createClassifier(accessRules) },
      };
      const showRecord = async (): Promise<unknown> => {
        const { rows, ...rest } = await reportAuditRecord(scope, record);
        // The role at that time is known from the changes of roles in the table.
        return [(await collect(rows)).filter(({ field }) => field !== 'actor_role'), rest];
      };
      const none: Filters = { agents: [], users: [], tickets: [], addresses: [] };
      const pack = async (filters: Partial<Filters>): Promise<unknown> => {
        const path = newPath('package.zip');
        const parts: Buffer[] = [];
        const { streams, findings } = await writePackage(
          scope,
          {
            span: { from, to },
            streams: archivedLogs,
            filters: { ...none, ...filters },
            witnessKeys: [],
          },
          async (data) => void parts.push(Buffer.from(data)),
          () => {},
        );
        writeFileSync(path, Buffer.concat(parts));
        assert.deepEqual(listFindings(await verifyFile(path)), []);
        return [
          streams.map(({ stream, rows, proven, unproven }) => [stream, rows, proven, unproven]),
          findings,
        ];
      };
      const asked: readonly Partial<Filters>[] = [
        {},
        { tickets: [ticket] },
        { users: [user] },
        { agents: [agent] },
      ];
      const make = async (): Promise<readonly unknown[]> => {
        const made: unknown[] = [await showRecord()];
        for (const filters of asked) made.push(await pack(filters));
        return made;
      };
      const before = await make();
      await archive(new Date(Date.UTC(to.getUTCFullYear(), to.getUTCMonth(), 1)));
      const half = await make();
      await archive();
      const after = await make();
      assert.deepEqual(half, before);
      assert.deepEqual(after, before);
    });
  });
});
