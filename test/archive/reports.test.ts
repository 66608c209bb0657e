/** Reports over the table and the archive: the same answers as before anything was archived. */
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createClassifier } from '../../src/classification/classifier.ts';
import { accessRules } from '../../src/classification/rules.ts';
import { reportAccessed } from '../../src/reports/accessed/page.ts';
import { reportAgentTimeline } from '../../src/reports/agent/page.ts';
import { reportLog } from '../../src/reports/log/page.ts';
import type { ReportContent, ReportScope } from '../../src/reports/shared/report.ts';
import { reportSubject } from '../../src/reports/subject/page.ts';
import { reportTicket } from '../../src/reports/ticket/page.ts';
import { withArchive, type Archived } from '../support/archive.ts';
import { collect } from '../support/collect.ts';
import { account } from '../support/installation.ts';

type Build = (scope: ReportScope) => Promise<ReportContent>;

async function answer(build: Build, scope: ReportScope): Promise<unknown> {
  const { rows, details, statement } = await build(scope);
  return { rows: await collect(rows), details, gaps: statement.gaps };
}

/** Everything that is stored. */
async function spanOf({ db }: Archived) {
  const [row] = await db.query<{ from: Date; to: Date }>(
    `select min(timestamp) as from, max(timestamp) + interval '1 second' as to from zendesk.access_logs`,
  );
  return row ?? assert.fail('nothing is stored');
}

async function pick({ db }: Archived): Promise<{ ticket: string; user: string; agent: string }> {
  const [row] = await db.query<{ ticket: string; user: string; agent: string }>(
    `select
       (select resource_id from zendesk.access_log_resources where resource_type = 'ticket' and resource_id is not null
        group by 1 order by count(*) desc, 1 limit 1) as ticket,
       (select resource_id from zendesk.access_log_resources where resource_type = 'user' and resource_id is not null
        group by 1 order by count(*) desc, 1 limit 1) as user,
       (select user_id::text from zendesk.access_logs group by 1 order by count(*) desc, 1 limit 1) as agent`,
  );
  return row ?? assert.fail('nothing is stored');
}

describe('reports over archived months', () => {
  it('answer as if nothing had been archived, and refuse when the archive is not there', async () => {
    await withArchive(async (archived) => {
      const { db, store, archive, folder } = archived;
      const span = await spanOf(archived);
      const { ticket, user, agent } = await pick(archived);
      const fields = 'all';
      const common = { span, requests: true, fields } as const;
      const builds: Readonly<Record<string, Build>> = {
        ticket: (scope) => reportTicket(scope, { ...common, ticket }),
        subject: (scope) =>
          reportSubject(scope, {
            ...common,
            user,
            tickets: [ticket],
            pseudonymise: false,
            only: undefined,
          }),
        accessed: (scope) =>
          reportAccessed(
            scope,
            { ...common, type: 'tickets', rules: accessRules, agents: [], roles: [] },
            undefined,
          ),
        agent: (scope) => reportAgentTimeline(scope, { ...common, agent }),
        log: (scope) =>
          reportLog(scope, {
            span,
            sourceTypes: [],
            sourceId: undefined,
            actions: [],
            text: undefined,
            network: undefined,
            actor: undefined,
            newestFirst: false,
            limit: undefined,
            fields,
          }),
      };
      const scope: ReportScope = {
        db,
        account,
        now: span.to,
        timeZone: undefined,
        archive: { store, classify: () => createClassifier(accessRules) },
      };
      const before: Record<string, unknown> = {};
      for (const [name, build] of Object.entries(builds)) before[name] = await answer(build, scope);
      // What is older than the last month; then the rest.
      await archive(new Date(Date.UTC(span.to.getUTCFullYear(), span.to.getUTCMonth(), 1)));
      for (const [name, build] of Object.entries(builds))
        assert.deepEqual(await answer(build, scope), before[name], name);
      await archive();
      for (const [name, build] of Object.entries(builds))
        assert.deepEqual(await answer(build, scope), before[name], name);
      for (const file of readdirSync(folder)) rmSync(join(folder, file), { recursive: true });
      const { ticket: build } = builds;
      await assert.rejects(answer(build ?? assert.fail(), scope), {
        code: 'archive_failed',
        message: /is not there, or may not be read\. Run "archive verify"\./,
      });
      const blind = { ...scope, archive: { ...scope.archive, store: undefined } } as ReportScope;
      await assert.rejects(answer(build ?? assert.fail(), blind), /ARCHIVE_URL is not set/);
    });
  });
});
