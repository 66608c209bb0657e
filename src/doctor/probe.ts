/** Sends a few requests to Zendesk and keeps the answers; does not judge them. */
import type { Config } from '../config/config.ts';
import { hasCode, isFrom, refusesLogin, type KnownError } from '../errors.ts';
import { requestOf, type ListingStream, type LogStream, type Stream } from '../streams/stream.ts';
import { createZendesk, type Zendesk } from '../zendesk/client.ts';
import { newestSkewMs } from '../zendesk/clock.ts';
import type { GrantFacts } from '../zendesk/login.ts';
import type { Budget } from '../zendesk/request.ts';
import type { LoginKeeper } from '../zendesk/login-keeper.ts';
import { renewsTokens } from '../zendesk/secrets.ts';
import { askUser } from './whose-login.ts';
import type { LoginResult } from './credentials.ts';
import type { Sample } from './estimate.ts';
import { priority, sampleLog } from './log-samples.ts';
import { findOldest, type OldestRecord } from './oldest-record.ts';

/** How a stream answered. */
export type StreamAnswer =
  | ({ readonly kind: 'answered' } & LogContent)
  | { readonly kind: 'refused'; readonly error: KnownError }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'not-asked'; readonly reason: string };

/** What was found about a log; not used for the users. */
type LogContent = OldestRecord & {
  /** Pages that show its density; none if nothing is missing. */
  readonly samples: readonly Sample[];
  /** True if it is known to have no record of the last day. */
  readonly isSilent: boolean;
};

/** Everything that Zendesk answered. */
type ProbeResult = {
  readonly login: LoginResult;
  /** By the name of the stream. */
  readonly streams: ReadonlyMap<string, StreamAnswer>;
  /** The account's requests per minute, if an answer contained them. */
  readonly accountLimit: number | undefined;
  /** The difference to add to the local clock; 0 if it is right; undefined without any answer. */
  readonly skewMs: number | undefined;
};

/** What to request, and how. */
type ProbeOptions = {
  readonly config: Config;
  /** All streams, in the order of the requests; only those of the settings are used. */
  readonly streams: readonly Stream[];
  readonly budget: Budget;
  /** The login with a refresh token, which is only read. */
  readonly keeper: LoginKeeper | undefined;
  /** Whether the whole log from `oldest` until now (seconds since 1970) is stored: then its density does not matter. */
  readonly isComplete: (stream: string, oldest: number, now: number) => boolean;
  readonly signal: AbortSignal;
};

const noContent: LogContent = {
  oldest: undefined,
  proof: 'claimed',
  samples: [],
  isSilent: false,
};
const daySeconds = 86_400;
/** The source may drop its oldest day during the request: begin a little later. */
const marginSeconds = 3600;
const streamPatienceMs = 45_000;
const requestTimeoutMs = 15_000;
/** Six attempts: three seconds of waiting in total. */
const retryBaseMs = 100;

/**
 * Asks each stream of the settings, one after the other: at most eight requests, plus one for a token, and more if a log
 * answers in the wrong order.
 */
export async function probeZendesk(options: ProbeOptions): Promise<ProbeResult> {
  const { config, budget, keeper, signal } = options;
  const heard: { grant?: GrantFacts; limit?: number; answered: boolean } = { answered: false };
  const zendesk = createZendesk({
    ...config.zendesk,
    budget,
    keeper,
    log: { warn: () => {} },
    retryBaseMs,
    requestTimeoutMs,
    onGrant: (grant) => (heard.grant = grant),
    onRequest: ({ status }) => (heard.answered ||= status !== undefined),
    onAnswer({ limit }) {
      if (limit !== undefined) heard.limit = limit;
    },
  });
  const streams = new Map<string, StreamAnswer>();
  let refusal: KnownError | undefined;
  try {
    for (const stream of options.streams.filter((each) => config.streams.includes(each))) {
      const answer = refusal === undefined ? await askStream(zendesk, stream, options) : undefined;
      if (answer?.kind === 'refused' && (refusesLogin(answer.error.code) || !hasLogin()))
        refusal = answer.error;
      streams.set(
        stream.name,
        answer === undefined || refusal !== undefined
          ? { kind: 'not-asked', reason: 'there is no login' }
          : answer,
      );
    }
    const user = keeper && refusal === undefined ? await askUser(zendesk, signal) : undefined;
    signal.throwIfAborted();
    return {
      login: { grant: heard.grant, refusal, user, wasUsed: heard.answered },
      streams,
      accountLimit: heard.limit,
      skewMs: heard.answered ? newestSkewMs(zendesk.clock()) : undefined,
    };
  } finally {
    await zendesk.close();
  }

  function hasLogin(): boolean {
    return !renewsTokens(config.zendesk.credentials) || heard.grant !== undefined;
  }
}

async function askStream(
  zendesk: Zendesk,
  stream: Stream,
  options: ProbeOptions,
): Promise<StreamAnswer> {
  const late = AbortSignal.timeout(streamPatienceMs);
  const signal = AbortSignal.any([options.signal, late]);
  try {
    const content =
      stream.kind === 'listing'
        ? await askListing(zendesk, stream, signal)
        : await lookInto(zendesk, stream, { ...options, signal });
    return { kind: 'answered', ...content };
  } catch (error) {
    options.signal.throwIfAborted();
    if (isFrom(error, 'zendesk')) return { kind: 'refused', error };
    if (hasCode(error, 'budget_used_up')) return { kind: 'not-asked', reason: error.found };
    if (!late.aborted) throw error;
    const seconds = streamPatienceMs / 1000;
    return { kind: 'unreadable', reason: `there was no usable answer within ${seconds} seconds` };
  }
}

async function askListing(
  zendesk: Zendesk,
  stream: ListingStream,
  signal: AbortSignal,
): Promise<LogContent> {
  const { parameters } = stream.source;
  const request = { ...requestOf(stream), parameters, priority, pageSize: 1, cursor: undefined };
  await zendesk.readPage(request, signal);
  return noContent;
}

async function lookInto(
  zendesk: Zendesk,
  stream: LogStream,
  { config, isComplete, signal }: ProbeOptions,
): Promise<LogContent> {
  const now = nowOf(zendesk);
  const { retentionDays } = stream;
  const keptSince =
    retentionDays === undefined ? 0 : now - retentionDays * daySeconds + marginSeconds;
  const found = await findOldest(zendesk, stream, { from: keptSince, to: now }, signal);
  const { oldest } = found;
  if (oldest === undefined) return { ...noContent, ...found };
  const start = config.horizons[stream.name];
  const period = {
    from: Math.max(oldest, Math.floor((start?.getTime() ?? 0) / 1000)),
    // The first answer has corrected the clock.
    to: nowOf(zendesk),
  };
  const complete = isComplete(stream.name, period.from, period.to);
  return { ...found, ...(await sampleLog(zendesk, stream, period, complete, signal)) };
}

/** Now by Zendesk's clock, in whole seconds: its records are requested. */
function nowOf(zendesk: Zendesk): number {
  return Math.floor((Date.now() + newestSkewMs(zendesk.clock())) / 1000);
}
