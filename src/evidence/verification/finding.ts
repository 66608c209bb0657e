/** What a verification finds. */

/** One difference from the sealed log, or one thing that cannot be checked. */
export type Finding = {
  /** What it is, for programs: names of the catalogue in docs/evidence.md. */
  readonly kind: FindingKind;
  readonly stream: string | undefined;
  /** Place of the manifest in the log. */
  readonly entry: number | undefined;
  /** The fetch that stored the rows. */
  readonly fetch: string | undefined;
  /** Key of the row: time and id. */
  readonly time: string | undefined;
  /** The end of the range that starts at `time`, if the finding is about a range. */
  readonly until: string | undefined;
  readonly id: string | undefined;
  /** The number of rows, if it is not one. */
  readonly rows: number | undefined;
  /** The checkpoint or key in question, if the finding is about one. */
  readonly anchor: string | undefined;
  /** All of it in a sentence. */
  readonly sentence: string;
};

/** Kinds of findings. */
export type FindingKind =
  | 'manifest_missing'
  | 'manifest_invalid'
  | 'log_rewritten'
  | 'log_truncated'
  | 'database_restored'
  | 'checkpoint_invalid'
  | 'key_unfounded'
  | 'published_less'
  | 'clock_set_back'
  | 'key_differs'
  | 'row_changed'
  | 'row_missing'
  | 'row_added'
  | 'rows_miscounted'
  | 'revision_missing'
  | 'revision_changed'
  | 'revision_added'
  | 'quarantine_missing'
  | 'quarantine_changed'
  | 'quarantine_added'
  | 'acknowledgement_missing'
  | 'acknowledgement_changed'
  | 'acknowledgement_added'
  | 'record_missing'
  | 'record_added'
  | 'coverage_unfounded';

/** Makes a finding from the fields that are known. */
export function finding(
  kind: FindingKind,
  sentence: string,
  known: Partial<Omit<Finding, 'kind' | 'sentence'>> = {},
): Finding {
  return {
    kind,
    sentence,
    stream: undefined,
    entry: undefined,
    fetch: undefined,
    time: undefined,
    until: undefined,
    id: undefined,
    rows: undefined,
    anchor: undefined,
    ...known,
  };
}

/** Whether a finding may concern a span, in seconds since 1970. A finding without a time may. */
export function mayBeOf({ time, until }: Finding, span: { from: number; to: number }): boolean {
  const [first, last] = [time, until ?? time].map((text) => Date.parse(text ?? '') / 1000);
  return !((last ?? NaN) < span.from || (first ?? NaN) >= span.to);
}
