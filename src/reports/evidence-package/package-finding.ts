/** What is wrong with a package: where, and what. */

/** One thing that is wrong. */
export type PackageFinding = {
  /** The file in the package; undefined: the archive itself. */
  readonly file: string | undefined;
  /** The row, where it is one. */
  readonly row: string | undefined;
  readonly sentence: string;
};

/** Takes what is found. */
export type Find = (sentence: string, file?: string, row?: string) => void;
