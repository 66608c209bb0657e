/** The state of the places outside, as in the view `zendesk_sync.anchors`. */
import type { Queryable } from '../../database/client.ts';

/** A place, and when it last received a checkpoint. */
export type AnchorStanding = {
  readonly kind: string;
  readonly place: string;
  /** ISO 8601; null: never. */
  readonly last_success: string | null;
  /** How long ago that was, or how long it has been tried. */
  readonly age_seconds: number;
  /** How many entries the log had then. */
  readonly size: number | null;
  /** How many times it has failed since. */
  readonly failures: number;
  /** Why it fails, in a sentence; null while it does not. */
  readonly error: string | null;
};

/** A place of one of the accounts. */
export type AccountAnchor = AnchorStanding & { readonly account: string };

/** An hourly anchor that has failed three times needs somebody. */
const staleSeconds = 10_800;

/** The state of each place. */
export async function loadAnchors(db: Queryable): Promise<readonly AccountAnchor[]> {
  return db.query<AccountAnchor>(
    `select account, kind, place, zendesk_sync.write_moment(last_success) as last_success,
       age_seconds::float8 as age_seconds, size::float8 as size, failures, error
     from zendesk_sync.anchors
     order by account, kind, place`,
  );
}

/** Whether a place has had no checkpoint for too long. */
export function isStale({ age_seconds: seconds, failures }: AnchorStanding): boolean {
  return seconds > staleSeconds && failures > 0;
}

/** What a place is, in words. */
export function nameAnchor({ kind, place }: Pick<AnchorStanding, 'kind' | 'place'>): string {
  const words = new Map([
    ['program_log', 'the log of the program'],
    ['witness', `the witness ${place}`],
    ['time_stamp', `the time stamp authority ${place}`],
  ]);
  return words.get(kind) ?? place;
}
