/**
 * The three clocks of an account: Zendesk's, that of this machine and the database's. None is trusted alone. The one in the
 * middle plans what to read; it is right if any single one is wrong. Coverage ends where the earliest clock says, and begins
 * where the latest one says that Zendesk still keeps records.
 */
import type { Queryable } from '../database/client.ts';
import type { Log } from '../logger.ts';
import { newestSkewMs, type ZendeskClock } from '../zendesk/clock.ts';
import type { SyncEvent } from './events.ts';

/** A moment by all clocks, in whole seconds since 1970. */
type Moment = {
  readonly earliest: number;
  /** By the clock in the middle. */
  readonly likely: number;
  /** The latest one, unless that is within a few seconds of the likely one. */
  readonly latest: number;
};

/** The difference to add to the clock of this machine to get another one, in milliseconds; undefined while unknown. */
type Skews = { readonly zendesk: ZendeskClock; readonly databaseMs: number | undefined };

/** Clocks that differ by less than this agree. */
const toleratedMs = 5_000;

/** Converts a moment of this machine's clock to the moment by all clocks. Pure. */
export function judgeMoment(localMs: number, skews: Skews): Moment {
  const { agreedMs, doubt } = skews.zendesk;
  // A single answer that disagrees limits the coverage, but cannot extend it.
  const told = [agreedMs, doubt?.skewMs, skews.databaseMs].filter((skewMs) => skewMs !== undefined);
  const middleMs = findMiddle(skews);
  const latestMs = Math.max(0, ...told);
  const at = (skewMs: number): number => Math.floor((localMs + skewMs) / 1000);
  return {
    earliest: at(Math.min(0, ...told)),
    likely: at(middleMs),
    latest: at(latestMs - middleMs <= toleratedMs ? middleMs : latestMs),
  };
}

/** The clock in the middle; of two clocks the later one, so that the newest rows are read whichever is right. */
function findMiddle({ zendesk, databaseMs }: Skews): number {
  const isKnown = zendesk.agreedMs !== undefined || zendesk.doubt !== undefined;
  const known = [0, databaseMs, isKnown ? newestSkewMs(zendesk) : undefined]
    .filter((skewMs) => skewMs !== undefined)
    .toSorted((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? 0;
}

/** The clocks in use. */
export type Clocks = {
  now(): Moment;
  /** Converts a moment of the local clock, in epoch milliseconds. */
  at(localMs: number): Moment;
  /** The difference to add to the local clock to get the likely time. */
  likelySkewMs(): number;
  /** Asks the database for its time. */
  readDatabase(db: Queryable): Promise<void>;
  /** Reports when the clocks disagree, and when they agree again. */
  compare(): void;
};

/** How often a lasting disagreement is reported again. */
const reminderMs = 3_600_000;
/** A disagreement that changes by more than this is reported again at once. */
const changeMs = 60_000;

/** Begins with only the local clock. */
export function createClocks(options: {
  readonly account: string;
  /** Epoch milliseconds. */
  readonly localNow: () => number;
  readonly readZendesk: () => ZendeskClock;
  readonly log: Log;
  readonly report: (event: SyncEvent) => void;
}): Clocks {
  const { account, localNow, log, report } = options;
  let database: DatabaseReading | undefined;
  let told: Told | undefined;

  const skewsAt = (localMs: number): Skews => ({
    zendesk: options.readZendesk(),
    databaseMs: database && readSkewMs(database, localMs, performance.now()),
  });
  const at = (localMs: number): Moment => judgeMoment(localMs, skewsAt(localMs));

  function compare(): void {
    const nowMs = localNow();
    const { zendesk, databaseMs = 0 } = skewsAt(nowMs);
    const zendeskMs = newestSkewMs(zendesk);
    report({ type: 'clocks', zendeskMs, databaseMs });
    const differ = spread([0, zendeskMs, databaseMs]) > toleratedMs;
    const skews = { zendeskSkewMs: zendeskMs, databaseSkewMs: databaseMs };
    if (!differ) {
      if (told !== undefined) log.warn({ account, ...skews }, 'the clocks agree again');
      told = undefined;
      return;
    }
    const atMs = performance.now();
    if (told !== undefined && atMs - told.atMs < reminderMs && isNear(told, zendeskMs, databaseMs))
      return;
    told = { atMs, zendeskMs, databaseMs };
    log.warn(
      { account, ...skews },
      `the clocks disagree: the clock of Zendesk is ${describeSkew(zendeskMs)} this machine, the clock of the database ${describeSkew(databaseMs)} this machine; ` +
        'nothing newer than the slowest of the three counts as covered',
    );
  }

  return {
    at,
    now: () => at(localNow()),
    likelySkewMs: () => findMiddle(skewsAt(localNow())),
    async readDatabase(db) {
      const sentAtMs = localNow();
      const [row] = await db.query<{ now_ms: number }>(
        'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms',
      );
      if (row === undefined) throw new Error('a select without a table gave no row');
      const receivedAtMs = localNow();
      // The clock was read at an unknown moment in between: a difference that this explains does not count.
      const lowestMs = row.now_ms - receivedAtMs;
      const highestMs = row.now_ms - sentAtMs;
      const skewMs = Math.round(Math.min(Math.max(lowestMs, 0), highestMs));
      database = { skewMs, localMs: receivedAtMs, steadyMs: performance.now() };
      compare();
    },
    compare,
  };
}

/** The database's clock as read, and when that was by the local clock and by the monotonic clock. */
type DatabaseReading = {
  readonly skewMs: number;
  readonly localMs: number;
  readonly steadyMs: number;
};

/** The difference now. If the local clock has jumped forward since, the database's clock has not. */
function readSkewMs(reading: DatabaseReading, localMs: number, steadyMs: number): number {
  const jumpedMs = localMs - reading.localMs - (steadyMs - reading.steadyMs);
  return jumpedMs > toleratedMs ? Math.round(reading.skewMs - jumpedMs) : reading.skewMs;
}

type Told = { readonly atMs: number; readonly zendeskMs: number; readonly databaseMs: number };

function isNear(told: Told, zendeskMs: number, databaseMs: number): boolean {
  return (
    Math.abs(told.zendeskMs - zendeskMs) <= changeMs &&
    Math.abs(told.databaseMs - databaseMs) <= changeMs
  );
}

function spread(skewsMs: readonly number[]): number {
  return Math.max(...skewsMs) - Math.min(...skewsMs);
}

function describeSkew(skewMs: number): string {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return `${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'}`;
}
