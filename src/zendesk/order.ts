/** The answer to an order: a POST that starts something in Zendesk (contract 3). */
import { readErrorBody } from './error-body.ts';
import type { HttpAnswer } from './http.ts';
import type { OrderAnswer } from './interface.ts';
import { readOwnLimit, readPauseMs } from './rate-limit.ts';

/**
 * What became of an order. An answer 429 of its own limit concerns nobody else, so it is a result; one of the account's
 * limit, like every other refusal, is none: undefined.
 */
export function readOrderAnswer(
  answer: HttpAnswer,
  limit: string,
  localNowMs: number,
): { result: OrderAnswer } | undefined {
  const { status, headers, body } = answer;
  const own = readOwnLimit(headers, limit);
  if (status >= 200 && status < 300) {
    const nextInMs = own === undefined || own.remaining > 0 ? undefined : own.waitMs;
    return { result: { accepted: true, nextInMs } };
  }
  if (status !== 429) return undefined;
  const isOwn =
    own === undefined ? / export /i.test(readErrorBody(body).words ?? '') : own.remaining === 0;
  if (!isOwn) return undefined;
  return { result: { accepted: false, nextInMs: own?.waitMs ?? readPauseMs(headers, localNowMs) } };
}
