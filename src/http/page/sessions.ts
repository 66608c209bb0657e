/**
 * The sessions of those who logged in with a token: the cookie is a random number, and what the database keeps of it tells
 * nobody the number. So every process knows a session, it survives restarts, and it ends with the logout, for every copy of
 * the cookie, or when its token leaves the settings.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { PageToken } from '../../config/page-access.ts';
import type { Queryable } from '../../database/client.ts';

/** The name of the cookie. */
export const sessionCookie = 'zendesk_log_sync';

/** How long a session lasts. */
export const sessionSeconds = 12 * 3600;

/** Another process may know so long of a session that has ended. */
const keptMs = 3000;
/** More of them are asked for each time. */
const mostKept = 1000;

export type Sessions = {
  /** Begins a session. @returns its cookie @throws {KnownError} when no database answers */
  readonly begin: (token: PageToken) => Promise<string>;
  /** Whose session a cookie is; undefined for one that has ended or that nobody was given. */
  readonly find: (cookie: string) => Promise<PageToken | undefined>;
  /** Ends it. @throws {KnownError} where a database is away that may have it */
  readonly end: (cookie: string) => Promise<void>;
};

/** @param databases a session is kept in each, so that it lasts while one of several is away */
export function openSessions(
  databases: readonly Queryable[],
  tokens: readonly PageToken[],
): Sessions {
  const kept = new Map<string, { readonly entry: PageToken; readonly untilMs: number }>();
  let ended = 0;

  async function load(db: Queryable, cookie: string): Promise<PageToken | undefined> {
    const [row] = await db.query<{ proof: Buffer }>(
      `select token_proof as proof from zendesk_sync.page_sessions where session = $1 and ends_at > now()`,
      [digest(cookie)],
    );
    if (row === undefined) return undefined;
    return tokens.find(({ token }) => timingSafeEqual(prove(token, cookie), row.proof));
  }

  async function loadAnywhere(cookie: string): Promise<PageToken | undefined> {
    const asked = databases.map((db) => load(db, cookie));
    const known = asked.map(
      async (answer) => (await answer) ?? Promise.reject(new Error('unknown')),
    );
    const found = await Promise.any(known).catch((): undefined => undefined);
    // Where none answers, nobody knows whether it has ended.
    return found ?? (await Promise.any(asked).catch(throwFirst));
  }

  return {
    async begin({ name, token }) {
      const cookie = randomBytes(32).toString('base64url');
      const begun = databases.map(async (db) => {
        await db.query('delete from zendesk_sync.page_sessions where ends_at < now()');
        await db.query(
          // It is there already when the answer to the same statement was lost.
          `insert into zendesk_sync.page_sessions (session, name, token_proof, ends_at)
           values ($1, $2, $3, now() + interval '${sessionSeconds} seconds') on conflict do nothing`,
          [digest(cookie), name, prove(token, cookie)],
        );
      });
      await Promise.allSettled(begun);
      await Promise.any(begun).catch(throwFirst);
      return cookie;
    },
    async find(cookie) {
      if (!/^[\w-]{43}$/.test(cookie)) return undefined;
      const known = kept.get(cookie);
      if (known !== undefined && known.untilMs > performance.now()) return known.entry;
      kept.delete(cookie);
      const before = ended;
      const entry = await loadAnywhere(cookie);
      if (entry === undefined) return undefined;
      // It may be the one that has ended since.
      if (ended !== before) return entry;
      if (kept.size >= mostKept) kept.clear();
      kept.set(cookie, { entry, untilMs: performance.now() + keptMs });
      return entry;
    },
    async end(cookie) {
      const statement = 'delete from zendesk_sync.page_sessions where session = $1';
      const ending = databases.map((db) => db.query(statement, [digest(cookie)]));
      await Promise.allSettled(ending);
      ended += 1;
      kept.delete(cookie);
      // In a database that is away it would continue.
      await Promise.all(ending);
    },
  };
}

/** What went wrong with the first of several that all went wrong. */
function throwFirst(error: unknown): never {
  throw error instanceof AggregateError ? error.errors[0] : error;
}

/** That a session began with this token; without the cookie nobody can try tokens against it. */
function prove(token: string, cookie: string): Buffer {
  return createHmac('sha256', cookie).update(token).digest();
}

/** A text of any length as 32 bytes, so that comparing takes the same time for each. */
export function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
