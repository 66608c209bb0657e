/** What monitoring asks: health, status, metrics, and the files of the sealed logs. None of it needs a login. */
import type { Context, Hono } from 'hono';
import type { EveryLedger } from './databases.ts';
import { explainAbsence } from './ledger-questions.ts';
import type { Metrics, Schedules } from './metrics.ts';
import { logPrefix } from './sealed-log.ts';

/** What the answers need. */
export type Sources = {
  readonly ledgers: Omit<EveryLedger, 'close'>;
  readonly metrics: Metrics;
  readonly scheduler: Schedules;
  /** True after the signal that ends the process. */
  readonly isStopping: () => boolean;
};

type Respond = (context: Context) => Promise<Response>;

/** The paths for monitoring, as a message names them. */
export const monitoringPaths = ['/livez', '/readyz', '/status', '/metrics'] as const;

/** Adds the answers to GET and HEAD; 405 for other methods. */
export function addMonitoring(app: Hono, sources: Sources): void {
  const answers: Readonly<Record<(typeof monitoringPaths)[number], Respond>> = {
    '/livez': answerLife(sources),
    '/readyz': answerReadiness(sources),
    '/status': answerStatus(sources),
    '/metrics': answerMetrics(sources),
  };
  for (const [path, respond] of Object.entries(answers)) addPath(app, path, respond);
  addPath(app, `${logPrefix}*`, answerLog(sources));
}

/** Answers GET and HEAD of a path, and 405 to everything else. */
export function addPath(app: Hono, path: string, respond: Respond): void {
  app.get(path, respond);
  app.all(path, async () =>
    json(405, { reason: 'Only GET and HEAD are supported.' }, { allow: 'GET, HEAD' }),
  );
}

function answerLife({ scheduler }: Sources): Respond {
  return async () => {
    const overdue = scheduler.listOverdue();
    if (overdue.length === 0) return json(200, { alive: true });
    const reason = `Schedules are overdue: ${overdue.join(', ')}.`;
    return json(503, { alive: false, reason });
  };
}

/** One of several databases that is away stops its own accounts, and not what is ready for the others. */
function answerReadiness({ ledgers, isStopping }: Sources): Respond {
  return async () => {
    if (isStopping()) return json(503, { ready: false, reason: 'The process is being stopped.' });
    const { faults, all } = await ledgers.findFaults();
    if (all) return json(503, { ready: false, reason: faults.join(' ') });
    return json(200, faults.length === 0 ? { ready: true } : { ready: true, away: faults });
  };
}

function answerStatus({ ledgers }: Sources): Respond {
  return async () => {
    try {
      const { rows, faults } = await ledgers.loadStatus();
      // A part looks like the whole to a program, unless the status is another.
      return faults.length === 0
        ? json(200, rows)
        : json(503, { reason: faults.join(' '), status: rows });
    } catch (error) {
      return json(503, { reason: explainAbsence(error) });
    }
  };
}

function answerMetrics({ ledgers, metrics }: Sources): Respond {
  return async () =>
    send(200, metrics.contentType, await metrics.render(await ledgers.loadMeasures()));
}

function answerLog({ ledgers }: Sources): Respond {
  return async (context) => {
    try {
      // As it was written: parts of it are decoded one by one.
      const path = new URL(context.req.url).pathname.slice(logPrefix.length);
      const file = await ledgers.loadLogFile(path);
      if (file === undefined) return json(404, { reason: 'The sealed log has no such file.' });
      const type = file.isText ? 'text/plain; charset=utf-8' : 'application/octet-stream';
      return send(200, type, file.body);
    } catch (error) {
      return json(503, { reason: explainAbsence(error) });
    }
  };
}

type Status = 200 | 204 | 400 | 401 | 403 | 404 | 405 | 421 | 429 | 500 | 503;

/** An answer in JSON. */
export function json(
  status: Status,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const type = 'application/json; charset=utf-8';
  return send(status, type, `${JSON.stringify(value)}\n`, headers);
}

/** An answer of any type, which is not kept by browsers and proxies unless its headers say so. */
function send(
  status: Status,
  type: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(typeof body === 'string' ? body : Uint8Array.from(body), {
    status,
    headers: {
      'content-type': type,
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  });
}
