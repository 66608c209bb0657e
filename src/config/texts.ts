/** Finds the text of each setting: in the environment, in its file, or its default. */
import { foreignCodeOf } from '../errors.ts';
import { describeProblem, fileOf, setting, type NamedSetting, type Report } from './problem.ts';
import type { Setting } from './setting.ts';

/** Environment variables; an empty one counts as unset, because compose files pass empty values. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The text of each setting that has one, by its name. */
export type SettingTexts = Readonly<Record<string, string | undefined>>;

const longestShown = 80;

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

/**
 * A text without what other programs leave at its beginning and end: the quotation marks of `NAME="value"` and the carriage
 * return of a file from Windows, both of which `docker --env-file` keeps, one line break, and a byte order mark.
 */
export function tidyText(text: string): string {
  const bare = text.replace(/^\uFEFF/, '').replace(/\r?\n$|\r$/, '');
  return bare.length > 1 && /^(["']).*\1$/s.test(bare) ? bare.slice(1, -1) : bare;
}

/** True if NAME or, for a secret, NAME_FILE is set, even to something unusable. */
export function isGiven(environment: Environment, { name, secret }: Setting): boolean {
  return (
    isSet(readVariable(environment, name)) ||
    (secret && isSet(readVariable(environment, `${name}_FILE`)))
  );
}

function readVariable(environment: Environment, name: string): string | undefined {
  const text = environment[name];
  return text === undefined ? undefined : tidyText(text);
}

/**
 * Collects the texts of a group of settings. `readFile` reads a NAME_FILE and throws if it cannot; one line break at the end
 * and quotation marks around the text are removed. A file that cannot be read is reported, and its setting is left out.
 */
export function collectTexts(
  environment: Environment,
  settings: readonly Setting[],
  readFile: (path: string) => string,
  report: Report,
): SettingTexts {
  return Object.fromEntries(
    settings.flatMap((each) => {
      const text = findText(environment, each, readFile, report);
      return text === undefined ? [] : [[each.name, text]];
    }),
  );
}

function findText(
  environment: Environment,
  { name, secret, defaultValue }: Setting,
  readFile: (path: string) => string,
  report: Report,
): string | undefined {
  const direct = readVariable(environment, name);
  const path = secret ? readVariable(environment, `${name}_FILE`) : undefined;
  if (!isSet(path)) return isSet(direct) ? direct : defaultValue;
  if (isSet(direct)) {
    report(describeProblem`${setting(name)} and ${fileOf(name)} are both set. Remove one of them.`);
    return undefined;
  }
  const content = readNamedFile(fileOf(name), path, 'a text file', readFile, report);
  if (content === undefined) return undefined;
  const text = tidyText(content);
  if (text !== '') return text;
  report(
    describeProblem`${fileOf(name)} is ${JSON.stringify(path)}, which is empty. Write the value into that file.`,
  );
  return undefined;
}

/** The content of a file that a setting names; undefined if it cannot be read, which is then reported. */
export function readNamedFile(
  named: NamedSetting,
  path: string,
  expected: string,
  readFile: (path: string) => string,
  report: Report,
): string | undefined {
  try {
    const text = readFile(path).replace(/^\uFEFF/, '');
    if (!text.includes('\0')) return text;
    report(
      describeProblem`${named} is ${JSON.stringify(path)}, which is not UTF-8 text. Save it as UTF-8, which PowerShell's ">" does not do.`,
    );
    return undefined;
  } catch (error) {
    const code = foreignCodeOf(error);
    report(
      describeProblem`${named} is ${JSON.stringify(path)}, which cannot be read${code === undefined ? '' : ` (${code})`}. Check that it is ${expected}, and its path and permissions.`,
    );
    return undefined;
  }
}

/** People paste addresses with credentials in them. */
const addresses = new Set(['ZENDESK_BASE_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT']);

/** What was found, to show in a problem: the text, or only its length if it is or may contain a secret. */
export function describeText({ name, secret }: Setting, text: string | undefined): string {
  if (text === undefined) return 'not set';
  const mayHoldSecret = addresses.has(name) && /[@?#]/.test(text);
  if (secret || mayHoldSecret) return `set to ${text.length} characters that are not shown here`;
  return JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}
