/**
 * The errors of this program. Each means a decision; libraries' own errors are translated at the border of the folder
 * that owns the library, so that no message carries a secret, a query text or a row's content.
 */

/** Bad input by the operator: settings, arguments. Ends the program with status 2; each problem is one sentence. */
export class InputError extends Error {
  override name = 'InputError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * What Zendesk's answer means for the puller (contract sections 0.5, 4.4 and 8):
 * - `unavailable`: plan, add-on, role, scope or switch forbid this stream; other streams go on, look again later
 * - `unauthorized`: the credentials are refused; a person must act
 * - `cursor-refused`: the walk is broken, because the cursor is not valid (any more) or does not advance; restart the span
 * - `rejected`: the request itself is wrong; a retry cannot help
 * - `failed`: no usable answer after all retries (network, 5xx, broken body)
 */
export type ZendeskErrorKind =
  'unavailable' | 'unauthorized' | 'cursor-refused' | 'rejected' | 'failed';

/** An answer of Zendesk (or none) that ends a request for good. `message` is a sentence for the operator. */
export class ZendeskError extends Error {
  override name = 'ZendeskError';
  readonly kind: ZendeskErrorKind;
  /** HTTP status, absent when no answer came. */
  readonly status: number | undefined;
  /** Zendesk's `x-request-id`, for support cases. */
  readonly requestId: string | undefined;

  constructor(
    kind: ZendeskErrorKind,
    message: string,
    details: { status?: number | undefined; requestId?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.requestId = details.requestId;
  }
}

/** A record that cannot be stored: it has no usable id or time. Names the field, never its content. */
export class ShapeError extends Error {
  override name = 'ShapeError';
}

/** Postgres refused or was lost. Carries the SQLSTATE and names of database objects, never parameters or row contents. */
export class DatabaseError extends Error {
  override name = 'DatabaseError';
  /** SQLSTATE, or Node's error code for a lost connection. */
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Another process has taken over this account and stream; nothing of the current page was committed. */
export class LeaseLostError extends Error {
  override name = 'LeaseLostError';
}

/** Whether an error is one of ours, so that its message is a sentence for the operator and holds nothing private. */
export function isOwnError(error: Error): boolean {
  const own = [InputError, ZendeskError, ShapeError, DatabaseError, LeaseLostError];
  return own.some((type) => error instanceof type);
}

/**
 * The sentence for the operator. The messages of our own errors are written for that; any other error is a bug, and its
 * message may hold anything.
 */
export function explainError(error: unknown): string {
  return error instanceof Error && isOwnError(error)
    ? error.message
    : 'A fault of this program ended the work; its log has the details.';
}
