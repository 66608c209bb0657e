/** What is personal in the table of a log: the one place that says what an erasure takes, and what may go early. */

/** The personal columns of a log. */
export type PersonalColumns = {
  /** The columns that hold personal data: of who acted. `erase person` takes all of them from that person's rows. */
  readonly personal: readonly string[];
  /** Conditions on a row `t` that it concerns the person, or the ticket, with the id `$id`, a text. Default: unknown. */
  readonly concerns?: { readonly person: string; readonly ticket: string };
  /**
   * The condition on a row `t` that it is about the person `$id`, whoever acted, and those of the personal columns that then
   * tell of that person. Left out where no record names another person.
   */
  readonly subject?: { readonly isAbout: string; readonly columns: readonly string[] };
  /** The condition on a former row `t` and the row `now` that Zendesk has erased meanwhile what was personal. Default: unknown. */
  readonly erasedAtSource?: string;
  /** What of the personal columns may go before the record does; nothing by default. */
  readonly removable?: readonly ColumnGroup[];
};

/** Columns that may go before the record does, under a name of their own (RETENTION). */
export type ColumnGroup = {
  readonly name: string;
  /** What becomes of each column: an expression of SQL. */
  readonly columns: Readonly<Record<string, string>>;
  /** Columns of the derived rows that become null. */
  readonly derived: readonly string[];
};
