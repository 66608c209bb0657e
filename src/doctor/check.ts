/** What one check of `doctor` found. */
import { composeQuote, type KnownError } from '../errors.ts';

/** `skipped`: the check was not possible, because something that it needs is missing. Only a `problem` has to be fixed. */
export type CheckState = 'ok' | 'warning' | 'problem' | 'skipped';

/** The result of a check. No text contains a secret. */
export type Check = {
  /** What was checked: unique within an examination, stable for scripts. */
  readonly name: string;
  readonly state: CheckState;
  /** One or more sentences without a capital letter at the start, or a list of lines. */
  readonly found: string;
  /** What to do about a warning or a problem; lines to copy are separate. Null if there is nothing to do. */
  readonly wayOut: string | null;
};

export function ok(name: string, found: string): Check {
  return { name, state: 'ok', found, wayOut: null };
}

export function warning(name: string, found: string, wayOut: string): Check {
  return { name, state: 'warning', found, wayOut };
}

export function problem(name: string, found: string, wayOut: string): Check {
  return { name, state: 'problem', found, wayOut };
}

/** `reason` says why the check was not possible. */
export function skipped(name: string, reason: string): Check {
  return { name, state: 'skipped', found: reason, wayOut: null };
}

/** A problem from an error; `usualWayOut` is used if the error does not say what to do. */
export function explainProblem(name: string, error: KnownError, usualWayOut: string): Check {
  const { found, wayOut, quote } = error;
  return problem(
    name,
    `${found}.${composeQuote(quote)}`,
    wayOut === undefined ? usualWayOut : `${capitalize(wayOut)}.`,
  );
}

/** A check that ended with an error of Zendesk. */
export function explainRefusal(name: string, error: KnownError): Check {
  const reference = error.requestId === undefined ? '' : ` with the request id ${error.requestId}`;
  return explainProblem(
    name,
    error,
    `Try again in a few minutes. If it persists, contact Zendesk support${reference}.`,
  );
}

/** The text with a capital letter at its start. */
export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
