/** What is known of a setting. */

/** One environment variable this program reads. */
export type Setting = {
  readonly name: string;
  /** The default as one would write it; absent if there is no such text. */
  readonly defaultValue: string | undefined;
  /** What the table says about the default: the value itself, or a few words. */
  readonly defaultText: string;
  readonly meaning: string;
  /** True when the value is secret: never shown, and accepted from a file as NAME_FILE. */
  readonly secret: boolean;
};

/** A setting with a default. */
export function plain<Name extends string>(name: Name, defaultValue: string, meaning: string) {
  const defaultText = `\`${defaultValue}\``;
  return { name, defaultValue, defaultText, meaning, secret: false } as const;
}

/** A setting without one; `defaultText` says what holds then. */
export function optional<Name extends string>(name: Name, defaultText: string, meaning: string) {
  return { name, defaultValue: undefined, defaultText, meaning, secret: false } as const;
}

/** A secret one, which is also accepted from a file. */
export function secret<Name extends string>(name: Name, defaultText: string, meaning: string) {
  return { name, defaultValue: undefined, defaultText, meaning, secret: true } as const;
}
