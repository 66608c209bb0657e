/** What one check of `doctor` found. */
import { composeQuote, type KnownError } from '../errors.ts';

/** `skipped`: it could not be made, because something it rests on is missing. Only a `problem` has to be fixed. */
export type CheckState = 'ok' | 'warning' | 'problem' | 'skipped';

/** The result of a check. No text holds a secret. */
export type Check = {
  /** What was looked at: unique within an examination, stable for scripts. */
  readonly name: string;
  readonly state: CheckState;
  /** One or more sentences without a capital letter at the start, or a list of lines. */
  readonly found: string;
  /** What to do about a warning or a problem; lines that are to be copied stand alone. Null where nothing is to be done. */
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

/** `reason` says why the check could not be made. */
export function skipped(name: string, reason: string): Check {
  return { name, state: 'skipped', found: reason, wayOut: null };
}

/** A problem that an error tells; `usualWayOut` where the error knows none. */
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
