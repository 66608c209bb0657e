/** Finds the text of each setting: in the environment, in its file, or its default. */
import { settings, type SettingName } from './settings.ts';

/** Environment variables; an empty one counts as unset, as compose files pass empty values. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The text of each setting that has one. */
export type SettingTexts = Partial<Record<SettingName, string>>;

const byName = new Map(settings.map((setting) => [setting.name, setting]));
const longestShown = 80;

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

function isSecret(name: SettingName): boolean {
  return byName.get(name)?.secret === true;
}

/** True when somebody set NAME or, for a secret, NAME_FILE; be it to something unusable. */
export function isGiven(environment: Environment, name: SettingName): boolean {
  return isSet(environment[name]) || (isSecret(name) && isSet(environment[`${name}_FILE`]));
}

/**
 * Collects the texts of the settings of one concern. `readFile` reads a NAME_FILE and throws when it cannot; one line
 * break at the end of a file is dropped. What cannot be read is reported as a sentence to `report` and left out.
 */
export function collectTexts(
  environment: Environment,
  names: readonly SettingName[],
  readFile: (path: string) => string,
  report: (problem: string) => void,
): SettingTexts {
  const texts: SettingTexts = {};
  for (const name of names) {
    const text = findText(environment, name, readFile, report);
    if (text !== undefined) texts[name] = text;
  }
  return texts;
}

function findText(
  environment: Environment,
  name: SettingName,
  readFile: (path: string) => string,
  report: (problem: string) => void,
): string | undefined {
  const direct = environment[name];
  const path = isSecret(name) ? environment[`${name}_FILE`] : undefined;
  if (!isSet(path)) return isSet(direct) ? direct : byName.get(name)?.defaultValue;
  if (isSet(direct)) {
    report(`${name} and ${name}_FILE are both set; expected one of them; remove one.`);
    return undefined;
  }
  const found = `${name}_FILE is ${JSON.stringify(path)}`;
  const content = readNamedFile(found, path, 'a text file', readFile, report)?.replace(
    /\r?\n$/,
    '',
  );
  if (content !== '') return content;
  report(`${found}, which is empty; expected a text file that holds the value; write it there.`);
  return undefined;
}

/** The content of a file that a setting names; undefined after it was reported that it cannot be read. */
export function readNamedFile(
  found: string,
  path: string,
  expected: string,
  readFile: (path: string) => string,
  report: (problem: string) => void,
): string | undefined {
  try {
    return readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    report(
      `${found}, which cannot be read${code}; expected ${expected}; check the path and its permissions.`,
    );
    return undefined;
  }
}

/** People paste addresses with credentials in them. */
const addresses = new Set<SettingName>(['ZENDESK_BASE_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT']);

/** What was found, to be shown in a problem: the text, or only its length where it is or may hold a secret. */
export function describeText(name: SettingName, text: string | undefined): string {
  if (text === undefined) return 'not set';
  const mayHoldSecret = addresses.has(name) && /[@?#]/.test(text);
  if (isSecret(name) || mayHoldSecret)
    return `set to ${text.length} characters that are not shown here`;
  return JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}
