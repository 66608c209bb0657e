/** One request: what can be requested, and the loop that repeats it until the answer is right. */
import type { Answer, Failure } from './answer.ts';
import type { Channel } from './channel.ts';
import type { Logins } from './login.ts';
import type { Token } from './minting.ts';
import type { Paging } from './paging.ts';
import { readAccountLimit, readExhaustion, readLimit } from './rate-limit.ts';
import { describeRetry, explainAccess, explainFailure, type Needs } from './refusal.ts';
import type { Asker } from './asker.ts';
import { runAttempts, usualPolicy } from './retry.ts';
import { renewsTokens } from './secrets.ts';

/** A group of endpoints that share one limit. */
type BudgetGroup = {
  readonly name: string;
  /** Whether that is the limit of the account, of which the customer's other integrations keep the last fifth. */
  readonly sharesAccountLimit: boolean;
};

/** The requests per minute of the account by the names of its groups, shared by every process; the caller provides it. */
export type Budget = {
  /** Resolves when one request of the group may be sent; rejects with the signal's reason when it aborts. */
  take(group: string, priority: number, signal: AbortSignal): Promise<void>;
  /** Pauses the group for everybody for `waitMs` from now. Resolves when the pause is recorded, not when it is over. */
  pause(group: string, waitMs: number, reason: string): Promise<void>;
  /** Learns what is left of the account's limit, of which the group takes a share. */
  learn?(
    group: string,
    seen: { readonly limit: number; readonly remaining: number; readonly resetMs: number },
  ): void;
};

/** One answer that is not a list of pages: `show_many`, one user. */
export type ObjectRequest = {
  readonly group: BudgetGroup;
  /** Passed to the budget unchanged. */
  readonly priority: number;
  /** Path below the origin, without a query: `/api/v2/audit_logs`. */
  readonly path: string;
  /** Own parameters without paging, in order, keys may repeat; sent with every page. */
  readonly parameters: readonly (readonly [string, string])[];
  /** What the endpoint requires, for the message when Zendesk refuses. */
  readonly needs: Needs;
};

/** One page of a list (contract 0.3, 4.1). */
export type PageRequest = ObjectRequest & {
  readonly paging: Paging;
  readonly pageSize: number;
  /** `nextCursor` of the page before; undefined for the first page. */
  readonly cursor: string | undefined;
  /** Called with each smaller size that is tried. */
  readonly onShrink?: ((pageSize: number) => void) | undefined;
};

/** Work that Zendesk accepts now and delivers later in another way, such as the export of the audit log (contract 3). */
export type OrderRequest = ObjectRequest & {
  /** The name of its own limit, as in the header `zendesk-ratelimit-<name>`. */
  readonly limit: string;
};

/** One page as answered; the records are not checked. */
export type Page = {
  /** Numbers that JavaScript cannot hold are kept as they are written. A record that is not JSON is undefined. */
  readonly records: readonly unknown[];
  /** The bytes of each record as Zendesk sent them; nothing if the records cannot be separated. */
  readonly originals: () => readonly Buffer[];
  /** The indices of records for which parsing loses something: a name twice, or bytes that are not UTF-8. */
  readonly lossy: ReadonlySet<number>;
  /** Undefined on the last page. A page that is said to be the last may have one: it leads to what may follow after all. */
  readonly nextCursor: string | undefined;
  /** Whether only the answer itself says that it is the last. */
  readonly isSaidLast: boolean;
  /** The size that worked: the requested one, or a smaller one after answers that were too late, cut or too large. */
  readonly pageSize: number;
  /** When the request was sent and its answer was complete, by the local clock in epoch milliseconds. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  /** How much older than that its content is, because it came from a cache; usually 0. */
  readonly ageMs: number;
  /** Length of the answer's JSON text in bytes, after decompression. */
  readonly bytes: number;
  /** Zendesk's `x-request-id`, for support cases. */
  readonly requestId: string | undefined;
};

/** What the requests to one account share. */
export type Connection = Channel & {
  readonly budget: Budget;
  readonly logins: Logins;
  readonly onAnswer: ((answer: { readonly limit: number | undefined }) => void) | undefined;
};

/** One request, repeated until `read` accepts its answer. */
export type Exchange<Result> = {
  readonly asked: ObjectRequest & { readonly cursor?: string | undefined };
  readonly method: 'GET' | 'POST';
  /** How often it is tried without a usable answer, and after how many 429s the program waits; default as usual. */
  readonly attempts?: number;
  readonly pauses?: number;
  /** The largest size in bytes of a good answer, decompressed; default as usual for a page. */
  readonly largestBytes?: number;
  readonly parameters: () => ObjectRequest['parameters'];
  /** @throws {AttemptError} when the answer is not what was asked for */
  readonly read: (answer: Answer) => Result;
  /** Called when the next attempt should ask for less. */
  readonly onShrink?: () => void;
};

