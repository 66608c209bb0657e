import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ANSWER_FAULTS } from '../faults/answer-faults.ts';
import { BODY_FAULTS } from '../faults/body-faults.ts';
import { ignoreParameters } from '../faults/query-faults.ts';
import {
  isAnswerFault,
  isQueryFault,
  isRequestFault,
  isTransportFault,
  type FaultOf,
  type TransportFaultKind,
} from '../faults/faults.ts';
import type { SimulatedAccount } from '../account/account.ts';
import { NO_ENDPOINT, withHeaders, type SimulatedAnswer } from './answers.ts';
import { checkCredentials } from './authentication.ts';
import type { ApiRequest, Endpoint } from './endpoints.ts';
import type { OpenRecord, RequestLog } from './request-log.ts';

/** What is served. */
export type Site = {
  readonly account: SimulatedAccount;
  readonly endpoints: readonly Endpoint[];
  readonly requestLog: RequestLog;
};

const MAX_BODY = 1_000_000;

/** Reads the body of a request, up to a reasonable size. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= MAX_BODY) chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

/** Answers a request to the API. `signal` ends answers in progress. */
export async function handleRequest(
  { account, endpoints, requestLog }: Site,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { method = 'GET', url: target = '/', headers } = request;
  const { pathname: path, searchParams: query } = new URL(target, 'http://simulator');
  const endpoint = endpoints.find((known) => known.method === method && known.path.test(path));
  const startedAt = sinceEpochMs();
  const record: OpenRecord = {
    at: Math.floor(startedAt),
    method,
    path,
    query: query.toString(),
    stream: endpoint?.stream ?? 'other',
    authorization: describeAuthorization(headers.authorization),
    startedAt,
    endedAt: null,
    status: 0,
    fault: null,
  };
  requestLog.open(record);
  response.once('close', () => {
    record.endedAt = sinceEpochMs();
    requestLog.close(record);
  });
  const body = await readBody(request);
  const { answer, transport }: DecidedAnswer =
    endpoint === undefined
      ? { answer: NO_ENDPOINT }
      : decideAnswer(account, endpoint, record, target, {
          id: Number(endpoint.path.exec(path)?.[1]),
          query,
          authorization: headers.authorization,
          contentType: headers['content-type'] ?? '',
          body,
          origin: `http://${headers.host ?? 'localhost'}`,
          arrivedMs: performance.now(),
          faultTarget: describeForFaults(endpoint, query),
        });
  const delayMs =
    account.options.answerMs + (transport?.kind === 'slow' ? (transport.ms ?? 1000) : 0);
  if (delayMs > 0) await sleep(delayMs, undefined, { signal });
  if (answer === undefined) {
    response.socket?.resetAndDestroy();
    return;
  }
  record.status = answer.status;
  sendAnswer(account, response, answer, transport);
}

type DecidedAnswer = {
  /** Undefined: the connection is reset instead. */
  readonly answer: SimulatedAnswer | undefined;
  readonly transport?: FaultOf<TransportFaultKind>;
};

/** Limits count at arrival; then faults, credentials and scope are checked before the endpoint. */
function decideAnswer(
  { clock, faults, tokens }: SimulatedAccount,
  endpoint: Endpoint,
  record: OpenRecord,
  target: string,
  request: ApiRequest,
): DecidedAnswer {
  const { refusal, headers = {} } = endpoint.gate(request.arrivedMs);
  if (refusal !== undefined) return { answer: refusal };
  const fault = faults.take(request.faultTarget, isRequestFault);
  record.fault = fault?.kind ?? null;
  if (fault?.kind === 'token-expired') tokens.revokeAll();
  if (fault?.kind === 'login-revoked') tokens.revokeLogins();
  if (fault !== undefined && isAnswerFault(fault)) {
    const { service } = endpoint;
    const strike = ANSWER_FAULTS[fault.kind];
    return { answer: strike({ ...fault, service, now: clock.now(), target }) };
  }
  const refused = checkCredentials(tokens, endpoint, request);
  const ignored = faults.take(request.faultTarget, isQueryFault);
  const query = ignored ? ignoreParameters(request.query, ignored.kind) : request.query;
  const answer = withHeaders(refused ?? endpoint.answer({ ...request, query }), headers);
  return fault !== undefined && isTransportFault(fault) ? { answer, transport: fault } : { answer };
}

/** Sends an answer, or as much of it as a fault allows. */
export function sendAnswer(
  { clock }: SimulatedAccount,
  response: ServerResponse,
  answer: SimulatedAnswer,
  transport?: FaultOf<TransportFaultKind>,
): void {
  const spoil = transport && BODY_FAULTS.get(transport.kind);
  if (spoil !== undefined) {
    spoil(response, answer, transport?.ms);
    return;
  }
  const body = Buffer.from(answer.body);
  const half = body.subarray(0, Math.floor(body.length / 2));
  const sent = transport?.kind === 'truncated-json' ? half : body;
  response.writeHead(answer.status, {
    ...tellTime(clock.now(), transport),
    'x-request-id': randomUUID(),
    ...answer.headers,
    'content-length': sent.length,
  });
  if (transport?.kind === 'reset-mid-body') response.write(half, () => response.socket?.destroy());
  else response.end(sent);
}

/** The headers with the time at which an answer was made. */
function tellTime(
  now: number,
  { kind, seconds = 0 }: Partial<FaultOf<TransportFaultKind>> = {},
): Record<string, string> {
  const aheadMs = kind === 'wrong-date' ? seconds * 1000 : kind === 'cached' ? -seconds * 1000 : 0;
  return {
    date: new Date(now + aheadMs).toUTCString(),
    ...(kind === 'cached' ? { age: String(seconds) } : {}),
  };
}

/** The machine's clock with fractions, ms since 1970. */
function sinceEpochMs(): number {
  return performance.timeOrigin + performance.now();
}

function describeForFaults(
  { stream, pageSize }: Endpoint,
  query: URLSearchParams,
): ApiRequest['faultTarget'] {
  const names = ['page[after]', 'page[before]', 'filter[after]', 'filter[before]'];
  return {
    stream,
    hasCursor: names.some((name) => query.has(name)),
    pageSize: Number(query.get('page[size]') ?? pageSize),
  };
}

function describeAuthorization(header: string | undefined): OpenRecord['authorization'] {
  if (header === undefined) return 'none';
  if (/^bearer /i.test(header)) return 'bearer';
  return /^basic /i.test(header) ? 'basic' : 'other';
}
