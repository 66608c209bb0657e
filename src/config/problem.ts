/**
 * What is wrong with settings, as facts. The sentence is built where it is shown, because a setting has one name in the
 * environment and another in `ACCOUNTS_FILE`.
 */

/** A setting named in a problem, by its variable; `isFile` for its form NAME_FILE. */
export type NamedSetting = { readonly setting: string; readonly isFile: boolean };

/** One problem: the parts of its sentence in order, and the settings that it concerns without naming them. */
export type Problem = {
  readonly parts: readonly (string | NamedSetting)[];
  readonly about?: readonly string[];
};

/** Receives a problem. */
export type Report = (problem: Problem) => void;

/** A setting, for `describeProblem`. */
export function setting(name: string): NamedSetting {
  return { setting: name, isFile: false };
}

/** The form NAME_FILE of a secret setting, for `describeProblem`. */
export function fileOf(name: string): NamedSetting {
  return { setting: name, isFile: true };
}

/** Makes a problem of a template: text, and settings where they are named. */
export function describeProblem(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | NamedSetting | readonly NamedSetting[])[]
): Problem {
  const parts = texts.flatMap((text, index) => {
    const value = values[index];
    if (value === undefined) return [text];
    return Array.isArray(value)
      ? [text, ...enumerate(value as readonly NamedSetting[])]
      : [text, typeof value === 'number' ? String(value) : (value as string | NamedSetting)];
  });
  return { parts };
}

/** `A`, `A and B`, `A, B and C`. */
function enumerate(names: readonly NamedSetting[]): (string | NamedSetting)[] {
  return names.flatMap((name, index) =>
    index === 0 ? [name] : [index === names.length - 1 ? ' and ' : ', ', name],
  );
}

/** The settings that a problem concerns. */
export function listConcerned({ parts, about = [] }: Problem): readonly string[] {
  return [...about, ...parts.flatMap((part) => (typeof part === 'string' ? [] : [part.setting]))];
}

/** The sentence; without `nameOf` it has the names of environment variables. */
export function renderProblem(
  { parts }: Problem,
  nameOf: (named: NamedSetting) => string = nameVariable,
): string {
  return parts.map((part) => (typeof part === 'string' ? part : nameOf(part))).join('');
}

function nameVariable({ setting: name, isFile }: NamedSetting): string {
  return isFile ? `${name}_FILE` : name;
}
