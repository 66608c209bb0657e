import {
  answerAccessError,
  answerDeadToken,
  answerHtml,
  answerJson,
  answerMissingScope,
  answerNoEndpoint,
  answerNoPlan,
  answerNotAdmin,
  answerPlain,
  answerTooMany,
  answerUnauthenticated,
  refuseAccessQuery,
  refusePagination,
  withHeaders,
  type Answer,
  type Stack,
} from './answers.ts';
import { writeReset } from './limits.ts';
import type { AnswerFaultKind, FaultOf } from './faults.ts';
import type { ResetForm } from './options.ts';

interface FaultedRequest {
  readonly fault: FaultOf<AnswerFaultKind>;
  readonly stack: Stack;
  /** The simulator's clock, ms. */
  readonly now: number;
  /** Path and query. */
  readonly target: string;
}

const LOGIN_PAGE =
  '<!DOCTYPE html>\n<html lang="en"><head><title>Acme : Sign in</title></head><body><form action="/access/login"></form></body></html>\n';
const CRASH_PAGE =
  "<!DOCTYPE html>\n<html><head><title>Something went wrong</title></head><body><h1>We're sorry, but something went wrong.</h1></body></html>\n";
const MAINTENANCE_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Zendesk | Unavailable</title></head><body><h1>We are down for maintenance</h1></body></html>\n';
const BAD_GATEWAY_PAGE =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n' +
  "<hr><center>nginx</center>\r\n<script>(function(){window['__CF$cv$params']={r:'8f1',t:'MTc='};})();</script>\r\n</body>\r\n</html>\r\n";

function waitSeconds({ fault }: FaultedRequest): number {
  return fault.seconds ?? 1;
}

function limitByReset(request: FaultedRequest, form: ResetForm): Answer {
  const headers = writeReset(form, request.now, waitSeconds(request) * 1000);
  return withHeaders(answerTooMany(request.stack), headers);
}

function withMaintenanceWait({ fault }: FaultedRequest, answer: Answer): Answer {
  return fault.seconds === undefined
    ? answer
    : withHeaders(answer, { 'retry-after': String(fault.seconds) });
}

const ANSWERS: Record<AnswerFaultKind, (request: FaultedRequest) => Answer | undefined> = {
  '429-retry-after': (request) =>
    withHeaders(answerTooMany(request.stack), { 'retry-after': String(waitSeconds(request)) }),
  '429-reset-seconds': (request) => limitByReset(request, 'seconds'),
  '429-reset-date': (request) => limitByReset(request, 'date'),
  '429-reset-epoch': (request) => limitByReset(request, 'epoch'),
  '429-bare': ({ stack }) => answerTooMany(stack),
  '500-json': ({ stack }) =>
    stack === 'access'
      ? answerAccessError(500, 'Internal Service Error', 'Failed to process request')
      : answerJson(500, { error: 'InternalServerError', description: 'Failed to process request' }),
  '500-html': () => answerHtml(500, CRASH_PAGE),
  '502-html': () => answerHtml(502, BAD_GATEWAY_PAGE),
  '503-html': (request) => withMaintenanceWait(request, answerHtml(503, MAINTENANCE_PAGE)),
  '503-json': (request) =>
    withMaintenanceWait(request, answerJson(503, { error: 'ServiceUnavailable' })),
  '504-text': () => answerPlain(504, 'upstream request timeout'),
  'connection-reset': () => undefined,
  'html-200': () => answerHtml(200, LOGIN_PAGE),
  'empty-200': () => answerPlain(200, ''),
  'refuse-cursor': ({ stack }) =>
    stack === 'access'
      ? refuseAccessQuery('invalid cursor')
      : refusePagination('page[after] is not valid'),
  'token-expired': ({ stack }) =>
    stack === 'access' ? answerUnauthenticated(stack) : answerDeadToken(),
  '401': ({ stack }) => answerUnauthenticated(stack),
  '403-plan': () => answerNoPlan(),
  '403-scope': () => answerMissingScope('read'),
  '403-role': () => answerNotAdmin(),
  '404-endpoint': () => answerNoEndpoint(),
  redirect: ({ fault, target }) => ({
    status: 302,
    headers: { location: new URL(target, fault.location).href },
    body: '',
  }),
};

/** The answer that a fault puts in place of the good one; undefined: the connection is reset without any. */
export function answerFault(request: FaultedRequest): Answer | undefined {
  return ANSWERS[request.fault.kind](request);
}
