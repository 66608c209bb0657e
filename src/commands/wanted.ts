/** What the arguments of a command name. */

/** What somebody has named: an account, a database, or neither. */
export type Wanted = {
  readonly account?: string | undefined;
  readonly database?: string | undefined;
};
