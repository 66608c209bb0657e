/** One answer to its JSON, or to the failure that it is. */
import { parseJson } from './body.ts';
import { readErrorBody } from './error-body.ts';
import { AttemptError, type Failure } from './failure.ts';
import type { HttpAnswer } from './http.ts';
import { readPauseMs, readRetryAfterMs } from './rate-limit.ts';

/** What is known about the request that was answered. */
export type Asked = { cursorSent: boolean; origin: string; localNow: () => number };

/**
 * The parsed JSON of a 200 or 201.
 * @throws {AttemptError} for every other answer, and for one that is not complete JSON
 */
export function readAnswer(answer: HttpAnswer, asked: Asked): unknown {
  const { status, requestId } = answer;
  if (status >= 300) throw new AttemptError(readRefusal(answer, asked));
  if (status !== 200 && status !== 201)
    throw new AttemptError({
      kind: 'broken-answer',
      status,
      requestId,
      fault: `has the status ${status} instead of 200`,
    });
  try {
    return parseJson(answer.body);
  } catch {
    // The parser's own error quotes the body, so nothing of it goes on.
    const fault = 'is not complete JSON';
    throw new AttemptError({ kind: 'broken-answer', status, requestId, fault });
  }
}

function readRefusal(answer: HttpAnswer, asked: Asked): Failure {
  const { status, headers, requestId } = answer;
  const now = asked.localNow();
  const { location } = headers;
  return {
    kind: 'refusal',
    status,
    requestId,
    body: readErrorBody(answer.body),
    cursorSent: asked.cursorSent,
    pauseMs: readPauseMs(headers, now),
    retryAfterMs: readRetryAfterMs(headers, now),
    redirectedTo:
      location !== undefined && URL.canParse(location, asked.origin)
        ? new URL(location, asked.origin).origin
        : undefined,
  };
}
