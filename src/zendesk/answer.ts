/** One answer of Zendesk: its JSON, or a failure. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Proxy } from '../proxy.ts';
import { parseJson } from './body.ts';
import { isObject } from './paging.ts';
import {
  namePauseHeader,
  readLimit,
  readOwnLimit,
  readPauseMs,
  readRetryAfterMs,
} from './rate-limit.ts';

/** An answer as it was received. */
export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Unpacked. Empty for an error answer that cannot be decompressed. */
  readonly body: Buffer;
  /** The same bytes once more: who needs them only perhaps keeps this, and not the body. */
  readonly unpackAgain: () => Buffer;
  readonly requestId: string | undefined;
  /** Local clock, epoch milliseconds. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
};

/** A proxy that refuses to connect, that cannot be reached, or that the request only went through. */
type ProxyFault = {
  readonly proxy: Proxy;
  readonly fault: 'refused' | 'unreachable' | 'on-the-way';
  /** What it answered. */
  readonly status?: number;
};

/** What can go wrong with one attempt, before it is decided what that means. */
export type Failure =
  | {
      /** No answer, or an incomplete one: connection, name, certificate, time limit. */
      readonly kind: 'no-answer';
      /** Node's error code. */
      readonly code: string | undefined;
      readonly cause: Error;
      /** True when the time to make a connection ran out; other errors of connecting have codes of their own. */
      readonly isUnconnected?: boolean;
      /** The proxy that was used, if any, and its part in the failure. */
      readonly proxy?: ProxyFault | undefined;
    }
  | {
      /** A 2xx that is not what was requested: HTML, cut JSON, a wrong envelope. Never an empty page. */
      readonly kind: 'broken-answer';
      readonly status: number;
      readonly requestId: string | undefined;
      /** The end of a sentence that starts with "the answer". */
      readonly fault: string;
      /** Whether it was cut or is too large, so that a smaller page may work. */
      readonly wasCut: boolean;
    }
  | {
      readonly kind: 'refusal';
      readonly status: number;
      readonly requestId: string | undefined;
      readonly body: ErrorBody;
      readonly cursorSent: boolean;
      /** For 429: how long to pause. */
      readonly pauseMs: number;
      /** The header that says so. */
      readonly pauseHeader?: string | undefined;
      /** Only the `retry-after` header; a 503 may have it. */
      readonly retryAfterMs: number | undefined;
      /** For a redirect: the origin it points to. */
      readonly redirectedTo: string | undefined;
    };

