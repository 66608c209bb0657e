/**
 * The errors of this program: a code with facts. The code decides what follows from an error; its sentence is only for
 * people. Libraries' own errors are translated at the border of the folder that owns the library, so that no error contains
 * a secret, a query text or a row's content.
 */
import { errorCatalogue, type Effect, type ErrorSource } from './error-catalogue.ts';

/** The code of an error that this program knows. */
export type ErrorCode = keyof typeof errorCatalogue;

/** The facts about an error besides its code. */
export type ErrorFacts = {
  /**
   * The start of the sentence if it is alone: "The audit log is". A page with a heading leaves it out.
   */
  readonly subject?: string | undefined;
  /** What is wrong: a clause or more, without a full stop. */
  readonly found: string;
  /** What to do: a clause after "; ", or a sentence with a capital letter; without a full stop. */
  readonly wayOut?: string | undefined;
  /** Zendesk's own words, without secrets and query texts. */
  readonly quote?: string | undefined;
  /** HTTP status; absent if there was no answer. */
  readonly status?: number | undefined;
  /** Zendesk's `x-request-id`, for support cases. */
  readonly requestId?: string | undefined;
  /** The SQLSTATE of Postgres. */
  readonly sqlState?: string | undefined;
  /** The constraint of a table that a row violates. */
  readonly constraint?: string | undefined;
  /** Node's code of an error of the system: ECONNREFUSED, ENOSPC. */
  readonly systemCode?: string | undefined;
  /** A translated error: it contains nothing private. */
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
  readonly constraint: string | undefined;
  readonly systemCode: string | undefined;
  /** One sentence each: several if several things are wrong in the input. */
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
    this.constraint = known.constraint;
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

/** Zendesk's words after a sentence; nothing if there are none. */
export function composeQuote(quote: string | undefined): string {
  return quote === undefined || quote === '' ? '' : ` Zendesk said: "${quote}".`;
}

function joinClause(clause: string): string {
  return `${/^\p{Lu}\p{Ll}/u.test(clause) ? '. ' : '; '}${clause}`;
}

/** The sentence of a known error. Any other error is a fault of this program, and its message may contain anything. */
export function explainError(error: unknown): string {
  return error instanceof KnownError
    ? error.message
    : 'A bug in this program ended the work. Its log has the details.';
}

/** The code of an error; `program_fault` for an unknown one. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof KnownError ? error.code : 'program_fault';
}

/** The `code` of an error of Node or a library: ENOENT, a SQLSTATE; undefined if it has none. */
export function foreignCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** Whether an error has one of the codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is KnownError {
  return error instanceof KnownError && codes.includes(error.code);
}

/** Whether an error is known and has that source. */
export function isFrom(error: unknown, source: ErrorSource): error is KnownError {
  return error instanceof KnownError && errorCatalogue[error.code].source === source;
}

/** Whether Zendesk refuses the stream: it pauses, and the others continue. */
export function makesUnavailable(code: ErrorCode): boolean {
  return effectOf(code) === 'stream_unavailable';
}

/** Whether the credentials are refused: a person must act, and no other request will succeed. */
export function refusesLogin(code: ErrorCode): boolean {
  return effectOf(code) === 'login_refused';
}

/** Whether the walk through the pages is broken, so that its span is read again from its start. */
export function breaksWalk(code: ErrorCode): boolean {
  return effectOf(code) === 'span_restarted';
}

/** Whether the content of one span causes the error, so that the others can still be read. */
export function concernsSpan(code: ErrorCode): boolean {
  return ['span_restarted', 'span_dropped', 'span_postponed'].includes(effectOf(code));
}

/** Whether a fetch that ended with the error may continue at its cursor. */
export function isResumable(code: ErrorCode): boolean {
  return !['span_restarted', 'span_dropped'].includes(effectOf(code));
}

/** What to do in general about errors of a code, if the error itself does not say it. */
export function adviseOn(code: ErrorCode): string {
  return errorCatalogue[code].wayOut.replaceAll('`', '');
}

/** Whether the process's memory of the database is no longer valid, so that the work is planned again. */
export function isRepeated(code: ErrorCode | undefined): boolean {
  return code !== undefined && effectOf(code) === 'run_repeated';
}

/** The exit status of a command that ended with the error: 0, 1 or 2. */
export function exitStatusOf(code: ErrorCode): number {
  const effect = effectOf(code);
  return effect === 'input_refused' ? 2 : effect === 'nothing_wrong' ? 0 : 1;
}

function effectOf(code: ErrorCode): Effect {
  return errorCatalogue[code].effect;
}