/** Shorter values are words such as a role, which may be in any sentence. */
const shortestPrivateText = 6;

/**
 * Sends a request until its answer is accepted or the retry policy gives up.
 * @throws {KnownError} why there is no such answer
 * @throws the signal's reason, or an error of the budget
 */
export async function exchange<Result>(
  connection: Connection,
  request: Exchange<Result>,
  callerSignal: AbortSignal,
): Promise<Result> {
  const { account, origin, credentials, budget, localNow, log, logins, reach } = connection;
  const { secrets, retryBaseMs } = connection;
  const { asked, attempts = usualPolicy.attempts, pauses = usualPolicy.pauses } = request;
  const { group, path, priority } = asked;
  const signal = AbortSignal.any([callerSignal, connection.closing]);
  const asker: Asker = {
    path,
    origin,
    privateTexts: listPrivateTexts(asked),
    secrets,
    explainRefusal: (status, body) => explainAccess(status, body, asked.needs, credentials.kind),
  };
  let used: Token | undefined;
  let refused: Token | undefined;

  const attempt = async (): Promise<Result> => {
    // Minting may take long, so it is done before the budget; afterwards it is repeated only for a token that expired
    // meanwhile.
    await logins.get(signal, refused);
    await budget.take(group.name, priority, signal);
    const login = await logins.get(signal, refused);
    used = login.token;
    return sendOnce(connection, request, login.header, signal);
  };

  return runAttempts(attempt, {
    policy: {
      attempts,
      wasCutOff: reach.isCutOff(),
      pauses,
      baseMs: retryBaseMs,
      renewableToken: renewsTokens(credentials),
    },
    signal,
    pause: (waitMs, failure) => budget.pause(group.name, waitMs, explainPause(failure)),
    onRetry(failure, next, tries) {
      if (next.action === 'renew-token') refused = used;
      if (next.action === 'back-off' && next.askForLess) request.onShrink?.();
      const details = { account, ...describeRetry(failure, next, tries, asker, localNow()) };
      log.warn(details, 'request to Zendesk failed, trying again');
    },
    explain(failure, tries) {
      reach.noteFailure(failure);
      return explainFailure(failure, tries, asker);
    },
  });
}

/** Why requests are paused after a 429, in a few words. */
function explainPause(failure: Failure): string {
  const header = failure.kind === 'refusal' ? failure.pauseHeader : undefined;
  return `Zendesk answered 429 ${header === undefined ? 'without saying until when' : `with ${header}`}`;
}

async function sendOnce<Result>(
  connection: Connection,
  { asked, method, largestBytes, parameters, read }: Exchange<Result>,
  authorization: string,
  signal: AbortSignal,
): Promise<Result> {
  const { observe, http, onAnswer } = connection;
  const query = buildQuery(parameters());
  const request = { method, path: asked.path, query, headers: { authorization }, largestBytes };
  const answer = await http.send(request, signal);
  observe(answer);
  onAnswer?.({ limit: readLimit(answer.headers).limit });
  const result = read(answer);
  if (asked.group.sharesAccountLimit) await spareOthers(connection, asked.group, answer);
  return result;
}

/** The account-wide limit is shared with the customer's other integrations: leave them the last fifth. */
async function spareOthers(
  { budget, localNow }: Connection,
  { name }: BudgetGroup,
  { headers }: Answer,
): Promise<void> {
  const seen = readAccountLimit(headers, localNow());
  if (seen !== undefined) budget.learn?.(name, seen);
  const low = readExhaustion(headers, localNow());
  if (low === undefined) return;
  const reason = `${low.remaining} of the account's ${low.limit} requests are left`;
  await budget.pause(name, low.waitMs, reason);
}

/** The query of a request. */
function buildQuery(parameters: ObjectRequest['parameters']): URLSearchParams {
  // `append` throughout: `set` would lose the second `filter[created_at][]`.
  const query = new URLSearchParams();
  for (const [name, value] of parameters) query.append(name, value);
  return query;
}

/** The texts of a request that must not be quoted: its cursor and parameters. */
function listPrivateTexts({
  cursor = '',
  parameters,
}: Pick<ObjectRequest, 'parameters'> & { readonly cursor?: string | undefined }): string[] {
  return [cursor, ...parameters.map(([, value]) => value)].filter(
    (text) => text.length >= shortestPrivateText,
  );
}
