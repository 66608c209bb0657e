import { hash, toFraction } from '../random.ts';

/** A place where team members work. */
export type Zone = {
  /** Rails name, the `time_zone` of a user. */
  readonly name: string;
  /** The `iana_time_zone` of a user. */
  readonly iana: string;
  /** Standard offset from UTC. Daylight saving is left out: it would move the working day by one hour at most. */
  readonly offsetHours: number;
  /** The `locale` of a user. */
  readonly locale: string;
};

const EASTERN: Zone = {
  name: 'Eastern Time (US & Canada)',
  iana: 'America/New_York',
  offsetHours: -5,
  locale: 'en-US',
};
const PACIFIC: Zone = {
  name: 'Pacific Time (US & Canada)',
  iana: 'America/Los_Angeles',
  offsetHours: -8,
  locale: 'en-US',
};

/** Places of work; a place that is listed twice has twice as many people. */
export const ZONES: readonly Zone[] = [
  PACIFIC,
  EASTERN,
  { name: 'Berlin', iana: 'Europe/Berlin', offsetHours: 1, locale: 'de' },
  { name: 'London', iana: 'Europe/London', offsetHours: 0, locale: 'en-GB' },
  EASTERN,
  { name: 'Mumbai', iana: 'Asia/Kolkata', offsetHours: 5, locale: 'en-US' },
  { name: 'Warsaw', iana: 'Europe/Warsaw', offsetHours: 1, locale: 'pl' },
  { name: 'Tokyo', iana: 'Asia/Tokyo', offsetHours: 9, locale: 'ja' },
];

const WORKING_DAY = [
  0.01, 0.005, 0.005, 0.005, 0.01, 0.02, 0.08, 0.3, 0.8, 1, 1, 0.95, 0.6, 0.9, 1, 0.95, 0.85, 0.5,
  0.2, 0.1, 0.06, 0.04, 0.03, 0.02,
];
const WEEKEND_SHARE = 0.07;
/** Machines work at all hours; their share of the busiest hour. */
const MACHINE_SHARE = 0.04;
const HOURS_A_WEEK = 168;

/** The hour of the week of a minute since 1970, in UTC: 0 is Thursday 00:00, the weekday of 1970-01-01. */
export function hourOfWeek(minute: number): number {
  return Math.floor(minute / 60) % HOURS_A_WEEK;
}

const ACTIVITY = new Float64Array(HOURS_A_WEEK);
for (let hour = 0; hour < HOURS_A_WEEK; hour++) {
  const weekday = Math.floor(hour / 24);
  const isWeekend = weekday === 2 || weekday === 3;
  ACTIVITY[hour] = (WORKING_DAY[hour % 24] ?? 0) * (isWeekend ? WEEKEND_SHARE : 1);
}

/** How likely it is that somebody of that zone is at work in that hour of the week (UTC), 0 to 1. */
export function activityIn(zone: Zone, utcHourOfWeek: number): number {
  return ACTIVITY[(utcHourOfWeek + zone.offsetHours + HOURS_A_WEEK) % HOURS_A_WEEK] ?? 0;
}

const DENSITY = new Float64Array(HOURS_A_WEEK);
for (let hour = 0; hour < HOURS_A_WEEK; hour++) {
  const people = ZONES.reduce((sum, zone) => sum + activityIn(zone, hour), 0) / ZONES.length;
  DENSITY[hour] = people + MACHINE_SHARE;
}
const MEAN_DENSITY = DENSITY.reduce((sum, value) => sum + value, 0) / HOURS_A_WEEK;

/** How busy that minute is; 1 is the mean of a week. */
export function densityAt(minute: number): number {
  return (DENSITY[hourOfWeek(minute)] ?? 0) / MEAN_DENSITY;
}

/** How many things happen in that minute when `meanPerMinute` happen on average. A pure function of seed and minute. */
export function countEvents(seed: number, minute: number, meanPerMinute: number): number {
  const expected = meanPerMinute * densityAt(minute);
  const noise = 0.7 + 0.6 * toFraction(hash(seed, minute, 11));
  return Math.floor(expected * noise + toFraction(hash(seed, minute, 13)));
}