/** Carries a failure from an attempt to the one place that decides what to do. Never leaves this folder. */
export class AttemptError extends Error {
  override name = 'AttemptError';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

/**
 * The error for an answer that is not what was requested. `fault` ends a sentence that starts with "the answer"; `wasCut`
 * says that a smaller page may come through.
 */
export function refuseAnswer(
  { status, requestId }: Pick<Answer, 'status' | 'requestId'>,
  fault: string,
  wasCut = false,
): AttemptError {
  return new AttemptError({ kind: 'broken-answer', status, requestId, fault, wasCut });
}

/**
 * The parsed JSON of a 200 or 201.
 * @throws {AttemptError} for every other answer, and for one that is not complete JSON
 */
export function readAnswer(
  answer: Answer,
  asked: { cursorSent: boolean; origin: string; localNow: () => number },
): unknown {
  const { status, headers, requestId } = answer;
  if (status >= 300) {
    const nowMs = asked.localNow();
    throw new AttemptError({
      kind: 'refusal',
      status,
      requestId,
      body: readErrorBody(answer.body),
      cursorSent: asked.cursorSent,
      pauseMs: readPauseMs(headers, nowMs),
      pauseHeader: namePauseHeader(headers, nowMs),
      retryAfterMs: readRetryAfterMs(headers, nowMs),
      redirectedTo: readOrigin(headers.location, asked.origin),
    });
  }
  if (status !== 200 && status !== 201)
    throw refuseAnswer(answer, `has the status ${status} instead of 200`);
  try {
    return parseJson(answer.body);
  } catch {
    // The parser's own error quotes the body, so none of it is passed on.
    throw refuseAnswer(
      answer,
      'is not complete JSON',
      /^\s*\{/.test(answer.body.toString('latin1', 0, 100)),
    );
  }
}

function readOrigin(location: string | undefined, base: string): string | undefined {
  return location !== undefined && URL.canParse(location, base)
    ? new URL(location, base).origin
    : undefined;
}

/** What an error answer says. It is text of the server: quote it only scrubbed and shortened. */
export type ErrorBody = {
  /** `object`: plan or role at the Support stack; `string`: a code; `list`: the access log service; `text`, `html`: no JSON. */
  readonly shape: 'object' | 'string' | 'list' | 'text' | 'html' | 'none';
  /** Such as `InvalidEndpoint` or `invalid_scope`. */
  readonly code: string | undefined;
  /** Title, description or the text itself, joined. */
  readonly words: string | undefined;
};

/**
 * Whether an error answer is in one of Zendesk's own forms (contract 0.5, 4.4). HTML, plain text or an empty body may come
 * from a proxy, a firewall or a maintenance page, and says nothing about permissions, credentials or the request.
 */
export function isOwnWord({ shape }: Pick<ErrorBody, 'shape'>): boolean {
  return shape === 'object' || shape === 'string' || shape === 'list';
}

/**
 * Reads the body of an answer that is not 2xx. It ignores the content type, because that of errors is often wrong: five JSON
 * shapes, plain text, and pages of proxies (contract 0.5, 4.4, 6.1).
 */
export function readErrorBody(body: Buffer): ErrorBody {
  const text = new TextDecoder().decode(body).trim();
  if (text === '') return { shape: 'none', code: undefined, words: undefined };
  if (text.startsWith('<')) {
    const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1];
    return { shape: 'html', code: undefined, words: title };
  }
  return readErrorJson(body) ?? { shape: 'text', code: undefined, words: text };
}

function readErrorJson(body: Buffer): ErrorBody | undefined {
  let json: unknown;
  try {
    json = parseJson(body);
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const { error, errors } = json;
  if (typeof error === 'string')
    return {
      shape: 'string',
      code: error,
      words: textAt(json, 'description') ?? textAt(json, 'error_description'),
    };
  if (isObject(error)) return { shape: 'object', ...readParts(error, 'message') };
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (isObject(first)) return { shape: 'list', ...readParts(first, 'detail') };
  return { shape: 'none', code: undefined, words: undefined };
}

function readParts(error: Record<string, unknown>, key: string): Omit<ErrorBody, 'shape'> {
  const words = [textAt(error, 'title'), textAt(error, key)].filter((text) => text !== undefined);
  return {
    code: textAt(error, 'code'),
    words: words.length === 0 ? undefined : words.join(': '),
  };
}

function textAt(json: Record<string, unknown>, key: string): string | undefined {
  const value = json[key];
  return typeof value === 'string' ? value : undefined;
}

/** The result of an order: work that Zendesk accepts now and delivers later in another way. */
export type OrderAnswer = {
  /** False when the limit of such orders was used up: nothing was started. */
  readonly accepted: boolean;
  /** Until Zendesk accepts the next one; undefined if it does not say. */
  readonly nextInMs: number | undefined;
};

/**
 * The result of an order (contract 3). A 429 of the order's own limit concerns nobody else, so it is a result. A 429 of the
 * account's limit, like every other refusal, is not a result: undefined.
 *
 * @param limit the name of its own limit, as in the header `zendesk-ratelimit-<name>`
 */
export function readOrderAnswer(
  { status, headers, body }: Answer,
  limit: string,
  localNowMs: number,
): OrderAnswer | undefined {
  const own = readOwnLimit(headers, limit);
  if (status >= 200 && status < 300) {
    const nextInMs = own === undefined || own.remaining > 0 ? undefined : own.waitMs;
    return { accepted: true, nextInMs };
  }
  if (status !== 429) return undefined;
  if (own === undefined ? isAccountLimit(headers, readErrorBody(body)) : own.remaining > 0)
    return undefined;
  return { accepted: false, nextInMs: own?.waitMs ?? readPauseMs(headers, localNowMs) };
}

/** Whether a 429 is about the limit of the account, not only about that of the order. */
function isAccountLimit(headers: IncomingHttpHeaders, { words = '' }: ErrorBody): boolean {
  return readLimit(headers).remaining === 0 || /allowed API requests/i.test(words);
}
