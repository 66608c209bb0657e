/** Questions and actions: JSON from the server, or an error with its sentence. */

/** An answer that is not the one that was wanted: `status`, and a message for people. */
export class Refusal extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

/** The address of a question; parameters that are empty are left out. */
export function addressOf(path, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value != null && value !== '');
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `api/${path}${query === '' ? '' : `?${query}`}`;
}

/** Asks a question. Throws a `Refusal`. */
export async function ask(path, parameters, signal) {
  return read(() => fetch(addressOf(path, parameters), { signal }));
}

/** Does something. Throws a `Refusal`. */
export async function act(path, body = {}) {
  return read(() =>
    fetch(addressOf(path), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );
}

async function read(send) {
  let response;
  try {
    response = await send();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refusal(0, 'The service does not answer. Check that it is running.');
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (response.status === 401) dispatchEvent(new Event('login-needed'));
  throw new Refusal(
    response.status,
    answer.reason ?? `The service answered with status ${response.status}.`,
  );
}
