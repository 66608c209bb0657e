/** Who asked for something that Zendesk refused, and what the refusal means. */
import type { ErrorCode, ErrorFacts } from '../errors.ts';
import type { ErrorBody } from './answer.ts';
import type { Secrets } from './secrets.ts';

/** Who asked, for the message. */
export type Asker = {
  /** What the request was for: a path. */
  readonly path: string;
  readonly origin: string;
  /** Texts of this request that must not be quoted: its cursor and parameters. */
  readonly privateTexts: readonly string[];
  readonly secrets: Secrets;
  /** What a 4xx means if it has a special meaning for this caller. */
  readonly explainRefusal: (status: number, body: ErrorBody) => Refusal | undefined;
};

/** The code of a refusal, and its message without Zendesk's own words. */
export type Refusal = Pick<ErrorFacts, 'subject' | 'found' | 'wayOut'> & {
  readonly code: ErrorCode;
};
