/** What can go wrong with one attempt, before anybody has decided what that means. */
import type { ErrorBody } from './error-body.ts';

/** One attempt that brought no usable answer. */
export type Failure =
  | {
      /** No answer, or one that broke off: connection, name, certificate, time limit. */
      kind: 'no-answer';
      /** Node's error code. */
      code: string | undefined;
      cause: Error;
    }
  | {
      /** A 2xx that is not what was asked for: HTML, cut JSON, a wrong envelope. Never an empty page. */
      kind: 'broken-answer';
      status: number;
      requestId: string | undefined;
      /** The end of a sentence that starts with "the answer". */
      fault: string;
    }
  | {
      kind: 'refusal';
      status: number;
      requestId: string | undefined;
      body: ErrorBody;
      cursorSent: boolean;
      /** For 429: how long to pause. */
      pauseMs: number;
      /** The `retry-after` header alone; 503 may carry it. */
      retryAfterMs: number | undefined;
      /** For a redirect: the origin it points to. */
      redirectedTo: string | undefined;
    };

/** Carries a failure out of an attempt to the one place that decides about it. Never leaves this folder. */
export class AttemptError extends Error {
  override name = 'AttemptError';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}
