/** What a verification finds. */

/** One thing that is not as the sealed log says, or cannot be checked. */
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
  readonly id: string | undefined;
  /** All of it in a sentence. */
  readonly sentence: string;
};

/** Kinds of findings. */
type FindingKind =
  | 'manifest_missing'
  | 'manifest_invalid'
  | 'log_rewritten'
  | 'log_truncated'
  | 'checkpoint_invalid'
  | 'clock_set_back'
  | 'row_changed'
  | 'row_missing'
  | 'row_added'
  | 'rows_miscounted'
  | 'revision_missing'
  | 'revision_changed'
  | 'coverage_unfounded';

/** A finding of which only what is known is given. */
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
    id: undefined,
    ...known,
  };
}
