/** What one check of `doctor` found. */

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

/** A problem told by a sentence of the form "what is wrong; what to do. Zendesk said: …". */
export function problemOf(name: string, sentence: string, usualWayOut: string): Check {
  const [, told = sentence, quote = ''] = /^(.*?\.)( Zendesk said: .*)$/s.exec(sentence) ?? [];
  const border = told.indexOf('; ');
  return border === -1
    ? problem(name, told + quote, usualWayOut)
    : problem(name, `${told.slice(0, border)}.${quote}`, capitalize(told.slice(border + 2)));
}

/** The text with a capital letter at its start. */
export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
