/** The bodies of answers that are not 2xx: five JSON shapes, plain text, and pages of proxies (contract 0.5, 4.4, 6.1). */
import { parseJson } from './body.ts';
import { isObject } from './paging.ts';

/** What an error answer says of itself. Text of the server: quote it scrubbed and shortened only. */
export type ErrorBody = {
  /** `object`: plan or role at the Support stack; `string`: a code; `list`: the access log service; `text`, `html`: no JSON. */
  shape: 'object' | 'string' | 'list' | 'text' | 'html' | 'none';
  /** Such as `InvalidEndpoint` or `invalid_scope`. */
  code: string | undefined;
  /** Title, description or the text itself, joined. */
  words: string | undefined;
};

/** Reads a body whatever its content type claims, as errors do not keep to it. Never throws. */
export function readErrorBody(body: Buffer): ErrorBody {
  const text = new TextDecoder().decode(body).trim();
  if (text === '') return { shape: 'none', code: undefined, words: undefined };
  if (text.startsWith('<')) {
    const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1];
    return { shape: 'html', code: undefined, words: title };
  }
  return readJson(body) ?? { shape: 'text', code: undefined, words: text };
}

function readJson(body: Buffer): ErrorBody | undefined {
  let json: unknown;
  try {
    json = parseJson(body);
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const { error, errors } = json;
  if (isObject(error))
    return {
      shape: 'object',
      code: textAt(error, 'code'),
      words: joinTexts(textAt(error, 'title'), textAt(error, 'message')),
    };
  if (typeof error === 'string')
    return {
      shape: 'string',
      code: error,
      words: textAt(json, 'description') ?? textAt(json, 'error_description'),
    };
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (isObject(first))
    return {
      shape: 'list',
      code: textAt(first, 'code'),
      words: joinTexts(textAt(first, 'title'), textAt(first, 'detail')),
    };
  return { shape: 'none', code: undefined, words: undefined };
}

function textAt(json: Record<string, unknown>, key: string): string | undefined {
  const value = json[key];
  return typeof value === 'string' ? value : undefined;
}

function joinTexts(...texts: (string | undefined)[]): string | undefined {
  const present = texts.filter((text) => text !== undefined);
  return present.length === 0 ? undefined : present.join(': ');
}
