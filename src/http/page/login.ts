/** Logging in with a token, and out. */
import type { Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Log } from '../../logger.ts';
import { json } from '../answers.ts';
import type { Admission } from './access.ts';
import { readBody } from './body.ts';
import { refuseOrigin } from './origin.ts';
import { sessionCookie, sessionSeconds, type Sessions } from './sessions.ts';

/** Adds `/login` and `/logout`, where there are tokens. */
export function addLogin(
  app: Hono,
  { checkToken }: Admission,
  { sessions, log }: { readonly sessions: Sessions; readonly log: Log },
): void {
  app.post('/login', async (context) => {
    const reason = refuseOrigin(context);
    if (reason !== undefined) return json(403, { reason });
    const { token } = await readBody(context);
    const entry = checkToken(context, typeof token === 'string' ? token.trim() : '');
    if (entry instanceof Response) return entry;
    const cookie = await sessions.begin(entry);
    log.info({ name: entry.name, role: entry.role }, 'logged in to the page');
    setCookie(context, sessionCookie, cookie, {
      ...attributesOf(context),
      maxAge: sessionSeconds,
    });
    return context.json({ name: entry.name, role: entry.role });
  });
  app.post('/logout', async (context) => {
    const reason = refuseOrigin(context);
    if (reason !== undefined) return json(403, { reason });
    const cookie = getCookie(context, sessionCookie);
    if (cookie !== undefined) await sessions.end(cookie);
    deleteCookie(context, sessionCookie, attributesOf(context));
    return context.json({});
  });
}

/** Behind https the browser must not send it without. Its origin says so, whatever stands between. */
function attributesOf(context: Context) {
  return {
    path: '/',
    httpOnly: true,
    sameSite: 'Strict',
    secure: context.req.header('origin')?.startsWith('https:') === true,
  } as const;
}
