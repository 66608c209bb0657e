/** Who asks: by a session, a token, or the word of a trusted proxy. */
import { timingSafeEqual } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { PageAccess, PageToken, TrustedProxy } from '../../config/page-access.ts';
import type { Asker, Role } from '../../page/question.ts';
import type { Log } from '../../logger.ts';
import { json } from '../answers.ts';
import { createPatience } from './patience.ts';
import { digest, sessionCookie, type Sessions } from './sessions.ts';

/** How it is known who asks, once that is decided. */
export type Access = Exclude<PageAccess, { readonly kind: 'undecided' }>;

/** On this machine alone nobody logs in. */
const everybodyHere: Asker = { name: 'this machine', role: 'investigator' };

/** Lets people in. */
export type Admission = {
  /** Who asks, or the answer to somebody who must log in first. */
  readonly admit: (context: Context) => Promise<Asker | Response>;
  /** The entry of a token that somebody gives, or the answer to one that is wrong. Who tries many has to wait. */
  readonly checkToken: (context: Context, given: string) => PageToken | Response;
};

export function createAdmission(access: Access, sessions: Sessions, log: Log): Admission {
  const patience = createPatience();

  function checkToken(context: Context, given: string): PageToken | Response {
    const peer = peerOf(context);
    const seconds = patience.waitOf(peer, performance.now());
    if (seconds > 0)
      return json(
        429,
        {
          reason: `Too many wrong tokens came from your address. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
        },
        { 'retry-after': String(seconds) },
      );
    const entry = access.kind === 'login' ? findToken(access.tokens, given) : undefined;
    if (entry !== undefined) return entry;
    patience.note(peer, performance.now());
    log.warn({ peer }, 'a login to the page was refused');
    return json(403, { reason: 'This token is not known. Check that it is complete.' });
  }

  return {
    checkToken,
    async admit(context) {
      if (access.kind === 'local') return everybodyHere;
      const cookie = getCookie(context, sessionCookie);
      const session = cookie === undefined ? undefined : await sessions.find(cookie);
      if (session !== undefined) return describeToken(session);
      const given = readBearer(context);
      const entry = given === undefined ? undefined : checkToken(context, given);
      if (entry instanceof Response && entry.status === 429) return entry;
      const isKnown = entry !== undefined && !(entry instanceof Response);
      const asker = isKnown
        ? describeToken(entry)
        : access.proxy && readProxy(context, access.proxy);
      return asker ?? json(401, { reason: 'Log in with your token.' });
    },
  };
}

/** Whether somebody may do what needs a role. */
export function hasRole({ role }: Asker, needed: Role): boolean {
  return needed === 'reader' || role === 'investigator';
}

/** The entry of a token. Each comparison takes as long as any other. */
function findToken(tokens: readonly PageToken[], given: string): PageToken | undefined {
  const wanted = digest(given);
  let found: PageToken | undefined;
  for (const each of tokens) if (timingSafeEqual(digest(each.token), wanted)) found = each;
  return found;
}

function readBearer(context: Context): string | undefined {
  return /^Bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
}

function describeToken({ name, role }: PageToken): Asker {
  return { name, role };
}

/** Who asks through the proxy. What another peer says of itself in these headers counts for nothing. */
function readProxy(context: Context, proxy: TrustedProxy): Asker | undefined {
  if (!proxy.has(peerOf(context))) return undefined;
  // One of two may be what the browser sent.
  if ([proxy.userHeader, proxy.groupsHeader].some((header) => isRepeated(context, header)))
    return undefined;
  const name = context.req.header(proxy.userHeader)?.trim() ?? '';
  if (name === '' || name.length > 200) return undefined;
  const groups = (context.req.header(proxy.groupsHeader) ?? '')
    .split(/[,;|]/)
    .map((group) => group.trim());
  const isInvestigator = proxy.investigatorGroups.some((group) => groups.includes(group));
  return { name, role: isInvestigator ? 'investigator' : 'reader' };
}

function isRepeated({ env }: Context<{ Bindings: HttpBindings }>, header: string): boolean {
  return (env.incoming.headersDistinct[header]?.length ?? 0) > 1;
}

/** The address that is connected. */
function peerOf(context: Context): string {
  return getConnInfo(context).remote.address ?? '';
}
