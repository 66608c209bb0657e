/** The settings of the archive. */
import { optional, plain } from './setting.ts';

/** What goes to the archive, where it is, and when. */
export const archiveSettings = [
  optional(
    'ARCHIVE_URL',
    '–',
    'where old months go as Parquet: a directory, or a bucket of S3 such as `s3://acme-archive/zendesk`, which needs the rights to put and to get objects alone; see [Archive](archive.md)',
  ),
  plain(
    'ARCHIVE_AFTER',
    '13M',
    'how old all rows of a partition are before it goes there: months (`13M`), years (`2y`) or days (`400d`)',
  ),
  plain(
    'ARCHIVE_SCHEDULE',
    '23 4 * * *',
    'when `serve` archives, where `ARCHIVE_URL` is set: cron, UTC; `off` switches it off',
  ),
] as const;
