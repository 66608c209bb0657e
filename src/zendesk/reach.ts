/** Whether Zendesk can be reached at all, as the requests to one account have found. */
import type { Failure } from './answer.ts';
import { isUnreachable } from './retry.ts';

/** What is known of the way to Zendesk. */
export type Reach = {
  /** Whether the request before has used up all its attempts without a connection. */
  isCutOff(): boolean;
  /** An answer came: the way is open. */
  noteAnswer(): void;
  /** A request has finally failed. */
  noteFailure(failure: Failure): void;
};

/** Begins with an open way. */
export function createReach(): Reach {
  let isCutOff = false;
  return {
    isCutOff: () => isCutOff,
    noteAnswer() {
      isCutOff = false;
    },
    noteFailure(failure) {
      isCutOff = isUnreachable(failure);
    },
  };
}
