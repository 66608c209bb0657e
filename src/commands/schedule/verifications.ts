/** Verifies the accounts at set times, as long as the service runs, and beside everything else. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../database/client.ts';
import { explainError } from '../../errors.ts';
import {
  findMissed,
  loadFormerFinding,
  takeVerification,
  type VerificationKey,
} from '../../evidence/verification/due.ts';
import type { BegunVerification } from '../../evidence/verification/ledger.ts';
import { verifyRecorded } from '../../evidence/verification/recorded.ts';
import { describeHolder } from '../../ingest/session.ts';
import { listLogs } from '../../streams/registry.ts';
import type { Stream } from '../../streams/stream.ts';
import { findArchivedRows } from '../archive/rows.ts';
import { collectOutsideOf } from '../outside.ts';
import type { Session } from '../session.ts';
import { findOwnKey } from '../verification/own-key.ts';
import { keepTasks, type TaskKeeping, type TimedTask } from './timed-tasks.ts';

/** What scheduled verifications need from the service. */
type VerificationKeeping = TaskKeeping & {
  readonly sessions: readonly Session[];
  readonly streams: readonly Stream[];
};

/** One that is made at set times. */
type Scheduled = { readonly key: VerificationKey; readonly config: Session['config'] };

/** Verifies at the times of VERIFY_SCHEDULE and VERIFY_DEEP_SCHEDULE, as `keepTasks` does its tasks. */
export function keepVerifications(keeping: VerificationKeeping): () => Promise<void> {
  return keepTasks(
    keeping.sessions.flatMap(({ config }) => listTasks(config, keeping)),
    keeping,
  );
}

function listTasks(config: Session['config'], keeping: VerificationKeeping): readonly TimedTask[] {
  const { account } = config.zendesk;
  return (['quick', 'deep'] as const).flatMap((depth): readonly TimedTask[] => {
    const expression = config.verifySchedules[depth];
    if (expression === undefined) return [];
    const key = { account, depth };
    return [
      {
        name: `${account} verification ${depth}`,
        expression,
        timeZone: undefined,
        findMissed: (db, times) => findMissed(db, key, times.last(new Date())),
        async perform(db, due) {
          const begun = await takeVerification(db, key, due, describeHolder());
          if (begun === 'busy') return false;
          if (begun !== 'done') await verifyAtTime(db, { key, config }, begun, keeping);
          return true;
        },
      },
    ];
  });
}

/** Verifies, and logs the result. After a failure, which is logged, the next try is at the next time. */
export async function verifyAtTime(
  db: Database,
  { key, config }: Scheduled,
  begun: BegunVerification | undefined,
  { streams, log, signal }: Pick<VerificationKeeping, 'streams' | 'log' | 'signal'>,
): Promise<void> {
  const { account, depth } = key;
  const { evidence } = config;
  try {
    const former = await loadFormerFinding(db, key, begun?.id ?? '0');
    const kept = await collectOutsideOf(db, account, config, [], signal);
    for (const sentence of kept.unreached) log.warn({ account, depth }, sentence);
    const deep = depth === 'deep';
    const archive = deep ? await findArchivedRows(db, config, account, signal) : undefined;
    const result = await verifyRecorded(
      db,
      {
        account,
        streams: listLogs(streams),
        isWhole: true,
        deep,
        span: undefined,
        anchors: kept.anchors,
        outside: kept.findings,
        keys: findOwnKey(evidence, account),
        archive,
        report: createPace(),
        signal,
      },
      {
        holder: describeHolder(),
        resumes: false,
        ...(begun === undefined ? {} : { begun }),
        tell: (sentence) => log.warn({ account, depth }, sentence),
      },
    );
    if (result === undefined || !result.complete) return;
    const findings = result.findings.length;
    const [first] = result.findings;
    if (first !== undefined && first.sentence !== former)
      log.error({ account, depth, findings, kind: first.kind }, first.sentence);
    log.info({ account, depth, findings }, 'verified');
  } catch (error) {
    if (!signal.aborted) log.error({ account, depth, err: error }, explainError(error));
  }
}

/** The other half of the time is for everything else that this process does. */
const longestPauseMs = 1000;

/** Makes the reading of rows wait for as long as each piece of it took. */
function createPace(): () => Promise<void> {
  let sinceMs = performance.now();
  return async () => {
    await sleep(Math.min(longestPauseMs, Math.ceil(performance.now() - sinceMs)));
    sinceMs = performance.now();
  };
}
