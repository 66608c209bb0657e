/**
 * The errors of this program: a code with facts. What follows from an error is decided by its code; its sentence is for
 * people and is read by nobody else. Libraries' own errors are translated at the border of the folder that owns the
 * library, so that no error carries a secret, a query text or a row's content.
 */
import { errorCatalogue, type Effect, type ErrorSource } from './error-catalogue.ts';

/** The code of an error that this program knows. */
export type ErrorCode = keyof typeof errorCatalogue;

/** What is known of an error besides its code. */
export type ErrorFacts = {
  /**
   * The start of the sentence where it stands alone: "The audit log is". A page with a heading for it leaves it out.
   */
  readonly subject?: string | undefined;
  /** What is wrong: a clause or more, without a full stop. */
  readonly found: string;
  /** What to do: a clause that goes on after "; ", or a sentence with a capital letter; without a full stop. */
  readonly wayOut?: string | undefined;
  /** Zendesk's own words, without secrets and query texts. */
  readonly quote?: string | undefined;
  /** HTTP status; absent when no answer came. */
  readonly status?: number | undefined;
  /** Zendesk's `x-request-id`, for support cases. */
  readonly requestId?: string | undefined;
  /** The SQLSTATE of Postgres. */
  readonly sqlState?: string | undefined;
  /** Node's code of an error of the system: ECONNREFUSED, ENOSPC. */
  readonly systemCode?: string | undefined;
  /** A translated error: it holds nothing private. */
  readonly cause?: unknown;
};

/** An error of this program. Its message is the sentence for people. */
export class KnownError extends Error {
  override readonly name = 'KnownError';
  readonly code: ErrorCode;
  readonly subject: string | undefined;
  readonly found: string;
  readonly wayOut: string | undefined;
  readonly quote: string | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly sqlState: string | undefined;
  readonly systemCode: string | undefined;
  /** One sentence each: several for input in which several things are wrong. */
  readonly problems: readonly string[];

  constructor(code: ErrorCode, facts: ErrorFacts | readonly string[]) {
    const problems = isList(facts) ? facts : [composeSentence(facts)];
    const known: ErrorFacts = isList(facts) ? { found: facts.join('\n') } : facts;
    super(problems.join('\n'), known.cause === undefined ? {} : { cause: known.cause });
    this.code = code;
    this.problems = problems;
    this.subject = known.subject;
    this.found = known.found;
    this.wayOut = known.wayOut;
    this.quote = known.quote;
    this.status = known.status;
    this.requestId = known.requestId;
    this.sqlState = known.sqlState;
    this.systemCode = known.systemCode;
  }
}

function isList(facts: ErrorFacts | readonly string[]): facts is readonly string[] {
  return Array.isArray(facts);
}

/** The error for bad input by the operator: settings, arguments. Each problem is a sentence. */
export function refuseInput(problems: readonly string[]): KnownError {
  return new KnownError('bad_input', problems);
}

/** The sentence for people: what is wrong, what to do, and what Zendesk said. */
export function composeSentence(
  facts: Pick<ErrorFacts, 'subject' | 'found' | 'wayOut' | 'quote'>,
): string {
  const { subject, found, wayOut, quote } = facts;
  const start = subject === undefined ? found : `${subject} ${found}`;
  return `${start}${wayOut === undefined ? '' : joinClause(wayOut)}.${composeQuote(quote)}`;
}

/** Zendesk's words after a sentence; nothing where there are none. */
export function composeQuote(quote: string | undefined): string {
  return quote === undefined || quote === '' ? '' : ` Zendesk said: "${quote}".`;
}

function joinClause(clause: string): string {
  return `${/^\p{Lu}\p{Ll}/u.test(clause) ? '. ' : '; '}${clause}`;
}

/** The sentence of an error that is known. Any other error is a fault of this program, and its message may hold anything. */
export function explainError(error: unknown): string {
  return error instanceof KnownError
    ? error.message
    : 'A bug in this program ended the work. Its log has the details.';
}

/** The code of an error; `program_fault` for one that is not known. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof KnownError ? error.code : 'program_fault';
}

/** The `code` of an error of Node or of a library: ENOENT, a SQLSTATE; undefined when it has none. */
export function foreignCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** Whether an error has one of the codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is KnownError {
  return error instanceof KnownError && codes.includes(error.code);
}

/** Whether an error is known and comes from there. */
export function isFrom(error: unknown, source: ErrorSource): error is KnownError {
  return error instanceof KnownError && errorCatalogue[error.code].source === source;
}

/** Whether Zendesk refuses the stream: it rests, and the others go on. */
export function makesUnavailable(code: ErrorCode): boolean {
  return effectOf(code) === 'stream_unavailable';
}

/** Whether the credentials are refused: a person must act, and no other request will be answered. */
export function refusesLogin(code: ErrorCode): boolean {
  return effectOf(code) === 'login_refused';
}

/** Whether the walk through the pages is broken, so that its span is read again from its start. */
export function breaksWalk(code: ErrorCode): boolean {
  return effectOf(code) === 'span_restarted';
}

/** Whether the error lies in what one span holds, so that the others may be read all the same. */
export function concernsSpan(code: ErrorCode): boolean {
  return ['span_restarted', 'span_dropped', 'span_postponed'].includes(effectOf(code));
}

/** Whether a fetch that ended with the error may go on at its cursor. */
export function isResumable(code: ErrorCode): boolean {
  return !['span_restarted', 'span_dropped'].includes(effectOf(code));
}

/** What to do in general about errors of a code, for where the error itself does not say. */
export function adviseOn(code: ErrorCode): string {
  return errorCatalogue[code].wayOut.replaceAll('`', '');
}

/** Whether what was remembered of the database is worth nothing, so that the work is planned anew. */
export function isRepeated(code: ErrorCode | undefined): boolean {
  return code !== undefined && effectOf(code) === 'run_repeated';
}

/** The status with which a command ends that ended with the error: 0, 1 or 2. */
export function exitStatusOf(code: ErrorCode): number {
  const effect = effectOf(code);
  return effect === 'input_refused' ? 2 : effect === 'nothing_wrong' ? 0 : 1;
}

function effectOf(code: ErrorCode): Effect {
  return errorCatalogue[code].effect;
}
