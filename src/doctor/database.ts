/** The database: whether it can be reached, and whether this program can use it. */
import { adviseOn, isFrom } from '../errors.ts';
import { quoteName, type ServerFacts } from './diagnosis.ts';
import { capitalize, ok, problem, warning, type Check } from './check.ts';
import { formatBytes } from './figures.ts';

const name = 'database';
const oldestServer = 150_000;
const firstUntestedServer = 190_000;
/** Below this the disk may be full before anybody checks again. */
const littleFreeBytes = 2_000_000_000;

/** Why there is no connection. @throws errors that come neither from Postgres nor from the connection to it */
export function explainConnection(error: unknown): Check {
  if (!isFrom(error, 'database')) throw error;
  const { code, found, message, wayOut } = error;
  return wayOut === undefined
    ? problem(name, message, adviseOn(code))
    : problem(name, found.replace(/^The /, 'the '), `${capitalize(wayOut)}.`);
}

/** The server's version and what makes it read-only. `where` says more about the place, or nothing. */
export function checkServer(facts: ServerFacts, where: string): Check {
  const { version, number, database, user_name: user } = facts;
  const [release] = version.split(' ');
  const found = `PostgreSQL ${release}, database ${database}, user ${user}${where}`;
  if (number < oldestServer)
    return problem(name, found, 'Use Postgres 15 to 18: point DATABASE_URL to a newer server.');
  if (facts.is_standby)
    return problem(
      name,
      `${found}; it is a standby, which accepts no writes`,
      'Point DATABASE_URL to the primary.',
    );
  if (facts.is_read_only)
    return problem(
      name,
      `${found}; transactions are read-only there (default_transaction_read_only)`,
      `Switch it off for this user:\nalter role ${quoteName(user)} set default_transaction_read_only = off;`,
    );
  return number >= firstUntestedServer
    ? warning(name, found, 'This version is tested with Postgres 15 to 18; check for a newer one.')
    : ok(name, found);
}

/** The encoding of the database. */
export function checkEncoding({ encoding }: ServerFacts): Check {
  return encoding === 'UTF8'
    ? ok('encoding', 'UTF8')
    : problem(
        'encoding',
        `${encoding}, which cannot store every record`,
        'Create a database with the encoding UTF8 and point DATABASE_URL to it.',
      );
}

/** The time zone in which the database shows times, and other settings that are overridden here. */
export function checkTimeZone({
  time_zone: zone,
  is_utc: isUtc,
  overridden,
  database,
}: ServerFacts): Check {
  const others = overridden.filter((setting) => setting !== 'TimeZone');
  const note =
    others.length === 0
      ? ''
      : `; this program uses its own values of ${others.join(', ')}, which differ from these`;
  return isUtc
    ? ok('time zone', `${zone}${note}`)
    : warning(
        'time zone',
        `${zone}: times are stored exactly, but queries use that zone for times and days, while the daily tables use days in UTC${note}`,
        `If you do not want that:\nalter database ${quoteName(database)} set timezone = 'UTC';`,
      );
}

/** The size of the database and the free space of its disk. `freeBytes` undefined: not visible from here. */
export function checkDisk(
  { database_bytes: size }: ServerFacts,
  freeBytes: number | undefined,
): Check {
  const found = `the database uses ${formatBytes(size)}`;
  if (freeBytes === undefined)
    return ok('disk', `${found}; the free space cannot be seen from here`);
  const both = `${found}; ${formatBytes(freeBytes)} are free`;
  return freeBytes < littleFreeBytes
    ? warning('disk', both, 'Free some space: when the disk is full, nothing more is stored.')
    : ok('disk', both);
}
