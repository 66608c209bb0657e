/** Rows of the account `acme` as pulling would have stored them, for tests of reports. */
import { randomInt } from 'node:crypto';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { registerStream } from '../../src/ingest/worker.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { withDatabase } from './database.ts';

/** The account of all rows that name no other. */
export const account = 'acme';

/** Runs `work` with a migrated database of its own in which the account is known. */
export async function withStored(
  work: (db: Database, settings: { DATABASE_URL: string }) => Promise<void>,
): Promise<void> {
  await withDatabase(async (url) => {
    const db = openDatabase({ url });
    try {
      await registerStream(db, account, auditLogs);
      await work(db, { DATABASE_URL: url });
    } finally {
      await db.close();
    }
  });
}

/** A row of the audit log; what is left out is that of a usual change of a setting. */
export type StoredChange = {
  account?: string;
  id?: number;
  created_at: string;
  action?: string;
  actor_id?: number | null;
  actor_name?: string | null;
  change_description?: string | null;
  ip_address?: string | null;
  source_id?: number | null;
  source_label?: string | null;
  source_type?: string;
};

/** Stores rows of the audit log. */
export async function storeChanges(db: Database, changes: readonly StoredChange[]): Promise<void> {
  await createPartitionKeeper(db)(
    auditLogs.table,
    changes.map(({ created_at }) => Date.parse(created_at)),
  );
  const usual = {
    account,
    action: 'update',
    actor_id: 1509756491122,
    actor_name: 'Joe Agent',
    change_description: 'Changed from 10 minutes to 30 minutes',
    ip_address: '52.40.123.85',
    source_id: 23639740139415,
    source_label: 'Security: Session expiration',
    source_type: 'account_setting',
  };
  await db.query(
    `insert into zendesk.audit_logs (account, id, created_at, action, actor_id, actor_name, change_description, ip_address,
       source_id, source_label, source_type)
     select account, id, created_at, action, actor_id, actor_name, change_description, ip_address, source_id, source_label,
       source_type
     from json_populate_recordset(null::zendesk.audit_logs, $1::json)`,
    [JSON.stringify(changes.map((change) => ({ id: randomInt(2 ** 40), ...usual, ...change })))],
  );
}

/** A person; what is left out is unknown. */
export type StoredPerson = {
  id: number;
  name: string | null;
  email?: string;
  role?: string;
  role_type?: number;
  team_member?: boolean;
  departed_at?: string;
  last_login_at?: string;
};

/** Stores people without a history. */
export async function storePeople(db: Database, people: readonly StoredPerson[]): Promise<void> {
  await db.query(
    `insert into zendesk.users (account, id, name, email, role, role_type, team_member, departed_at, last_login_at, valid_from)
     select $2, id, name, email, role, role_type, coalesce(team_member, true), departed_at, last_login_at, now()
     from json_populate_recordset(null::zendesk.users, $1::json)`,
    [JSON.stringify(people), account],
  );
}

/** Marks a span of the audit log as stored completely. */
export async function cover(db: Database, from: string, until: string): Promise<void> {
  await db.query(
    `insert into zendesk_sync.coverage (account, stream, covered_from, covered_until) values ($1, 'audit_logs', $2, $3)`,
    [account, from, until],
  );
}

/** The lines that a report about a completely stored span ends with. */
export const auditLimits = [
  'Limit: Zendesk records successful sign-ins only; failed ones are in no log.',
  'Limit: Zendesk does not record that a user was created, nor what end users do.',
  'Limit: Zendesk itself makes some changes: they have the name "Zendesk" and the id -1.',
];
