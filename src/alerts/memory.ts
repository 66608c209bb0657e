/** What the database remembers about alerts: which process looks, what was sent, what is to be sent. */
import type { Queryable } from '../database/client.ts';
import { keyOf, type Alert } from './decision.ts';

/** An account that this process looks at. */
export type LookedAt = {
  readonly account: string;
  readonly introduced_at: Date | null;
  readonly digest_due_at: Date;
  /** The database's clock. */
  readonly now: Date;
};

/** Less than the time between two checks of one process. */
const restSeconds = 4;

/** Registers accounts: what exists already is not news. */
export async function registerAccounts(db: Queryable, accounts: readonly string[]): Promise<void> {
  await db.query(
    `insert into zendesk_sync.alerted_accounts (account, looked_at, findings_since, digest_due_at)
     select account, clock_timestamp() - interval '1 hour', clock_timestamp(), clock_timestamp()
     from unnest($1::text[]) as a (account)
     on conflict (account) do nothing`,
    [accounts],
  );
}

/** Takes the accounts that no other process checks or has just checked, and locks them until the end of the transaction. */
export async function takeAccounts(
  tx: Queryable,
  accounts: readonly string[],
): Promise<readonly LookedAt[]> {
  return tx.query<LookedAt>(
    `update zendesk_sync.alerted_accounts set looked_at = clock.at
     from (select clock_timestamp() as at) as clock
     where account in (
       select account from zendesk_sync.alerted_accounts
       where account = any ($1::text[])
         and not looked_at between clock_timestamp() - interval '${restSeconds} seconds' and clock_timestamp()
       order by account for update skip locked
     )
     returning account, introduced_at, digest_due_at, clock.at as now`,
    [accounts],
  );
}

/** The alerts of some accounts. */
export async function loadAlerts(
  tx: Queryable,
  accounts: readonly string[],
): Promise<readonly Alert[]> {
  return tx.query<Alert>(
    `select account, subject, kind, sentence, amount::float8 as amount, since, told_at as "toldAt",
       told_amount::float8 as "toldAmount", gone_since as "goneSince", ended_at as "endedAt", times
     from zendesk_sync.alerts where account = any ($1::text[]) order by account, subject, kind`,
    [accounts],
  );
}

/** An alert that was sent and is not over. */
export type StandingAlert = Pick<Alert, 'account' | 'subject' | 'kind' | 'sentence' | 'since'> & {
  readonly told_at: Date;
};

/** What was told and is not over. */
export async function loadStandingAlerts(db: Queryable): Promise<readonly StandingAlert[]> {
  return db.query<StandingAlert>(
    `select account, subject, kind, sentence, since, told_at
     from zendesk_sync.alerts where told_at is not null and ended_at is null
     order by told_at, account, subject, kind`,
  );
}

/** Keeps alerts as they are now; writes only what differs. */
export async function saveAlerts(
  tx: Queryable,
  before: readonly Alert[],
  after: readonly Alert[],
): Promise<void> {
  const former = new Map(before.map((alert) => [keyOf(alert), JSON.stringify(sortOut(alert))]));
  const kept = new Set(after.map(keyOf));
  const gone = before.filter((alert) => !kept.has(keyOf(alert)));
  const changed = after
    .map(sortOut)
    .filter((alert) => former.get(keyOf(alert)) !== JSON.stringify(alert));
  if (gone.length > 0)
    await tx.query(
      `delete from zendesk_sync.alerts a using jsonb_to_recordset($1::jsonb) as g (account text, subject text, kind text)
       where a.account = g.account and a.subject = g.subject and a.kind = g.kind`,
      [JSON.stringify(gone)],
    );
  if (changed.length > 0)
    await tx.query(
      `insert into zendesk_sync.alerts (account, subject, kind, sentence, amount, since, told_at, told_amount, gone_since, ended_at, times)
       select account, subject, kind, sentence, amount, since, "toldAt", "toldAmount", "goneSince", "endedAt", times
       from jsonb_to_recordset($1::jsonb) as a (
         account text, subject text, kind text, sentence text, amount bigint, since timestamptz, "toldAt" timestamptz,
         "toldAmount" bigint, "goneSince" timestamptz, "endedAt" timestamptz, times integer
       )
       on conflict (account, subject, kind) do update
       set sentence = excluded.sentence, amount = excluded.amount, since = excluded.since, told_at = excluded.told_at,
         told_amount = excluded.told_amount, gone_since = excluded.gone_since, ended_at = excluded.ended_at, times = excluded.times`,
      [JSON.stringify(changed)],
    );
}

/** The same alert with its fields in one order. */
function sortOut(alert: Alert): Alert {
  const { account, subject, kind, sentence, amount } = alert;
  const { since, toldAt, toldAmount, goneSince, endedAt, times } = alert;
  return {
    account,
    subject,
    kind,
    sentence,
    amount,
    since,
    toldAt,
    toldAmount,
    goneSince,
    endedAt,
    times,
  };
}

/** Records that the earlier findings were sent, or that there were none. */
export async function noteIntroduced(tx: Queryable, accounts: readonly string[]): Promise<void> {
  await tx.query(
    `update zendesk_sync.alerted_accounts set introduced_at = clock.at from (select clock_timestamp() as at) as clock where account = any ($1::text[])`,
    [accounts],
  );
}

/** Records that the digest for a time was made. */
export async function noteDigest(
  tx: Queryable,
  accounts: readonly string[],
  due: Date,
): Promise<void> {
  await tx.query(
    `update zendesk_sync.alerted_accounts set digest_due_at = $2 where account = any ($1::text[])`,
    [accounts, due],
  );
}
