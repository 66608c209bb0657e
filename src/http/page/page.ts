/** The page: its files, the questions of its views, and who may ask them. */
import type { Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Log } from '../../logger.ts';
import type { Perform } from '../../page/action.ts';
import type { PageService } from '../../page/service.ts';
import { questions } from '../../page/views.ts';
import { createAdmission, type Access } from './access.ts';
import { act } from './acting.ts';
import { addLogin } from './login.ts';
import { addFiles } from './files.ts';
import { protect, refuseHead } from './headers.ts';
import { addOverview } from './overview.ts';
import type { ServedDatabase } from '../databases.ts';
import { openEveryQuestioning } from './every-questioning.ts';
import { answerQuestion } from './answering.ts';
import { json } from '../answers.ts';
import { openSessions, sessionCookie } from './sessions.ts';

export type PageOptions = {
  readonly service: PageService;
  /** Who may see it. */
  readonly access: Access;
  /** How long each question may take. Default: what it allows, usually 5 seconds. */
  readonly questionMs?: number | undefined;
};

/** A page that is open. */
export type Page = {
  readonly addTo: (app: Hono) => void;
  /** From now on actions are done by this; undefined: no longer. */
  readonly offer: (perform: Perform | undefined) => void;
  readonly close: () => Promise<void>;
};

/** Opens the page of the databases. */
export function openPage(
  { service, access, questionMs }: PageOptions,
  databases: readonly ServedDatabase[],
  log: Log,
): Page {
  const questioning = openEveryQuestioning(databases, log, questionMs);
  const sessions = openSessions(
    questioning.places.map((place) => place.questioning.db),
    access.kind === 'login' ? access.tokens : [],
  );
  const admission = createAdmission(access, sessions, log);
  let offered: Perform | undefined;
  return {
    addTo(app) {
      app.use('*', protect(access));
      app.use('/api/*', refuseHead);
      addFiles(app);
      addLogin(app, admission, { sessions, log });
      app.get('/api/session', async (context) => {
        const asker = await admission.admit(context);
        return asker instanceof Response
          ? asker
          : json(200, {
              ...asker,
              accounts: service.accounts.map(({ account }) => account),
              canLeave: getCookie(context, sessionCookie) !== undefined,
            });
      });
      app.post('/api/actions/:kind', (context) =>
        act(context, context.req.param('kind'), {
          recordsOf: questioning.recordsOf,
          service,
          admission,
          perform: offered,
        }),
      );
      addOverview(app, { questioning, service, admission });
      for (const question of questions)
        app.get(`/api/${question.path}`, (context) =>
          answerQuestion(context, question, { questioning, service, admission }),
        );
    },
    offer: (perform) => void (offered = perform),
    close: () => questioning.close(),
  };
}
