/** One answer of Zendesk: its JSON, or the failure that it is. */
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

/** An answer as it came. */
export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Unpacked. Empty for an error answer that cannot be decompressed. */
  readonly body: Buffer;
  readonly requestId: string | undefined;
  /** Local clock, epoch milliseconds. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
};

/** A proxy that refuses to connect, that cannot be reached, or that only was on the way. */
type ProxyFault = {
  readonly proxy: Proxy;
  readonly fault: 'refused' | 'unreachable' | 'on-the-way';
  /** What it answered. */
  readonly status?: number;
};

/** What can go wrong with one attempt, before anybody has decided what that means. */
export type Failure =
  | {
      /** No answer, or one that broke off: connection, name, certificate, time limit. */
      readonly kind: 'no-answer';
      /** Node's error code. */
      readonly code: string | undefined;
      readonly cause: Error;
      /** Where a proxy is on the way, and what it has to do with it. */
      readonly proxy?: ProxyFault | undefined;
    }
  | {
      /** A 2xx that is not what was asked for: HTML, cut JSON, a wrong envelope. Never an empty page. */
      readonly kind: 'broken-answer';
      readonly status: number;
      readonly requestId: string | undefined;
      /** The end of a sentence that starts with "the answer". */
      readonly fault: string;
      /** Whether it was cut or is too large, so that a smaller page may come through. */
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
      /** The `retry-after` header alone; 503 may carry it. */
      readonly retryAfterMs: number | undefined;
      /** For a redirect: the origin it points to. */
      readonly redirectedTo: string | undefined;
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

/**
 * The error for an answer that is not what was asked for. `fault` ends a sentence that starts with "the answer"; `wasCut`
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
    // The parser's own error quotes the body, so nothing of it goes on.
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

/** What an error answer says of itself. Text of the server: quote it scrubbed and shortened only. */
export type ErrorBody = {
  /** `object`: plan or role at the Support stack; `string`: a code; `list`: the access log service; `text`, `html`: no JSON. */
  readonly shape: 'object' | 'string' | 'list' | 'text' | 'html' | 'none';
  /** Such as `InvalidEndpoint` or `invalid_scope`. */
  readonly code: string | undefined;
  /** Title, description or the text itself, joined. */
  readonly words: string | undefined;
};

/**
 * Whether an error answer is in one of Zendesk's own forms (contract 0.5, 4.4). A page in HTML, a text or nothing at all
 * may be that of a proxy, a firewall or a maintenance page, and says nothing about rights, credentials or the request.
 */
export function isOwnWord({ shape }: Pick<ErrorBody, 'shape'>): boolean {
  return shape === 'object' || shape === 'string' || shape === 'list';
}

/**
 * Reads the body of an answer that is not 2xx, whatever its content type claims, as errors do not keep to it: five JSON
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

/** What became of an order: work that Zendesk accepts now and delivers later by another way. */
export type OrderAnswer = {
  /** False when the limit of such orders was used up: nothing was started. */
  readonly accepted: boolean;
  /** Until Zendesk accepts the next one; undefined where it does not say. */
  readonly nextInMs: number | undefined;
};

/**
 * What became of an order (contract 3). An answer 429 of its own limit concerns nobody else, so it is a result; one of the
 * account's limit, like every other refusal, is none: undefined.
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

/** Whether a 429 is that of the account rather than of the order alone. */
function isAccountLimit(headers: IncomingHttpHeaders, { words = '' }: ErrorBody): boolean {
  return readLimit(headers).remaining === 0 || /allowed API requests/i.test(words);
}
