/** The overview, and its changes as server-sent events. */
import type { Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { isFrom, KnownError } from '../../errors.ts';
import type { Asker, Question } from '../../page/question.ts';
import type { PageService } from '../../page/service.ts';
import { loadOverview, type Overview } from '../../page/views/overview/load-overview.ts';
import { json } from '../answers.ts';
import type { Admission } from './access.ts';
import { sendJson } from './answering.ts';
import { createLive } from './live.ts';
import { keepOwn, nameFault } from '../databases.ts';
import type { EveryQuestioning } from './every-questioning.ts';

const limitMs = 15_000;

const question: Question = {
  path: 'overview',
  role: 'reader',
  rights: 'page',
  limitMs,
  ask: loadOverview,
};

/** It shows nothing that depends on who asks, so that all share one answer. */
const nobody: Asker = { name: 'the overview', role: 'reader' };

/** How old the overview may be. */
const everyMs = 2000;
/** A listener comes back after this. */
const longestMs = 900_000;
/** Who listens is asked again who they are: a session may have ended. */
const admittedMs = 5000;
/** More of them are refused. */
const mostListeners = 100;

/** What the overview needs. */
type Sources = {
  readonly questioning: EveryQuestioning;
  readonly service: PageService;
  readonly admission: Admission;
};

/** The overview of all databases; one of several that is away is shown beside what the others say. */
async function loadEvery({ places }: EveryQuestioning, service: PageService): Promise<Overview> {
  const now = new Date();
  const databases = places.map(({ database }) => database);
  const overviews = await Promise.all(
    places.map(async ({ database, questioning }): Promise<Overview> => {
      const accounts = service.accounts.filter(
        ({ account }) => databases.length === 1 || database.accounts.includes(account),
      );
      try {
        const own = (await questioning.ask(question, {
          parameters: new URLSearchParams(),
          asker: nobody,
          service: { ...service, accounts },
          now,
        })) as Overview;
        return {
          ...own,
          streams: keepOwn(own.streams, database, databases),
          told: keepOwn(own.told, database, databases),
          findings: keepOwn(own.findings, database, databases),
          openFindings: Object.fromEntries(
            keepOwn(
              Object.entries(own.openFindings).map(([account, open]) => ({ account, open })),
              database,
              databases,
            ).map(({ account, open }) => [account, open]),
          ),
        };
      } catch (error) {
        if (places.length === 1 || !(error instanceof KnownError)) throw error;
        const found = nameFault(database.name, error.message);
        const told = database.accounts.map((account) => ({
          account,
          level: 'problem' as const,
          found,
          wayOut: null,
        }));
        return { streams: [], told, findings: [], openFindings: {} };
      }
    }),
  );
  return {
    streams: overviews
      .flatMap(({ streams }) => streams)
      .toSorted((a, b) => (a.account < b.account ? -1 : Number(a.account > b.account))),
    told: overviews
      .flatMap(({ told }) => told)
      .toSorted((a, b) => Number(b.level === 'problem') - Number(a.level === 'problem')),
    findings: overviews
      .flatMap(({ findings }) => findings)
      .toSorted((a, b) => b.at.getTime() - a.at.getTime()),
    openFindings: Object.assign({}, ...overviews.map((each) => each.openFindings)) as Readonly<
      Record<string, number>
    >,
  };
}

/** Adds `/api/overview` and `/api/live`. */
export function addOverview(app: Hono, { questioning, service, admission }: Sources): void {
  const live = createLive(
    async () => listParts(await loadEvery(questioning, service)),
    everyMs,
    limitMs,
  );
  let listeners = 0;
  const refuse = async (context: Context): Promise<Response | undefined> => {
    const asker = await admission.admit(context);
    return asker instanceof Response ? asker : undefined;
  };

  app.get('/api/overview', async (context) => {
    const refused = await refuse(context);
    if (refused !== undefined) return refused;
    return sendJson(context, await live.current());
  });

  app.get('/api/live', async (context) => {
    const refused = await refuse(context);
    if (refused !== undefined) return refused;
    if (listeners >= mostListeners) return json(503, { reason: 'Too many listen already.' });
    // Before the next wait: many may come at the same moment.
    listeners += 1;
    try {
      // A stream that ends at once would look as if it were live.
      await live.check();
    } catch (error) {
      listeners -= 1;
      throw error;
    }
    return streamSSE(context, async (stream) => {
      const leaving = new AbortController();
      stream.onAbort(() => leaving.abort());
      const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(longestMs)]);
      const asking = setInterval(() => {
        // With the database away there is nothing to hear.
        void refuse(context).then(
          (found) => found !== undefined && leaving.abort(),
          () => {},
        );
      }, admittedMs);
      try {
        await stream.write(': hello\n\n');
        let version = context.req.query('version') ?? '';
        while (!signal.aborted) {
          const next = await live.next(version, signal);
          ({ version } = next);
          await stream.writeSSE({ data: JSON.stringify(next) });
        }
      } catch (error) {
        // The listener has left, or the database is away: it comes back by itself.
        if (!signal.aborted && !isFrom(error, 'database')) throw error;
      } finally {
        clearInterval(asking);
        listeners -= 1;
      }
    });
  });
}

/** What changes together: each stream by itself, the rest as a whole. */
function listParts({
  streams,
  told,
  findings,
  openFindings,
}: Overview): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ...streams.map((row) => [`stream ${row.account} ${row.stream}`, row] as const),
    ['told', told],
    ['findings', { list: findings, open: openFindings }],
  ]);
}
