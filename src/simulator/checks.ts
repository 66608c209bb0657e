/** Invalid options or an invalid fault. Each problem is one sentence. */
export class SimulatorError extends Error {
  override name = 'SimulatorError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Says what a value must be; undefined if it is valid. */
type OptionCheck = (value: unknown) => string | undefined;

/** Checks by the name of the option; `burst.at` names a part of one. An option that is null is not checked. */
export type OptionChecks = Readonly<Record<string, OptionCheck>>;

/** A number between the two, both included. */
export function within(low: number, high: number): OptionCheck {
  return (value) =>
    typeof value === 'number' && value >= low && value <= high
      ? undefined
      : `from ${low} to ${high}`;
}

/** A whole number between the two, both included. */
export function whole(low: number, high: number): OptionCheck {
  const isWithin = within(low, high);
  return (value) =>
    Number.isSafeInteger(value) && isWithin(value) === undefined
      ? undefined
      : `a whole number from ${low} to ${high}`;
}

/** One of the names. */
export function oneOf(names: readonly string[]): OptionCheck {
  return (value) =>
    names.some((name) => name === value) ? undefined : `one of ${names.join(', ')}`;
}

/** A `Date` or ISO 8601. */
export const instant: OptionCheck = (value) => {
  const isInstant = value instanceof Date || typeof value === 'string';
  return isInstant && !Number.isNaN(new Date(value).getTime()) ? undefined : 'a Date or ISO 8601';
};

/** One sentence for each invalid option. */
export function findProblems(options: object, checks: OptionChecks): string[] {
  return Object.entries(checks).flatMap(([path, check]) => {
    const value = path.split('.').reduce<unknown>(readPart, options);
    const expected = value === null ? undefined : check(value);
    return expected === undefined ? [] : [`${path} must be ${expected}.`];
  });
}

function readPart(option: unknown, name: string): unknown {
  return typeof option === 'object' && option !== null ? Reflect.get(option, name) : option;
}
