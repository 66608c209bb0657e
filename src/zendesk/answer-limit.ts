/** What is accepted from an answer: a limited number of bytes, and only ids that look like ids. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Secrets } from './secrets.ts';

/** The text of an error is short. */
const largestErrorBytes = 1024 * 1024;

/** The largest size in bytes of an answer with that status. */
export function limitBytes(status: number, largestBytes: number): number {
  return status >= 300 ? Math.min(largestBytes, largestErrorBytes) : largestBytes;
}

/** A size in words: `64 MB`. */
export function describeBytes(bytes: number): string {
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
