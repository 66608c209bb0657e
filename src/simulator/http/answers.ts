/** The HTTP answers. */
export type SimulatedAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

function answer(status: number, type: string, body: string): SimulatedAnswer {
  return { status, headers: { 'content-type': type }, body };
}

/** A JSON answer whose body is already text. */
export function answerText(status: number, body: string): SimulatedAnswer {
  return answer(status, 'application/json; charset=utf-8', body);
}

/** A JSON answer. */
export function answerJson(status: number, value: unknown): SimulatedAnswer {
  return answerText(status, JSON.stringify(value));
}

/** A plain text answer. */
export function answerPlain(status: number, body: string): SimulatedAnswer {
  return answer(status, 'text/plain; charset=utf-8', body);
}

/** An HTML answer. */
export function answerHtml(status: number, body: string): SimulatedAnswer {
  return answer(status, 'text/html; charset=UTF-8', body);
}

/** The same answer with more headers. */
export function withHeaders(
  given: SimulatedAnswer,
  headers: Readonly<Record<string, string>>,
): SimulatedAnswer {
  return { ...given, headers: { ...given.headers, ...headers } };
}

/** 400 of the Support stack for an invalid size, cursor or sort (contract 0.5). */
export function refusePagination(description: string): SimulatedAnswer {
  return answerJson(400, { error: 'InvalidPaginationParameter', description });
}

/** An error in the access log's own envelope (contract 4.4). */
function answerAccessError(status: number, title: string, detail: string): SimulatedAnswer {
  return answerJson(status, { errors: [{ title, detail }] });
}

/** 400 of the access log (contract 4.4). */
export function refuseAccessQuery(detail: string): SimulatedAnswer {
  return answerAccessError(400, 'Malformed query params', detail);
}

/** 403 of the access log (contract 4.4). */
export const NOT_ADMIN = answerAccessError(
  403,
  'Authorization failed',
  'You must have administrator privileges',
);

/** 403 for a token without the scope: on the Support stack `error` is a string (contract 0.5). */
export function refuseScope(scope: string): SimulatedAnswer {
  return answerJson(403, {
    error: 'Forbidden',
    description: `You are missing the following required scopes: ${scope}`,
  });
}

/** 403 for a plan or role that does not allow it: `error` is an object (contract 0.5). */
export const NO_PLAN = answerJson(403, {
  error: {
    title: 'Forbidden',
    message:
      'You do not have access to this page. Please contact the account owner of this help desk for further help.',
  },
});

/** 404 for an address without an account (contract 0.7). */
export const NO_HELP_DESK = answerJson(404, {
  error: {
    title: 'No help desk at acme.zendesk.com',
    message: 'There is no help desk configured at this address.',
  },
});

/** 403 for an account that was not paid for; the words are our own (contract 0.7). */
export const SUSPENDED = answerJson(403, {
  error: { title: 'Account suspended', message: 'This account has been suspended.' },
});

/** 404 for a record that does not exist (contract 0.5). */
export const NO_RECORD = answerJson(404, { error: 'RecordNotFound', description: 'Not found' });

/** 404 for an unknown path, or an endpoint that the account does not have (contract 0.5). */
export const NO_ENDPOINT = answerJson(404, { error: 'InvalidEndpoint', description: 'Not found' });

/** A service behind the host with its form of errors; each has its own (contract 0). */
export type Service = {
  /** 400 for a cursor that the service did not create. */
  readonly refuseCursor: (name: 'after' | 'before') => SimulatedAnswer;
  /** 401 for a bad or missing credential. */
  readonly unauthenticated: SimulatedAnswer;
  /** 401 for an access token that expired or was revoked. */
  readonly deadToken: SimulatedAnswer;
  /** 403 for a token without the scope. */
  readonly refuseScope: (scope: string) => SimulatedAnswer;
  /** 429, without any header. */
  readonly tooMany: SimulatedAnswer;
  /** 500. */
  readonly broken: SimulatedAnswer;
};

/** Audit logs, users and tickets (contract 0.2 and 0.5). */
export const SUPPORT: Service = {
  refuseCursor: (name) => refusePagination(`page[${name}] is not valid`),
  unauthenticated: answerJson(401, { error: "Couldn't authenticate you" }),
  deadToken: answerJson(401, {
    error: 'invalid_token',
    error_description:
      'The access token provided is expired, revoked, malformed or invalid for other reasons.',
  }),
  refuseScope,
  tooMany: answerPlain(429, 'Number of allowed API requests per minute exceeded'),
  broken: answerJson(500, {
    error: 'InternalServerError',
    description: 'Failed to process request',
  }),
};

/** The token endpoint (contract 6.1). */
export const OAUTH: Service = {
  ...SUPPORT,
  unauthenticated: answerJson(401, {
    error: 'invalid_client',
    error_description:
      'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.',
  }),
};

const NOT_AUTHENTICATED = answerAccessError(
  401,
  'Authentication failed',
  'Please use valid credentials',
);

/** Access logs (contract 4.4). */
export const ACCESS: Service = {
  refuseCursor: () => refuseAccessQuery('invalid cursor'),
  unauthenticated: NOT_AUTHENTICATED,
  deadToken: NOT_AUTHENTICATED,
  refuseScope: () => NOT_ADMIN,
  tooMany: answerAccessError(
    429,
    'Too many requests',
    'Use RateLimit-Reset header to backoff on retries',
  ),
  broken: answerAccessError(500, 'Internal Service Error', 'Failed to process request'),
};
