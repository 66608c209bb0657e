import {
  answerHtml,
  answerJson,
  answerPlain,
  NO_ENDPOINT,
  NO_HELP_DESK,
  NO_PLAN,
  NO_RECORD,
  NOT_ADMIN,
  refuseScope,
  SUSPENDED,
  withHeaders,
  type SimulatedAnswer,
  type Service,
} from '../http/answers.ts';
import { writeReset, type ResetForm } from '../http/limits.ts';

/** The options of faults that replace the answer. */
export type AnswerFaultDetails = {
  /**
   * `429-*`: the wait in the answer, seconds; default 1. `503-*`: sends `Retry-After` when given. `wrong-date`: how far the
   * header `Date` is ahead. `cached`: how old a cache says that the answer is, in `Date` and `Age`.
   */
  readonly seconds?: number;
  /** `redirect`: the other origin, such as `http://127.0.0.1:8080`. */
  readonly location?: string;
};

type Struck = AnswerFaultDetails & {
  readonly service: Service;
  /** The simulator's clock, ms. */
  readonly now: number;
  /** Path and query. */
  readonly target: string;
};

const LOGIN_PAGE =
  '<!DOCTYPE html>\n<html lang="en"><head><title>Acme : Sign in</title></head><body><form action="/access/login"></form></body></html>\n';
const CRASH_PAGE =
  "<!DOCTYPE html>\n<html><head><title>Something went wrong</title></head><body><h1>We're sorry, but something went wrong.</h1></body></html>\n";
const MAINTENANCE_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Zendesk | Unavailable</title></head><body><h1>We are down for maintenance</h1></body></html>\n';
const BAD_GATEWAY_PAGE =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n' +
  "<hr><center>nginx</center>\r\n<script>(function(){window['__CF$cv$params']={r:'8f1',t:'MTc='};})();</script>\r\n</body>\r\n</html>\r\n";

const BLOCKED_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Access denied</title></head><body><h1>Blocked by the web filter</h1></body></html>\n';

/** An answer of something between client and Zendesk: in its own words, whatever the status. */
function blockBy(status: number): () => SimulatedAnswer {
  return () => answerHtml(status, BLOCKED_PAGE);
}

/** An answer in Zendesk's own form. */
function sayBy(status: number, error: string): () => SimulatedAnswer {
  return () => answerJson(status, { error, description: 'Failed to process request' });
}

function retryAfter(answer: SimulatedAnswer, seconds: number | undefined): SimulatedAnswer {
  return seconds === undefined ? answer : withHeaders(answer, { 'retry-after': String(seconds) });
}

function limitByReset({ service, now, seconds = 1 }: Struck, form: ResetForm): SimulatedAnswer {
  return withHeaders(service.tooMany, writeReset(form, now, seconds * 1000));
}

/** The faults that replace the answer; undefined: the connection is reset without an answer. */
export const ANSWER_FAULTS = {
  '429-retry-after': ({ service, seconds = 1 }) => retryAfter(service.tooMany, seconds),
  '429-reset-seconds': (struck) => limitByReset(struck, 'seconds'),
  '429-reset-date': (struck) => limitByReset(struck, 'date'),
  '429-reset-epoch': (struck) => limitByReset(struck, 'epoch'),
  '429-bare': ({ service }) => service.tooMany,
  '500-json': ({ service }) => service.broken,
  '500-html': () => answerHtml(500, CRASH_PAGE),
  '502-html': () => answerHtml(502, BAD_GATEWAY_PAGE),
  '503-html': ({ seconds }) => retryAfter(answerHtml(503, MAINTENANCE_PAGE), seconds),
  '503-json': ({ seconds }) =>
    retryAfter(answerJson(503, { error: 'ServiceUnavailable' }), seconds),
  '504-text': () => answerPlain(504, 'upstream request timeout'),
  'connection-reset': () => undefined,
  'html-200': () => answerHtml(200, LOGIN_PAGE),
  'empty-200': () => answerPlain(200, ''),
  'refuse-cursor': ({ service }) => service.refuseCursor('after'),
  'lost-cursor': () => NO_RECORD,
  'token-expired': ({ service }) => service.deadToken,
  'login-revoked': ({ service }) => service.deadToken,
  '401': ({ service }) => service.unauthenticated,
  '401-html': blockBy(401),
  '403-html': blockBy(403),
  '403-text': () => answerPlain(403, 'Forbidden'),
  '404-html': blockBy(404),
  '407-html': blockBy(407),
  '402': sayBy(402, 'PaymentRequired'),
  '408': sayBy(408, 'RequestTimeout'),
  '409': sayBy(409, 'Conflict'),
  '423': sayBy(423, 'Locked'),
  '425': sayBy(425, 'TooEarly'),
  '499': sayBy(499, 'ClientClosedRequest'),
  '403-plan': () => NO_PLAN,
  '403-scope': () => refuseScope('read'),
  '403-role': () => NOT_ADMIN,
  '404-endpoint': () => NO_ENDPOINT,
  '404-no-help-desk': () => NO_HELP_DESK,
  '403-suspended': () => SUSPENDED,
  redirect: ({ location, target }) => ({
    status: 302,
    headers: { location: new URL(target, location).href },
    body: '',
  }),
} satisfies Record<string, (struck: Struck) => SimulatedAnswer | undefined>;
