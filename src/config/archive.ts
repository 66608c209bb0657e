/** The settings of the archive: where it is, what goes there, and when. */
import type { z } from 'zod';
import { readBucket, type BucketSettings, type EvidenceBucket } from './evidence.ts';
import * as values from './evidence-values.ts';
import type { Report } from './problem.ts';
import { textOf } from './values.ts';

/** The archive of an installation. */
export type ArchiveConfig = {
  /** Undefined: there is none. */
  readonly place:
    | { readonly kind: 'directory'; readonly path: string }
    | { readonly kind: 'bucket'; readonly bucket: EvidenceBucket }
    | undefined;
  /** How old all rows of a partition are before it is archived. */
  readonly after: ArchiveAge;
  /** When `serve` archives, as a cron expression, UTC; undefined for never. */
  readonly schedule: string | undefined;
};

/** An age in calendar months and in days. */
type ArchiveAge = { readonly months: number; readonly days: number };

/** The age of `13M`, `2y` or `400d`; undefined for another text. */
export function parseAge(text: string): ArchiveAge | undefined {
  const [, digits, unit] = /^(\d{1,4})([dMy])$/.exec(text) ?? [];
  if (digits === undefined || Number(digits) === 0) return undefined;
  const count = Number(digits);
  if (unit === 'd') return { months: 0, days: count };
  return { months: unit === 'y' ? 12 * count : count, days: 0 };
}

/** What an age may be written as, for sentences. */
export const ageAdvice = 'an age such as 13M (months), 2y or 400d';

/** The moment at which what is so old now happened. */
export function findMomentOf({ months, days }: ArchiveAge, now: Date): Date {
  const moment = new Date(now);
  const day = moment.getUTCDate();
  moment.setUTCDate(1);
  moment.setUTCMonth(moment.getUTCMonth() - months);
  const lastDay = new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + 1, 0));
  moment.setUTCDate(Math.min(day, lastDay.getUTCDate()) - days);
  return moment;
}

/** The settings one by one. */
export function listArchiveSettings(isSchedule: (text: string) => boolean) {
  return {
    ARCHIVE_URL: archiveUrl.optional(),
    ARCHIVE_AFTER: textOf(parseAge, `Use ${ageAdvice}`),
    ARCHIVE_SCHEDULE: values.scheduleOrOff(isSchedule),
  };
}

const archiveUrl = textOf(
  (text) =>
    text.startsWith('s3:')
      ? values.readBucketUrl(text)
      : /^[a-z0-9]+:\/\//i.test(text)
        ? undefined
        : text,
  'Use a directory, or a bucket and a prefix such as s3://acme-archive/zendesk, without credentials',
);

type Found = z.infer<z.ZodObject<ReturnType<typeof listArchiveSettings>>> & BucketSettings;

/** The settings together. What does not fit is reported. */
export function readArchiveConfig(found: Found, report: Report): ArchiveConfig {
  const { ARCHIVE_URL: place, ARCHIVE_AFTER: after, ARCHIVE_SCHEDULE: schedule } = found;
  if (place === undefined || typeof place === 'string')
    return {
      place: place === undefined ? undefined : { kind: 'directory', path: place },
      after,
      schedule,
    };
  const bucket = readBucket('ARCHIVE_URL', place, found, report);
  return { place: bucket && { kind: 'bucket', bucket }, after, schedule };
}
