/** One Zendesk account over HTTP: budget, login, one attempt, its check, and the next attempt. */
import { readAnswer } from './answer.ts';
import { runAttempts } from './attempts.ts';
import { createClock } from './clock.ts';
import { isObject } from './paging.ts';
import { explainFailure, listRetryDetails, type Asker } from './explanation.ts';
import { AttemptError } from './failure.ts';
import { createHttp, type HttpAnswer } from './http.ts';
import type {
  BudgetGroup,
  ObjectRequest,
  OrderAnswer,
  Page,
  Zendesk,
  ZendeskOptions,
} from './interface.ts';
import { createLogins } from './login.ts';
import type { Token } from './oauth.ts';
import { readOrderAnswer } from './order.ts';
import { readExhaustion, readLimit } from './rate-limit.ts';
import { explainUnavailable, unauthorizedRefusals } from './refusal.ts';
import { usualPolicy } from './retry.ts';
import { createSecrets } from './secrets.ts';

export type * from './interface.ts';
export type { Credentials } from './credentials.ts';
export type { Paging } from './paging.ts';
export type { Needs } from './refusal.ts';

const usualTimeoutMs = 60_000;
/** Shorter values are words such as a role, which may stand in any sentence. */
const shortestPrivateText = 6;

/** Connects to one account. Nothing is sent before the first request. */
export function createZendesk(options: ZendeskOptions): Zendesk {
  const { account, budget, credentials, log, origin } = options;
  const localNow = options.localNow ?? Date.now;
  const closing = new AbortController();
  const secrets = createSecrets(credentials);
  const clock = createClock(localNow, (skewMs) =>
    log.warn(
      { account, skewMs },
      skewMs === 0
        ? 'the local clock agrees with Zendesk again'
        : "the local clock differs from Zendesk's, which is trusted",
    ),
  );
  const timeoutMs = options.requestTimeoutMs ?? usualTimeoutMs;
  const http = createHttp({ origin, timeoutMs, localNow, secrets, onRequest: options.onRequest });
  const logins = createLogins({
    options,
    http,
    clock,
    secrets,
    localNow,
    closing: closing.signal,
  });

  /** Repeats one request until `read` accepts its answer. */
  async function request<Result>(
    asked: ObjectRequest & { cursor?: string | undefined },
    callerSignal: AbortSignal,
    steps: {
      query: () => URLSearchParams;
      method?: 'POST';
      /** How often it is tried when no usable answer comes; default as usual. */
      attempts?: number;
      /** The result of an answer that need not be a JSON of 200; undefined for one that `read` is for. */
      settle?: (answer: HttpAnswer) => { result: Result } | undefined;
      /** The result, or what is wrong with the answer. */
      read: (json: unknown, answer: HttpAnswer) => { result: Result } | { fault: string };
      onHalve: () => void;
    },
  ): Promise<Result> {
    const { group, path, priority } = asked;
    const signal = AbortSignal.any([callerSignal, closing.signal]);
    const cursorSent = asked.cursor !== undefined;
    const asker: Asker = {
      account,
      path,
      origin,
      privateTexts: listPrivateTexts(asked),
      secrets,
      explainRefusal({ status, body }, kind) {
        if (kind === 'unauthorized') return unauthorizedRefusals[credentials.kind];
        if (kind === 'unavailable') return explainUnavailable(status, body, asked.needs);
        return undefined;
      },
    };
    let used: Token | undefined;
    let refused: Token | undefined;

    const attempt = async (): Promise<Result> => {
      // Minting may take long, so it comes before the budget; afterwards it is repeated only for a token that expired meanwhile.
      await logins.get(signal, refused);
      await budget.take(group.name, priority, signal);
      const login = await logins.get(signal, refused);
      used = login.token;
      const headers = { authorization: login.header };
      const method = steps.method === undefined ? {} : { method: steps.method };
      const answer = await http.send({ path, query: steps.query(), headers, ...method }, signal);
      clock.observe({ ...answer, date: answer.headers.date });
      options.onAnswer?.({ limit: readLimit(answer.headers).limit });
      const read =
        steps.settle?.(answer) ??
        steps.read(readAnswer(answer, { cursorSent, origin, localNow }), answer);
      const { status, requestId } = answer;
      if ('fault' in read)
        throw new AttemptError({ kind: 'broken-answer', status, requestId, fault: read.fault });
      if (group.sharesAccountLimit) await spareOthers(group, answer);
      return read.result;
    };

    return runAttempts(attempt, {
      policy: {
        ...usualPolicy,
        attempts: steps.attempts ?? usualPolicy.attempts,
        baseMs: options.retryBaseMs ?? usualPolicy.baseMs,
        renewableToken: credentials.kind === 'oauth-client',
      },
      signal,
      pause: (waitMs) => budget.pause(group.name, waitMs, 'Zendesk answered 429'),
      onRetry(failure, decision, tries) {
        if (decision.action === 'renew-token') refused = used;
        if (decision.action === 'back-off' && decision.halvePage) steps.onHalve();
        const details = listRetryDetails(failure, decision, tries, asker);
        log.warn(details, 'request to Zendesk failed, trying again');
      },
      explain: (failure, kind, tries) => explainFailure(failure, kind, tries, asker),
    });
  }

  /** The account-wide limit is shared with the customer's other integrations: leave them the last fifth. */
  async function spareOthers({ name }: BudgetGroup, answer: HttpAnswer): Promise<void> {
    const low = readExhaustion(answer.headers, localNow());
    if (low === undefined) return;
    const reason = `${low.remaining} of the account's ${low.limit} requests are left`;
    await budget.pause(name, low.waitMs, reason);
  }

  return {
    readPage(asked, callerSignal) {
      // Every parameter again with each cursor, as links of the answer are never followed (contract 0.3, Q17).
      let { pageSize } = asked;
      return request<Page>(asked, callerSignal, {
        query: () =>
          buildQuery([
            ...asked.parameters,
            ...asked.paging.parameters({ pageSize, cursor: asked.cursor }),
          ]),
        read(json, answer) {
          const envelope = asked.paging.read(json, { pageSize, cursor: asked.cursor });
          if ('fault' in envelope) return envelope;
          const { body, requestId, sentAtMs } = answer;
          const sentAt = new Date(sentAtMs + clock.skewMs());
          return { result: { ...envelope, pageSize, sentAt, bytes: body.length, requestId } };
        },
        onHalve: () => (pageSize = Math.max(1, Math.floor(pageSize / 2))),
      });
    },
    readObject(asked, callerSignal) {
      return request<unknown>(asked, callerSignal, {
        query: () => buildQuery(asked.parameters),
        read: (json) => (isObject(json) ? { result: json } : { fault: 'is not a JSON object' }),
        onHalve: () => undefined,
      });
    },
    placeOrder(asked, callerSignal) {
      return request<OrderAnswer>(asked, callerSignal, {
        query: () => buildQuery(asked.parameters),
        method: 'POST',
        attempts: 1,
        settle: (answer) => readOrderAnswer(answer, asked.limit, localNow()),
        read: () => ({ fault: 'neither accepts nor refuses the order' }),
        onHalve: () => undefined,
      });
    },
    now: () => clock.now(),
    clockSkewMs: () => clock.skewMs(),
    close() {
      closing.abort(new Error('the connection to Zendesk was closed'));
      http.close();
    },
  };
}

/** `append` throughout: `set` would lose the second `filter[created_at][]`. */
function buildQuery(parameters: ObjectRequest['parameters']): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of parameters) query.append(name, value);
  return query;
}

function listPrivateTexts(asked: ObjectRequest & { cursor?: string | undefined }): string[] {
  return [asked.cursor ?? '', ...asked.parameters.map(([, value]) => value)].filter(
    (text) => text.length >= shortestPrivateText,
  );
}
