/** What is taken of an answer: not more bytes than are sensible, and no id that is none. */
import type { IncomingHttpHeaders } from 'node:http';
import { refuseAnswer, type Answer, type AttemptError } from './answer.ts';
import type { Secrets } from './secrets.ts';

/** What an error says of itself is short. */
const largestErrorBytes = 1024 * 1024;

/** Ends an answer that does not end by itself. */
export type Limit = {
  readonly signal: AbortSignal;
  /** The answer whose body is coming. */
  begun(): Pick<Answer, 'status' | 'requestId'> | undefined;
  begin(response: { readonly statusCode: number; readonly headers: IncomingHttpHeaders }): void;
  check(bytes: number): void;
  /** The most bytes of the answer that has begun. */
  bytes(): number;
  /** The error for an answer that is too large. */
  refuse(): AttemptError;
};

/** The limit of one answer that is to come. */
export function createLimit(largestBytes: number, secrets: Secrets): Limit {
  const controller = new AbortController();
  let begun: ReturnType<Limit['begun']>;
  const bytes = (): number =>
    begun !== undefined && begun.status >= 300
      ? Math.min(largestBytes, largestErrorBytes)
      : largestBytes;
  return {
    signal: controller.signal,
    begun: () => begun,
    begin({ statusCode, headers }) {
      begun = { status: statusCode, requestId: readRequestId(headers, secrets) };
    },
    check(transferred) {
      if (transferred > bytes()) controller.abort();
    },
    bytes,
    refuse() {
      const answer = begun ?? { status: 0, requestId: undefined };
      return refuseAnswer(answer, `is larger than ${describeBytes(bytes())}`, true);
    },
  };
}

function describeBytes(bytes: number): string {
  const megabytes = bytes / (1024 * 1024);
  return megabytes >= 1 ? `${Math.round(megabytes)} MB` : `${bytes} bytes`;
}

/** Groups of hexadecimal digits, such as a UUID, perhaps with a short word before them. */
const requestIdForm = /^(?:[a-z]{1,8}[-_])?[0-9a-f]{1,32}(?:[-.:][0-9a-f]{1,32}){0,6}$/i;

/** The id of a request, if it looks like one: a header may hold anything, even the token that was sent. */
export function readRequestId(headers: IncomingHttpHeaders, secrets: Secrets): string | undefined {
  const id = headers['x-request-id'] ?? headers['x-zendesk-request-id'];
  return typeof id === 'string' && requestIdForm.test(id) && secrets.scrub(id) === id
    ? id
    : undefined;
}
