/** Does what people ask for in the page, beside everything else that the service does. */
import { randomInt } from 'node:crypto';
import { explainError, refuseInput } from '../../errors.ts';
import { acknowledgeFindings } from '../../ingest/findings/acknowledge.ts';
import { loadCoverage } from '../../ingest/coverage.ts';
import { listClosable } from '../../ingest/gaps.ts';
import { reconcile } from '../../ingest/reconcile/reconciliation.ts';
import { largestSeed } from '../../ingest/reconcile/sampling.ts';
import { leasePatienceMs } from '../../ingest/service.ts';
import { createStreamWorker } from '../../ingest/worker.ts';
import type { Log } from '../../logger.ts';
import type { Action, Perform } from '../../page/action.ts';
import { intersect, measure, toSeconds } from '../../span.ts';
import { listLogs } from '../../streams/registry.ts';
import type { LogStream, Stream } from '../../streams/stream.ts';
import { examineAccount } from '../../ingest/account-gaps.ts';
import { verifyAtTime } from '../schedule/verifications.ts';
import type { Session } from '../session.ts';

/** What it needs from the service. */
type Performing = {
  readonly sessions: readonly Session[];
  readonly streams: readonly Stream[];
  readonly log: Log;
  readonly signal: AbortSignal;
};

/** How many random hours are compared, as RECONCILE_SCHEDULE does. */
const comparedParts = 24;

type Job<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>;

/** What does it, and a function that waits for everything that was begun. */
export function createPerformer(performing: Performing): {
  readonly perform: Perform;
  readonly end: () => Promise<void>;
} {
  const running = new Map<string, Promise<void>>();
  const begin = (name: string, log: Log, work: () => Promise<void>): void => {
    if (running.has(name)) throw refuseInput([`This is already being done: ${name}.`]);
    const job = work()
      .catch((error: unknown) => {
        if (!performing.signal.aborted) log.error({ err: error }, explainError(error));
      })
      .finally(() => running.delete(name));
    running.set(name, job);
  };
  return {
    async perform(action, by) {
      const session = performing.sessions.find(({ engine }) => engine.account === action.account);
      if (session === undefined) throw refuseInput([`${action.account} is not followed here.`]);
      const { kind, account } = action;
      performing.log.info({ account, action: kind, by }, 'asked for in the page');
      switch (kind) {
        case 'read':
          return readNow(session, action, performing, begin);
        case 'verify':
          begin(`verify ${action.depth} of ${account}`, performing.log, async () =>
            verifyAtTime(
              session.engine.db,
              { key: { account, depth: action.depth }, config: session.config },
              undefined,
              performing,
            ),
          );
          return 'The verification has begun.';
        case 'reconcile':
          begin(`reconcile ${action.stream} of ${account}`, performing.log, async () =>
            compare(session, action, performing),
          );
          return 'The comparison with Zendesk has begun.';
        default:
          return acknowledge(session, action, by);
      }
    },
    async end() {
      await Promise.all(running.values());
    },
  };
}

async function readNow(
  { engine, config }: Session,
  { account, stream, span }: Job<'read'>,
  { streams, log, signal }: Performing,
  begin: (name: string, log: Log, work: () => Promise<void>) => void,
): Promise<string> {
  const found = findLog(streams, stream);
  const { gaps } = await examineAccount(engine.db, account, [found], config);
  const spans = intersect(listClosable(gaps), [span]);
  if (spans.length === 0)
    throw refuseInput(['Nothing of this time is missing that Zendesk still has.']);
  const worker = createStreamWorker(engine, found);
  begin(`read ${stream} of ${account}`, log, async () => {
    for (const each of spans) {
      if (signal.aborted) return;
      await worker.read(each, signal, leasePatienceMs);
    }
  });
  return `${measure(spans).toLocaleString('en-GB')} seconds are being read.`;
}

async function compare(
  { engine }: Session,
  { account, stream }: Job<'reconcile'>,
  { streams, signal }: Performing,
): Promise<void> {
  const [oldest] = await loadCoverage(engine.db, { account, stream });
  if (oldest === undefined) return;
  await reconcile(engine, createStreamWorker(engine, findLog(streams, stream)), {
    span: { from: oldest.from, to: toSeconds(new Date()) },
    sample: { count: comparedParts, seed: randomInt(1, largestSeed) },
    report() {},
    signal,
  });
}

async function acknowledge(
  { engine }: Session,
  { account, findings, note }: Job<'acknowledge'>,
  by: string,
): Promise<string> {
  const unknown = await acknowledgeFindings(engine.db, account, findings, { by, note });
  if (unknown.length > 0)
    throw refuseInput([
      `There is no finding ${unknown.slice(0, 5).join(', ')}; nothing was changed.`,
    ]);
  return `Acknowledged by ${by}.`;
}

function findLog(streams: readonly Stream[], name: string): LogStream {
  const found = listLogs(streams).find((log) => log.name === name);
  if (found === undefined) throw refuseInput([`There is no log ${name}.`]);
  return found;
}
