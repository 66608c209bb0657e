/** What goes back over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Which service behind the host answers: each has its own envelopes and limits (contract 0). */
export type Stack = 'support' | 'access' | 'oauth';

const JSON_TYPE = 'application/json; charset=utf-8';

/** A JSON answer whose body is already text. */
export function answerText(status: number, body: string): Answer {
  return { status, headers: { 'content-type': JSON_TYPE }, body };
}

/** A JSON answer. */
export function answerJson(status: number, value: unknown): Answer {
  return answerText(status, JSON.stringify(value));
}

/** A plain text answer. */
export function answerPlain(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** An HTML answer. */
export function answerHtml(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=UTF-8' }, body };
}

/** The same answer with more headers. */
export function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** 400 of the Support stack for a bad size, cursor or sort (contract 0.5). */
export function refusePagination(description: string): Answer {
  return answerJson(400, { error: 'InvalidPaginationParameter', description });
}

/** 400 of the Support stack for offset pagination beyond the limit (contract 0.4). */
export function refuseDepth(limit: number): Answer {
  const code = 'InvalidPaginationDepth';
  const detail = `Offset pagination is limited to the first ${limit} records. Use cursor pagination.`;
  return answerJson(400, { errors: [{ code, title: code, detail }] });
}

/** An error in the access log's own envelope (contract 4.4). */
export function answerAccessError(status: number, title: string, detail: string): Answer {
  return answerJson(status, { errors: [{ title, detail }] });
}

/** 400 of the access log (contract 4.4). */
export function refuseAccessQuery(detail: string): Answer {
  return answerAccessError(400, 'Malformed query params', detail);
}

/** 404 for a record that is not there (contract 0.5). */
export function answerNoRecord(): Answer {
  return answerJson(404, { error: 'RecordNotFound', description: 'Not found' });
}

/** 404 for a path that is not there, or an endpoint that is not on this account (contract 0.5). */
export function answerNoEndpoint(): Answer {
  return answerJson(404, { error: 'InvalidEndpoint', description: 'Not found' });
}

/** 401 for a bad or missing credential, in the words of that stack (contract 0.5 and 4.4). */
export function answerUnauthenticated(stack: Stack): Answer {
  if (stack === 'access')
    return answerAccessError(401, 'Authentication failed', 'Please use valid credentials');
  if (stack === 'oauth')
    return answerJson(401, {
      error: 'invalid_client',
      error_description:
        'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.',
    });
  return answerJson(401, { error: "Couldn't authenticate you" });
}

/** 401 for an access token that expired or was revoked (contract 0.5). */
export function answerDeadToken(): Answer {
  return answerJson(401, {
    error: 'invalid_token',
    error_description:
      'The access token provided is expired, revoked, malformed or invalid for other reasons.',
  });
}

/** 403 for a token without the scope: on the Support stack `error` is a string (contract 0.5). */
export function answerMissingScope(scope: string): Answer {
  return answerJson(403, {
    error: 'Forbidden',
    description: `You are missing the following required scopes: ${scope}`,
  });
}

/** 403 of the access log (contract 4.4). */
export function answerNotAdmin(): Answer {
  return answerAccessError(403, 'Authorization failed', 'You must have administrator privileges');
}

/** 403 for a plan or role that does not allow it: `error` is an object (contract 0.5). */
export function answerNoPlan(): Answer {
  return answerJson(403, {
    error: {
      title: 'Forbidden',
      message:
        'You do not have access to this page. Please contact the account owner of this help desk for further help.',
    },
  });
}

/** 429 of a stack, without any header (contract 0.2 and 4.4). */
export function answerTooMany(stack: Stack): Answer {
  if (stack === 'access')
    return answerAccessError(
      429,
      'Too many requests',
      'Use RateLimit-Reset header to backoff on retries',
    );
  return answerPlain(429, 'Number of allowed API requests per minute exceeded');
}
