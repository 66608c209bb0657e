/** Turns the failure that ends a request into the error that leaves this folder. */
import { KnownError } from '../errors.ts';
import type { ErrorBody } from './error-body.ts';
import type { Failure } from './failure.ts';
import type { Refusal } from './refusal.ts';
import { isUntrusted, type Decision, type Tries, type Verdict } from './retry.ts';
import type { Secrets } from './secrets.ts';

/** Who asked, for the sentence. */
export type Asker = {
  account: string;
  /** What the request was for: a path. */
  path: string;
  origin: string;
  /** Texts of this request that must not be quoted: its cursor and parameters. */
  privateTexts: readonly string[];
  secrets: Secrets;
  /** What a refusal means that means something special to this asker. */
  explainRefusal(
    answer: { status: number; body: ErrorBody },
    verdict: Verdict,
  ): Refusal | undefined;
};

/** The error for a failure that ends a request. */
export function explainFailure(
  failure: Failure,
  verdict: Verdict,
  tries: Tries,
  asker: Asker,
): KnownError {
  if (failure.kind !== 'refusal' || verdict === 'failed') {
    const { code, ...sentence } = explainExhaustion(failure, tries, asker);
    return new KnownError(code, {
      ...sentence,
      status: failure.kind === 'no-answer' ? undefined : failure.status,
      requestId: failure.kind === 'no-answer' ? undefined : failure.requestId,
      cause: failure.kind === 'no-answer' ? failure.cause : undefined,
    });
  }
  const { status, requestId } = failure;
  const body = cleanBody(failure, asker);
  const { code, ...sentence } =
    asker.explainRefusal({ status, body }, verdict) ?? explainRejection(failure, verdict, asker);
  return new KnownError(code, { ...sentence, quote: quoteBody(body, asker), status, requestId });
}

/** A failed attempt in a few words. */
function describeFailure(failure: Failure, asker: Asker): string {
  if (failure.kind === 'no-answer')
    return `no complete answer (${failure.code ?? failure.cause.name})`;
  if (failure.kind === 'broken-answer') return `the answer ${failure.fault}`;
  const said = quoteBody(cleanBody(failure, asker), asker);
  return `status ${failure.status}${said === '' ? '' : ` "${said}"`}`;
}

/** The fields of the log line about a failure after which another attempt follows. */
export function listRetryDetails(
  failure: Failure,
  decision: Exclude<Decision, { action: 'give-up' }>,
  tries: Tries,
  asker: Asker,
): Record<string, unknown> {
  return {
    account: asker.account,
    path: asker.path,
    reason: describeFailure(failure, asker),
    attempt: tries.attempt,
    next: decision.action,
    waitMs: decision.action === 'renew-token' ? 0 : decision.waitMs,
  };
}

function explainExhaustion(failure: Failure, tries: Tries, asker: Asker): Refusal {
  if (failure.kind === 'no-answer' && isUntrusted(failure.code))
    return {
      code: 'certificate_untrusted',
      found: `The certificate of ${asker.origin} is not trusted (${failure.code}), so nothing was sent`,
      wayOut: 'check ZENDESK_BASE_URL, or trust its issuer with NODE_EXTRA_CA_CERTS',
    };
  if (failure.kind === 'refusal' && failure.status === 429)
    return {
      code: 'rate_limited',
      found: `Zendesk answered 429 to ${asker.path} ${tries.pauses} times in a row, each time after the pause it had asked for`,
    };
  const attempts = `${tries.attempt} ${tries.attempt === 1 ? 'attempt' : 'attempts'}`;
  return {
    code: 'no_usable_answer',
    found: `No usable answer from Zendesk to ${asker.path} after ${attempts}; the last one: ${describeFailure(failure, asker)}`,
  };
}

function explainRejection(
  failure: Extract<Failure, { kind: 'refusal' }>,
  verdict: Verdict,
  asker: Asker,
): Refusal {
  if (failure.status < 400)
    return {
      code: 'redirected',
      found: `${asker.origin} answered ${asker.path} with a redirect to ${failure.redirectedTo ?? 'an unreadable address'} (${failure.status}), which is not followed, because the credentials go to the configured origin only`,
      wayOut: 'check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL',
    };
  return verdict === 'cursor-refused'
    ? {
        code: 'cursor_refused',
        found: `Zendesk does not accept the cursor for ${asker.path} (${failure.status}), so the span has to be read again from its start`,
      }
    : {
        code: 'request_rejected',
        found: `Zendesk rejected the request for ${asker.path} (${failure.status}), and repeating it cannot help`,
      };
}

/** The body with texts that may be shown. */
function cleanBody(failure: Extract<Failure, { kind: 'refusal' }>, asker: Asker): ErrorBody {
  const { shape, code, words } = failure.body;
  const clean = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : asker.secrets.quote(text, asker.privateTexts);
  return { shape, code: clean(code), words: clean(words) };
}

function quoteBody({ code, words }: ErrorBody, asker: Asker): string {
  const said = [code, words].filter((part) => part !== undefined && part !== '').join(': ');
  return asker.secrets.quote(said);
}
