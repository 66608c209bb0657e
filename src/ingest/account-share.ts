/**
 * How many requests a minute are ours of a limit that the whole account shares, by what Zendesk says is left of it
 * (contract 0.2). Pure.
 */

/** What an answer says of the account's limit. */
export type LimitSeen = {
  /** Requests a minute of the whole account. */
  readonly limit: number;
  /** What is left in the running minute of Zendesk's. */
  readonly remaining: number;
  /** When that minute ends. */
  readonly resetMs: number;
};

/** What is known of a shared limit. */
export type AccountShare = {
  /** Requests a minute of the customer's other integrations. */
  readonly others: number;
  readonly requestsPerMinute: number;
};

/** Before that much of a minute has gone by, it says little about the whole. */
const tellingMs = 20_000;
const minuteMs = 60_000;
/** Others always keep this part of the limit. */
const keptShare = 1 / 5;

/**
 * What an answer teaches: `share` of what the others leave, and never so much that they have less than a fifth. `own` is
 * how many requests we have sent in the running minute.
 */
export function learnShare(
  { limit, remaining, resetMs }: LimitSeen,
  own: number,
  share: number,
  known: AccountShare | undefined,
): AccountShare {
  const elapsedMs = Math.min(Math.max(minuteMs - resetMs, 1), minuteMs);
  const soFar = Math.max(0, limit - remaining - own);
  const others = Math.round(
    elapsedMs >= tellingMs ? (soFar * minuteMs) / elapsedMs : Math.max(soFar, known?.others ?? 0),
  );
  const wanted = Math.min(share * (limit - others), (1 - keptShare) * limit - others);
  return { others, requestsPerMinute: Math.max(1, Math.floor(wanted)) };
}
