/** Runs a verification that is recorded in the ledger, so that reports can mention it and a stopped one can be resumed. */
import type { Database } from '../../database/client.ts';
import { explainError, isFrom } from '../../errors.ts';
import { noProgress } from './deep-progress.ts';
import { beginVerification, endVerification, keepProgress, renewalMs } from './ledger.ts';
import type { BegunVerification, VerificationEnd } from './ledger.ts';
import { reopenStopped } from './stopped.ts';
import { verifyHistory, type Verification } from './verification.ts';
import type { VerificationTask } from './task.ts';

/** What to verify; the progress of an earlier verification is looked up. */
type RecordedTask = Omit<VerificationTask, 'progress' | 'keep'>;

/** How a verification is noted. */
type Recording = {
  /** The process that verifies. */
  readonly holder: string;
  /** Resumes a verification that was stopped, if there is one. */
  readonly resumes: boolean;
  /** The verification that has already begun. */
  readonly begun?: BegunVerification;
  /** Receives messages besides the result. */
  readonly tell: (sentence: string) => void;
};

/** Verifies the history of an account and records the result. */
export async function verifyRecorded(
  db: Database,
  task: RecordedTask,
  recording: Recording,
): Promise<Verification | undefined> {
  const begun = await begin(db, task, recording);
  const id = begun?.id;
  const { holder } = recording;
  const renewal = setInterval(() => {
    // A failed renewal does no harm: the next one makes up for it.
    if (id !== undefined) keepProgress(db, task.account, id, holder).catch(() => {});
  }, renewalMs);
  try {
    const result = await verifyHistory(db, {
      ...task,
      progress: begun?.progress ?? noProgress,
      keep: async (progress) => {
        if (id !== undefined) await keepProgress(db, task.account, id, holder, progress);
      },
    });
    if (id !== undefined) await endVerification(db, task.account, id, holder, describeEnd(result));
    return result;
  } catch (error) {
    const outcome = task.signal.aborted ? 'stopped' : 'failed';
    const end = { outcome, error: explainError(error) } as const;
    if (id !== undefined) await endVerification(db, task.account, id, holder, end).catch(() => {});
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

function describeEnd(result: Verification | undefined): VerificationEnd {
  if (result === undefined) return { outcome: 'failed', error: 'There is no sealed log.' };
  const { findings, complete } = result;
  return { outcome: complete ? 'complete' : 'stopped', findings };
}

/** Undefined if it cannot be recorded: the login may have the right to read only. */
async function begin(
  db: Database,
  { account, deep, streams, isWhole, span, anchors }: RecordedTask,
  { holder, resumes, begun, tell }: Recording,
): Promise<BegunVerification | undefined> {
  if (begun !== undefined) return begun;
  const scope = {
    account,
    depth: deep ? ('deep' as const) : ('quick' as const),
    stream: isWhole ? undefined : streams[0]?.name,
    span,
    anchors: [...new Set(anchors.map(({ name }) => name))],
  };
  try {
    const stopped = deep && resumes ? await reopenStopped(db, scope, holder) : undefined;
    if (stopped === undefined)
      return { id: await beginVerification(db, scope, holder), progress: noProgress };
    const rows = Object.values(stopped.progress.logs).reduce((sum, log) => sum + log.rows, 0);
    tell(
      `Resuming the verification of ${stopped.startedAt}, which was stopped after ${rows.toLocaleString('en-US')} rows of ${account}; --restart starts again.`,
    );
    return stopped;
  } catch (error) {
    if (!isFrom(error, 'database')) throw error;
    tell(`The result will not be kept in the database: ${explainError(error)}`);
    return undefined;
  }
}
