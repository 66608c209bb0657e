/** The database goes back to an earlier state under a running program, at each moment that matters. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { confirmPass, runPass } from '../../src/ingest/service.ts';
import { createStreamWorker } from '../../src/ingest/worker.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { users } from '../../src/streams/users.ts';
import { account, withInstallation, type Installation } from '../support/installation.ts';
import { replicate, type Failover, type Moment } from '../support/lagging-replica.ts';
import { assertComplete } from '../support/ledger-facts.ts';

const signal = new AbortController().signal;
/** About four pages a day. */
const dense = {
  accessLogRowsPerDay: 0,
  auditLogDays: 4,
  auditLogRowsPerDay: 400,
  agents: 250,
  limits: false,
};

const lease = /update zendesk_sync\.leases l/;
const opened = /insert into zendesk_sync\.fetches/;
const page = /update zendesk_sync\.fetches\s+set cursor/;
const covered = /insert into zendesk_sync\.coverage/;
const runEnd = /update zendesk_sync\.runs/;
const people = /insert into zendesk\.users/;
const commit = /commit/;

const before = (statement: RegExp, place = 1): Moment => ({ statement, place, when: 'before' });
const after = (statement: RegExp, place = 1): Moment => ({ statement, place, when: 'after' });
const committing = (statement: RegExp, place: number, when: Moment['when']): Moment => ({
  statement,
  place,
  next: commit,
  when,
});

/** What is lost, and when that happens. The first fetch is that of the newest, the others fill the gaps. */
const failovers: Readonly<Record<string, Failover>> = {
  'between two pages of a fetch': { lagsFrom: before(page, 3), takesOver: before(page, 3) },
  'two pages behind': { lagsFrom: before(page, 4), takesOver: before(page, 2) },
  'that does not know the fetch': { lagsFrom: before(opened, 2), takesOver: before(page, 2) },
  'right after a fetch was opened': { lagsFrom: before(opened, 3), takesOver: after(opened) },
  'from before the lease was taken': { lagsFrom: before(lease), takesOver: before(page, 2) },
  'from before the lease, at the end of a run': {
    lagsFrom: before(lease),
    takesOver: before(runEnd),
  },
  'within the COMMIT of a page, which is lost': {
    lagsFrom: before(page, 4),
    takesOver: committing(page, 2, 'after'),
  },
  'within the COMMIT of a page, which the replica has': {
    lagsFrom: committing(page, 3, 'after'),
    takesOver: before(/select/),
  },
  'when the coverage was joined': { lagsFrom: before(page, 4), takesOver: after(covered, 2) },
  'when the COMMIT of the coverage was stored': {
    lagsFrom: before(page, 4),
    takesOver: committing(covered, 2, 'after'),
  },
  'some fetches behind': { lagsFrom: before(covered, 2), takesOver: before(covered, 2) },
  'when a run is closed': { lagsFrom: before(page, 4), takesOver: before(runEnd, 2) },
  'when a run was closed': { lagsFrom: before(page, 4), takesOver: after(runEnd, 2) },
  'during the listing of people': { lagsFrom: before(people, 2), takesOver: before(people, 2) },
  'at the end of the listing of people': {
    lagsFrom: before(people, 2),
    takesOver: before(runEnd),
  },
  'during the listing, to a replica that lacks pages of the log': {
    lagsFrom: before(page, 4),
    takesOver: before(people, 2),
  },
};

async function followAndFill(
  { another, url }: Installation,
  failover: Failover | undefined,
): Promise<void> {
  const database = await replicate(url);
  try {
    const engine = another({ databaseUrl: database.url, leaseMs: 1000 });
    const workers = [createStreamWorker(engine, auditLogs), createStreamWorker(engine, users)];
    if (failover !== undefined) database.failOver(failover);
    const passes = await confirmPass(workers, await runPass(workers, signal), signal);
    assert.equal(database.hasFailedOver(), failover !== undefined);
    for (const { stream, complete, runs } of passes)
      assert.ok(complete, `${stream}: ${JSON.stringify(runs)}`);
  } finally {
    await database.close();
  }
}

async function assertPeople({ simulator, db }: Installation): Promise<void> {
  const stored = await db.query<{ id: string }>(
    `select id::text from zendesk.users where account = $1 and team_member order by id`,
    [account],
  );
  const shown = simulator
    .users()
    .filter(({ active, role }) => active && role !== 'end-user')
    .map(({ id }) => String(id));
  assert.deepEqual(stored.map(({ id }) => id).toSorted(), shown.toSorted());
}

describe('a failover to a replica that lacks the last transactions', { concurrency: 2 }, () => {
  for (const [name, failover] of Object.entries(failovers))
    it(`${name} loses no row, and nothing is called complete that is not`, async () => {
      await withInstallation(dense, {}, async (installation) => {
        await followAndFill(installation, failover);
        await assertComplete(installation, 'audit_logs');
        await assertPeople(installation);
      });
    });
});
