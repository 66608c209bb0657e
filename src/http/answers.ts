/** What each address answers. Decides nothing about sockets. */
import { explainAbsence, type LedgerQuestions } from './ledger-questions.ts';
import type { Metrics, Schedules } from './metrics.ts';
import { logPrefix } from './sealed-log.ts';

export type Answer = {
  readonly status: 200 | 404 | 405 | 500 | 503;
  readonly type: string;
  readonly body: string | Buffer;
};

/** What the answers are made from. */
type Sources = {
  readonly questions: Pick<
    LedgerQuestions,
    'findFault' | 'loadStatus' | 'loadMeasures' | 'loadLogFile'
  >;
  readonly metrics: Metrics;
  readonly scheduler: Schedules;
  /** True from the signal that ends the process. */
  readonly isStopping: () => boolean;
};

/** The answer to GET or HEAD of a path; 405 for other methods, 404 for other paths. */
export async function answer(method: string, path: string, sources: Sources): Promise<Answer> {
  const page = path.startsWith(logPrefix) ? answerLog(path) : pages.get(path);
  if (page === undefined)
    return json(404, {
      reason: `There is nothing here. The pages are ${[...pages.keys()].join(', ')}.`,
    });
  if (method !== 'GET' && method !== 'HEAD')
    return json(405, { reason: 'Only GET and HEAD are supported.' });
  return page(sources);
}

const pages = new Map<string, (sources: Sources) => Promise<Answer>>([
  ['/livez', answerLife],
  ['/readyz', answerReadiness],
  ['/status', answerStatus],
  ['/metrics', answerMetrics],
]);

async function answerLife({ scheduler }: Sources): Promise<Answer> {
  const overdue = scheduler.listOverdue();
  if (overdue.length === 0) return json(200, { alive: true });
  const reason = `Schedules are overdue: ${overdue.join(', ')}.`;
  return json(503, { alive: false, reason });
}

async function answerReadiness({ questions, isStopping }: Sources): Promise<Answer> {
  const reason = isStopping() ? 'The process is being stopped.' : await questions.findFault();
  return reason === undefined ? json(200, { ready: true }) : json(503, { ready: false, reason });
}

async function answerStatus({ questions }: Sources): Promise<Answer> {
  try {
    return json(200, await questions.loadStatus());
  } catch (error) {
    return json(503, { reason: explainAbsence(error) });
  }
}

async function answerMetrics({ questions, metrics }: Sources): Promise<Answer> {
  const measures = await questions.loadMeasures().catch((error: unknown): undefined => {
    // Only for the check that it is the database: a fault of ours goes on.
    explainAbsence(error);
  });
  return { status: 200, type: metrics.contentType, body: await metrics.render(measures) };
}

function answerLog(path: string): (sources: Sources) => Promise<Answer> {
  return async ({ questions }) => {
    try {
      const file = await questions.loadLogFile(path.slice(logPrefix.length));
      if (file === undefined) return json(404, { reason: 'The sealed log has no such file.' });
      const type = file.isText ? 'text/plain; charset=utf-8' : 'application/octet-stream';
      return { status: 200, type, body: file.body };
    } catch (error) {
      return json(503, { reason: explainAbsence(error) });
    }
  };
}

/** An answer in JSON. */
export function json(status: Answer['status'], value: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}
