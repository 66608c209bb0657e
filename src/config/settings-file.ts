/** The text of a file of settings, `.env`: NAME=value, a line each, as Node.js reads it. */
import { parseEnv } from 'node:util';
import { refuseInput } from '../errors.ts';

/** New values by the name of the setting; undefined removes one. */
type NewSettings = Readonly<Record<string, string | undefined>>;

/**
 * A file of settings with new values. Other settings, comments and their order do not change.
 *
 * @throws {KnownError} `bad_input` when a value cannot be written in such a file
 */
export function changeSettings(text: string, values: NewSettings): string {
  const kept = text.split(/\r?\n/).filter((line) => !(nameOf(line) in values));
  while (kept.at(-1)?.trim() === '') kept.pop();
  const added = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${quote(name, value)}`],
  );
  return [...kept, ...added, ''].join('\n');
}

function nameOf(line: string): string {
  return /^\s*(?:export\s+)?([\w.-]+)\s*=/.exec(line)?.[1] ?? '';
}

function quote(name: string, value: string): string {
  if (/^[\w./:@-]*$/.test(value)) return value;
  const mark = ["'", '"', '`'].find((each) => !value.includes(each));
  const quoted = mark === undefined ? '' : `${mark}${value}${mark}`;
  if (parseEnv(`${name}=${quoted}`)[name] === value) return quoted;
  throw refuseInput([
    `${name} has quotation marks of all three kinds or a line break, which a settings file cannot hold. Write it into a separate file and set ${name}_FILE to its path.`,
  ]);
}
