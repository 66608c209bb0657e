/** What the verifications of a log against its sealed log came to, and whether there are any. */
import { isFrom } from '../errors.ts';
import { describeVerified, listFound, type Verified } from '../ingest/verification-words.ts';
import type { LogStream } from '../streams/stream.ts';
import { ok, problem, skipped, warning, type Check } from './check.ts';
import type { ReadOnlyDatabase } from './diagnosis.ts';

const checkName = 'verification';
/** The nightly one may fail once, and the next is a day later. */
const longestAgeMs = 3 * 86_400_000;

/** What is known of a log that was pulled. */
type VerifiedLog = Verified & { readonly stream: string };

/** Tells of the verifications of an account's logs. */
export async function checkVerified(
  db: ReadOnlyDatabase,
  account: string,
  logs: readonly Pick<LogStream, 'name' | 'title'>[],
  now: Date,
): Promise<Check> {
  try {
    const rows = await db.query<VerifiedLog>(
      `select stream, verified_at, deeply_verified_at, found from zendesk_sync.verified_logs where account = $1`,
      [account],
    );
    return judgeVerified(logs, rows, now);
  } catch (error) {
    if (isFrom(error, 'database')) return skipped(checkName, 'its tables could not be read');
    throw error;
  }
}

/** What the verifications of some logs mean. Pure. */
export function judgeVerified(
  logs: readonly Pick<LogStream, 'name' | 'title'>[],
  rows: readonly VerifiedLog[],
  now: Date,
): Check {
  const known = logs.flatMap(({ name, title }) =>
    rows.filter(({ stream }) => stream === name).map((verified) => ({ title, verified })),
  );
  const [first] = known;
  if (first === undefined) return skipped(checkName, 'nothing is stored yet');
  const found = known.flatMap(({ verified }) => listFound(verified.found));
  if (found.length > 0)
    return problem(
      checkName,
      [...new Set(found)].join('\n'),
      'Run "verify --deep", which names the rows concerned and the fetch that stored them; docs/evidence.md says what each finding means.',
    );
  const told = known.map(({ title, verified }) => ({ title, words: describeVerified(verified) }));
  const isSame = new Set(told.map(({ words }) => words)).size === 1;
  const state = isSame
    ? describeVerified(first.verified)
    : told.map(({ title, words }) => `${title}: ${words}`).join('; ');
  const oldestMs = Math.min(
    ...known.map(({ verified }) => verified.verified_at?.getTime() ?? Infinity),
  );
  if (now.getTime() - oldestMs <= longestAgeMs || oldestMs === Infinity)
    return ok(checkName, state);
  return warning(
    checkName,
    `${state}, which is more than ${longestAgeMs / 86_400_000} days ago`,
    'Keep "serve" running, which verifies at the times of VERIFY_SCHEDULE, or run "verify".',
  );
}
