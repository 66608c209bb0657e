/** One check of the ledger and the rules, and what to send about it: in one transaction, by one process. */
import type { Database, Transaction } from '../database/client.ts';
import { loadReports } from '../ingest/scheduled-reports.ts';
import { loadStatus, type StreamStatus } from '../ingest/status.ts';
import { listLogs } from '../streams/registry.ts';
import type { Stream } from '../streams/stream.ts';
import type { Channel } from './channel.ts';
import { listConditions, type FailedVerification } from './conditions.ts';
import { decideAlerts, type Alert, type AlertFacts, type News } from './decision.ts';
import { describeDigest, loadRuleCounts } from './digest.ts';
import {
  loadEarlierFindings,
  loadFindings,
  loadPastFindings,
  moveBeginning,
  noteFindings,
} from './findings.ts';
import {
  loadAlerts,
  noteDigest,
  noteIntroduced,
  saveAlerts,
  takeAccounts,
  type LookedAt,
} from './memory.ts';
import { describeNews } from './message.ts';
import { loadSent, queueMessage } from './outbox.ts';

/** What is checked, and where messages go. */
export type Watch = {
  /** The accounts, and the streams that are pulled of each. */
  readonly pulled: ReadonlyMap<string, readonly string[]>;
  readonly streams: readonly Stream[];
  readonly channels: readonly Pick<Channel, 'name'>[];
  /** The severities that are worth an alert, the most important first. */
  readonly severities: readonly string[];
  /** The last time of the digest that is not after a moment; undefined without one. */
  readonly lastDigest: (now: Date) => Date | undefined;
};

/** Checks the accounts that no other process checks, and puts what is to be sent into the outbox. */
export async function look(db: Database, watch: Watch): Promise<void> {
  await db.transaction(async (tx) => {
    // The findings that are sent are exactly those recorded as sent.
    await tx.query('set transaction isolation level repeatable read');
    const taken = await takeAccounts(tx, [...watch.pulled.keys()]);
    const [first] = taken;
    if (first === undefined) return;
    const accounts = taken.map(({ account }) => account).toSorted();
    const streams = (await loadStatus(tx, watch.streams)).filter(
      ({ account, stream }) =>
        accounts.includes(account) && watch.pulled.get(account)?.includes(stream) === true,
    );
    const alerts = await decide(tx, watch, { taken, accounts, streams, now: first.now });
    await tellDigest(tx, watch, { taken, streams, alerts, now: first.now });
  });
}

type Seen = {
  readonly taken: readonly LookedAt[];
  readonly accounts: readonly string[];
  readonly streams: readonly StreamStatus[];
  readonly now: Date;
};

/** Decides, queues the news, and stores what must be remembered. @returns the alerts as they are now */
async function decide(tx: Transaction, watch: Watch, seen: Seen): Promise<readonly Alert[]> {
  const { accounts, now } = seen;
  const stored = await loadAlerts(tx, accounts);
  const before = stored.filter((alert) => isWatched(alert, watch));
  const { after, news } = decideAlerts(before, await loadFacts(tx, watch, seen), now);
  await saveAlerts(tx, stored, after);
  if (news !== undefined) {
    await queueMessage(tx, watch.channels, 'news', describeNews(news, now), now);
    await noteToldFindings(tx, watch, accounts, news);
  }
  return after;
}

async function noteToldFindings(
  tx: Transaction,
  { severities }: Watch,
  accounts: readonly string[],
  { findings, past, introduced }: News,
): Promise<void> {
  const scope = { accounts, severities };
  if (introduced.length > 0)
    await noteIntroduced(
      tx,
      introduced.map(({ account }) => account),
    );
  if (findings.length === 0 && past.length === 0) return;
  await noteFindings(
    tx,
    scope,
    past.map(({ account }) => account),
  );
  await moveBeginning(tx, scope);
}

async function loadFacts(
  tx: Transaction,
  { streams: known, severities }: Watch,
  { taken, accounts, streams, now }: Seen,
): Promise<AlertFacts> {
  const scope = { accounts, severities };
  const listings = known.filter(({ kind }) => kind === 'listing').map(({ name }) => name);
  const logs = listLogs(known).map(({ name }) => name);
  const isComplete = (account: string): boolean =>
    streams
      .filter((row) => row.account === account && logs.includes(row.stream))
      .every(({ gaps, covered_until: until }) => gaps === 0 && until !== null);
  const failedVerifications = await loadFailedVerifications(tx, accounts);
  const reports = (await loadReports(tx)).filter(({ account }) => accounts.includes(account));
  const isFinding = severities.length > 0;
  const past = isFinding ? await loadPastFindings(tx, scope) : [];
  return {
    conditions: listConditions({ streams, failedVerifications, reports }, listings, now),
    findings: isFinding ? await loadFindings(tx, scope) : [],
    past: past.map((each) => ({ ...each, isComplete: isComplete(each.account) })),
    introduced: isFinding ? await introduce(tx, taken, severities) : [],
    sent: await loadSent(tx),
  };
}

/** The findings from before alerts began, of accounts for which they were not sent yet. */
async function introduce(
  tx: Transaction,
  taken: readonly LookedAt[],
  severities: readonly string[],
): Promise<AlertFacts['introduced']> {
  const accounts = taken
    .filter(({ introduced_at: at }) => at === null)
    .map(({ account }) => account);
  if (accounts.length === 0) return [];
  const found = await loadEarlierFindings(tx, { accounts, severities });
  const none = accounts.filter((account) => !found.some((each) => each.account === account));
  if (none.length > 0) await noteIntroduced(tx, none);
  return found;
}

async function loadFailedVerifications(
  tx: Transaction,
  accounts: readonly string[],
): Promise<readonly FailedVerification[]> {
  return tx.query<FailedVerification>(
    `select account, depth, error
     from (
       select distinct on (account, depth) account, depth, outcome, coalesce(error, 'no reason known') as error
       from zendesk_sync.verifications
       where account = any ($1::text[]) and outcome in ('clean', 'findings', 'failed')
       order by account, depth, started_at desc
     ) as newest
     where outcome = 'failed'`,
    [accounts],
  );
}

/** What is reported about an account as a whole. */
const ofAccount = new Set<Alert['kind']>(['not_anchored', 'verification_failed', 'report_failed']);

/** Whether an alert is about something that is still checked: a stream that is no longer pulled has not recovered. */
function isWatched({ account, subject, kind }: Alert, { pulled }: Watch): boolean {
  if (ofAccount.has(kind)) return true;
  return pulled.get(account)?.includes(subject) === true;
}

async function tellDigest(
  tx: Transaction,
  watch: Watch,
  { taken, streams, alerts, now }: Omit<Seen, 'accounts'> & { readonly alerts: readonly Alert[] },
): Promise<void> {
  const due = watch.lastDigest(now);
  if (due === undefined) return;
  const accounts = taken
    .filter(({ digest_due_at: last }) => last < due)
    .map(({ account }) => account)
    .toSorted();
  if (accounts.length === 0) return;
  const rules = await loadRuleCounts(tx, accounts);
  const message = describeDigest(accounts, { streams, rules, alerts });
  await queueMessage(tx, watch.channels, 'digest', message, now);
  await noteDigest(tx, accounts, due);
}
