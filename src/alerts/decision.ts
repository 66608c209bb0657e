/** Decides what to send: each thing once, grouped, with its end, and never a flood. Pure. */
import type { Condition, ConditionKind } from './conditions.ts';

/** What the database remembers about a condition. */
export type Alert = Condition & {
  /** Since when it has been seen. */
  readonly since: Date;
  /** When it was told; null: not yet. */
  readonly toldAt: Date | null;
  readonly toldAmount: number;
  /** Since when it is gone; null while it lasts. */
  readonly goneSince: Date | null;
  /** When its end was sent; null while it lasts. */
  readonly endedAt: Date | null;
  /** How often it was sent lately: it may come and go. */
  readonly times: number;
};

/** New findings of one rule. */
export type FindingGroup = {
  readonly account: string;
  readonly severity: string;
  /** The title of the rule. */
  readonly title: string;
  readonly findings: number;
  /** Some of the people, and how many there are. */
  readonly names: readonly string[];
  readonly people: number;
  readonly first_at: Date;
  readonly last_at: Date;
};

/** Findings that are sent as a number: those from before alerts, or about long ago. */
export type FindingCount = {
  readonly account: string;
  /** How many by severity, the most important first. */
  readonly counts: readonly (readonly [severity: string, findings: number])[];
};

/** New findings about what happened long ago: the history is being read, or a rule was changed. */
type PastFindings = FindingCount & {
  /** When the first of them was found. */
  readonly since: Date;
  /** Whether the history of the account is stored as far as it can be. */
  readonly isComplete: boolean;
};

/** What is known now. */
export type AlertFacts = {
  readonly conditions: readonly Condition[];
  readonly findings: readonly FindingGroup[];
  readonly past: readonly PastFindings[];
  /** Accounts that are looked at for the first time. */
  readonly introduced: readonly FindingCount[];
  /** When messages were made lately. */
  readonly sent: readonly Date[];
};

/** What a message is about. */
export type News = {
  readonly raised: readonly Alert[];
  readonly ended: readonly Alert[];
  readonly findings: readonly FindingGroup[];
  readonly past: readonly PastFindings[];
  readonly introduced: readonly FindingCount[];
};

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/**
 * How long something must last before it is reported. After a start, and after a jump of the clock, a stream is stale until
 * its next run.
 */
const waitsMs: Readonly<Record<ConditionKind, number>> = {
  fails: 30 * secondMs,
  stale: 5 * minuteMs + 30 * secondMs,
  low_headroom: 5 * minuteMs + 30 * secondMs,
  quarantined: 0,
  rows_removed: 0,
  not_as_stored: 0,
  verification_failed: 0,
  report_failed: 0,
  not_anchored: 0,
};

/** How long it must be gone before that is reported: the longer, the more often it came back within a day. */
const holdsMs = [minuteMs, 10 * minuteMs, hourMs, 6 * hourMs];

/** Between two messages, and within an hour. What comes beyond that waits, and goes together. */
const spacingMs = minuteMs;
const mostAnHour = 6;

/** Findings about the past are reported when the history is stored, or once a day. */
const pastWaitMs = 10 * minuteMs;

/**
 * What to remember, and what to tell now; undefined for nothing. `before` has no alerts of streams that are no longer pulled.
 */
export function decideAlerts(
  before: readonly Alert[],
  facts: AlertFacts,
  now: Date,
): { readonly after: readonly Alert[]; readonly news: News | undefined } {
  const alerts = follow(before, facts.conditions, now);
  const news: News = {
    raised: alerts.filter((alert) => isDue(alert, now)),
    ended: alerts.filter((alert) => isOver(alert, now)),
    findings: facts.findings,
    past: facts.past.filter((each) => isPastDue(each, now)),
    introduced: facts.introduced,
  };
  const isSilent = Object.values(news).every((list: readonly unknown[]) => list.length === 0);
  if (isSilent || mustWait(facts.sent, now)) return { after: alerts, news: undefined };
  const raised = new Set(news.raised);
  const ended = new Set(news.ended);
  const after = alerts.map((alert): Alert => {
    if (raised.has(alert)) return noteTold(alert, now);
    return ended.has(alert) ? { ...alert, endedAt: now } : alert;
  });
  return { after, news };
}

/** The alerts as they are now, before anything is sent. */
function follow(
  before: readonly Alert[],
  conditions: readonly Condition[],
  now: Date,
): readonly Alert[] {
  const remembered = new Map(before.map((alert) => [keyOf(alert), alert]));
  const standing = conditions.map((condition) =>
    seeAgain(remembered.get(keyOf(condition)), condition, now),
  );
  const seen = new Set(conditions.map(keyOf));
  const gone = before
    .filter((alert) => !seen.has(keyOf(alert)))
    .flatMap((alert) => miss(alert, now));
  return [...standing, ...gone];
}

/** Names an alert among those of the database. */
export function keyOf({
  account,
  subject,
  kind,
}: Pick<Condition, 'account' | 'subject' | 'kind'>): string {
  return JSON.stringify([account, subject, kind]);
}

function seeAgain(alert: Alert | undefined, condition: Condition, now: Date): Alert {
  const isNew = alert === undefined || alert.endedAt !== null;
  if (!isNew) return { ...alert, ...condition, since: earlier(alert.since, now), goneSince: null };
  return {
    ...condition,
    since: now,
    toldAt: null,
    toldAmount: 0,
    goneSince: null,
    endedAt: null,
    times: alert?.times ?? 0,
  };
}

/** What was never told is forgotten; what was told and is over is remembered for a day, in case it comes back. */
function miss(alert: Alert, now: Date): readonly Alert[] {
  if (alert.endedAt !== null)
    return now.getTime() - earlier(alert.endedAt, now).getTime() < dayMs ? [alert] : [];
  if (alert.toldAt === null)
    return alert.times > 0 ? [{ ...alert, goneSince: now, endedAt: now }] : [];
  return [{ ...alert, goneSince: earlier(alert.goneSince ?? now, now) }];
}

function isDue(alert: Alert, now: Date): boolean {
  if (alert.goneSince !== null || alert.endedAt !== null) return false;
  if (alert.toldAt !== null) return alert.amount > alert.toldAmount;
  return now.getTime() - alert.since.getTime() >= waitsMs[alert.kind];
}

function isOver({ goneSince, endedAt, times }: Alert, now: Date): boolean {
  if (goneSince === null || endedAt !== null) return false;
  const hold = holdsMs[Math.min(times, holdsMs.length) - 1] ?? 0;
  return now.getTime() - goneSince.getTime() >= hold;
}

function noteTold(alert: Alert, now: Date): Alert {
  const isFirst = alert.toldAt === null;
  return {
    ...alert,
    toldAt: alert.toldAt ?? now,
    toldAmount: alert.amount,
    times: alert.times + (isFirst ? 1 : 0),
  };
}

function isPastDue({ since, isComplete }: PastFindings, now: Date): boolean {
  const ageMs = now.getTime() - since.getTime();
  return ageMs >= dayMs || (isComplete && ageMs >= pastWaitMs);
}

/** A time that the clock has not reached any more, because it was set back, does not count. */
function mustWait(sent: readonly Date[], now: Date): boolean {
  const agesMs = sent.map((moment) => now.getTime() - moment.getTime()).filter((age) => age >= 0);
  return (
    agesMs.some((age) => age < spacingMs) ||
    agesMs.filter((age) => age < hourMs).length >= mostAnHour
  );
}

function earlier(moment: Date, now: Date): Date {
  return moment < now ? moment : now;
}
