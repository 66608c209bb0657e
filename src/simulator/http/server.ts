import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  answerDeadToken,
  answerJson,
  answerMissingScope,
  answerNoEndpoint,
  answerNotAdmin,
  answerTooMany,
  answerUnauthenticated,
  withHeaders,
  type Answer,
} from './answers.ts';
import { answerControl, readTruthSpan, streamTruth } from './control.ts';
import { answerFault } from './fault-answers.ts';
import { writeReset } from './limits.ts';
import { findRoute, type Route } from './routes.ts';
import {
  isAnswerFault,
  isRequestFault,
  isTransportFault,
  type FaultOf,
  type FaultTarget,
  type TransportFaultKind,
} from './faults.ts';
import type { Account, ApiRequest } from './account.ts';
import type { RequestLog, RequestRecord } from './request-log.ts';

const MAX_BODY = 1_000_000;

/** Answers every request to the simulator. `signal` ends answers that are still being waited for. */
export async function handleRequest(
  account: Account,
  log: RequestLog,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const method = request.method ?? 'GET';
  const target = request.url ?? '/';
  const { pathname: path, searchParams: query } = new URL(target, 'http://simulator');
  if (path.startsWith('/simulator/'))
    return handleControl(account, log, { method, path, query }, request, response);

  const route = findRoute(method, path);
  const startedAt = performance.timeOrigin + performance.now();
  const record: RequestRecord = {
    at: Math.floor(startedAt),
    method,
    path,
    query: query.toString(),
    stream: route?.stream ?? 'other',
    authorization: describeAuthorization(request.headers.authorization),
    startedAt,
    endedAt: null,
    status: 0,
    fault: null,
  };
  log.open(record);
  response.once('close', () => {
    record.endedAt = performance.timeOrigin + performance.now();
    log.close(record);
  });
  const apiRequest: ApiRequest = {
    method,
    path,
    query,
    authorization: request.headers.authorization,
    contentType: request.headers['content-type'] ?? '',
    body: await readBody(request),
    origin: `http://${request.headers.host ?? 'localhost'}`,
    faultTarget: readFaultTarget(route, query),
  };
  const { answer, transport } = decideAnswer(account, route, apiRequest, target, record);
  const delayMs =
    account.options.answerMs + (transport?.kind === 'slow' ? (transport.ms ?? 1000) : 0);
  if (delayMs > 0) await sleep(delayMs, undefined, { signal });
  if (answer === undefined) {
    response.socket?.resetAndDestroy();
    return;
  }
  record.status = answer.status;
  sendAnswer(account, response, answer, transport?.kind);
}

/** Limits count at arrival; then faults, credentials and scope stand before the endpoint. */
function decideAnswer(
  account: Account,
  route: Route | undefined,
  request: ApiRequest,
  target: string,
  record: RequestRecord,
): { answer: Answer | undefined; transport?: FaultOf<TransportFaultKind> } {
  if (route === undefined) return { answer: answerNoEndpoint() };
  const nowMs = performance.now();
  const { refusal, headers } = passLimit(account, route, nowMs);
  if (refusal !== undefined) return { answer: refusal };
  const fault = account.faults.take(request.faultTarget, isRequestFault);
  record.fault = fault?.kind ?? null;
  if (fault?.kind === 'token-expired') account.tokens.revokeAll();
  if (fault !== undefined && isAnswerFault(fault))
    return { answer: answerFault({ fault, stack: route.stack, now: account.clock.now(), target }) };
  const refused = checkCredentials(account, route, request);
  const answer = withHeaders(refused ?? route.answer(account, request, nowMs), headers);
  return fault !== undefined && isTransportFault(fault) ? { answer, transport: fault } : { answer };
}

function passLimit(
  account: Account,
  route: Route,
  nowMs: number,
): { refusal?: Answer; headers: Readonly<Record<string, string>> } {
  if (route.stack === 'oauth') return { headers: {} };
  if (route.stack === 'access') {
    const { admitted, resetsInMs } = account.accessLogsLimit.admit(nowMs);
    if (admitted) return { headers: {} };
    const reset = writeReset(account.options.accessLogsResetForm, account.clock.now(), resetsInMs);
    return { refusal: withHeaders(answerTooMany('access'), reset), headers: {} };
  }
  const { limit } = account.supportLimit;
  const { admitted, remaining, resetsInMs } = account.supportLimit.admit(nowMs);
  const seconds = String(Math.ceil(resetsInMs / 1000));
  if (!admitted)
    return {
      refusal: withHeaders(answerTooMany('support'), { 'retry-after': seconds }),
      headers: {},
    };
  return {
    headers: {
      'x-rate-limit': String(limit),
      'ratelimit-limit': String(limit),
      'x-rate-limit-remaining': String(remaining),
      'ratelimit-remaining': String(remaining),
      'ratelimit-reset': seconds,
    },
  };
}

function checkCredentials(account: Account, route: Route, request: ApiRequest): Answer | undefined {
  const identity = account.tokens.identify(request.authorization);
  if (identity.kind === 'dead-token' && route.stack === 'support') return answerDeadToken();
  if (route.scopes === undefined) {
    const mayBeNobody =
      identity.kind === 'nobody' || identity.kind === 'known' || route.stack === 'oauth';
    return mayBeNobody ? undefined : answerUnauthenticated(route.stack);
  }
  if (identity.kind !== 'known') return answerUnauthenticated(route.stack);
  const granted = identity.scope.split(' ');
  if (route.scopes.some((scope) => granted.includes(scope))) return undefined;
  return route.stack === 'access' ? answerNotAdmin() : answerMissingScope('read');
}

function sendAnswer(
  account: Account,
  response: ServerResponse,
  answer: Answer,
  transport: TransportFaultKind | undefined,
): void {
  const body = Buffer.from(answer.body);
  const half = body.subarray(0, Math.floor(body.length / 2));
  const sent = transport === 'truncated-json' ? half : body;
  response.writeHead(answer.status, {
    date: new Date(account.clock.now()).toUTCString(),
    'x-request-id': randomUUID(),
    ...answer.headers,
    'content-length': sent.length,
  });
  if (transport === 'reset-mid-body') response.write(half, () => response.socket?.destroy());
  else response.end(sent);
}

async function handleControl(
  account: Account,
  log: RequestLog,
  { method, path, query }: { method: string; path: string; query: URLSearchParams },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (method === 'GET' && path === '/simulator/truth') {
    const span = readTruthSpan(query);
    if (span !== undefined) return streamTruth(account, span, response);
    const problems = [
      'The truth needs stream (audit_logs or access_logs), from and to (ISO 8601).',
    ];
    return sendAnswer(account, response, answerJson(400, { problems }), undefined);
  }
  return sendAnswer(
    account,
    response,
    answerControl(account, log, { method, path, query, body }),
    undefined,
  );
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= MAX_BODY) chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

function readFaultTarget(route: Route | undefined, query: URLSearchParams): FaultTarget {
  const names = ['page[after]', 'page[before]', 'filter[after]', 'filter[before]'];
  const defaultSize = route?.stack === 'access' ? 1000 : 100;
  return {
    stream: route?.stream,
    hasCursor: names.some((name) => query.has(name)),
    pageSize: Number(query.get('page[size]') ?? defaultSize),
  };
}

function describeAuthorization(header: string | undefined): RequestRecord['authorization'] {
  if (header === undefined) return 'none';
  if (/^bearer /i.test(header)) return 'bearer';
  return /^basic /i.test(header) ? 'basic' : 'other';
}
