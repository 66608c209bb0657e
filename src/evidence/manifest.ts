/**
 * Manifests: what happened to the history, one entry of the sealed log each (docs/evidence.md). They are written in
 * the same transaction as the data, and the sealer adds them to the log.
 */
import { canonicalJson } from './canonical-json.ts';

/** The version of the form of manifests; part of each. */
export const manifestVersion = 1;

/** A span of time in whole seconds since 1970, half-open. */
type ManifestSpan = readonly [from: number, until: number];

/** Rows that are in the table after a write; the root is over them, in the order of their keys. */
export type ManifestRows = {
  readonly count: number;
  readonly root: string;
  /** Keys of the first and the last row: time in microseconds since 1970, and id; absent where there are none. */
  readonly first?: readonly [micros: string, id: string];
  readonly last?: readonly [micros: string, id: string];
};

/** What happened to the written rows. */
export type RowsManifest = {
  readonly rows: ManifestRows;
  /** The number of rows added to each day, UTC. */
  readonly days: Readonly<Record<string, number>>;
  readonly new: number;
  readonly late: number;
  /** How many revisions it made. The sealer adds the root over them. */
  readonly revisions: number;
  /**
   * Second rows of records that it deleted and that say what a revision said before: time in microseconds since 1970, id, the
   * moment of the manifest that they were stored with, and the number of the revision.
   */
  readonly dropped?: readonly (readonly [
    micros: string,
    id: string,
    writtenAt: string,
    revision: number,
  ])[];
};

/** A page of a log that stored or changed rows, or ended its fetch. */
type PageManifest = RowsManifest & {
  readonly kind: 'page';
  readonly fetch: string;
  /** Which page of the fetch it is, from 1. */
  readonly page: number;
  readonly span: ManifestSpan;
  readonly quarantined: number;
  /** The span that it completed, if it is the last page of its fetch. */
  readonly covered?: readonly ManifestSpan[];
};

/** Records that went into quarantine for the first time. */
type QuarantineManifest = {
  readonly kind: 'quarantined';
  readonly fetch?: string;
  readonly span?: ManifestSpan;
  readonly records: { readonly count: number; readonly root: string };
};

/** Records that left the quarantine: for each, when it entered and the hash of its leaf. */
type RetryManifest = Partial<RowsManifest> & {
  readonly kind: 'retry';
  readonly released: readonly (readonly [firstSeen: string, leaf: string])[];
};

/** Rows that were stored before the log of their stream began, as found. */
type AdoptedManifest = Pick<RowsManifest, 'rows' | 'days'> & {
  readonly kind: 'adopted';
  /** They were written before this time. */
  readonly before: string;
  /** Whether these are the last ones. */
  readonly complete?: true;
};

/** A span that no longer counts as covered: why, and how many of its rows were lost. */
export type UncoveredSpan = {
  readonly span: ManifestSpan;
  /** A code of zendesk_sync.coverage_losses, or in_future. */
  readonly reason: string;
  readonly rows: number;
};

type UncoveredManifest = { readonly kind: 'uncovered'; readonly spans: readonly UncoveredSpan[] };

/** Findings that somebody acknowledged: each with the commitment to who did it, and why. */
type AcknowledgedManifest = {
  readonly kind: 'acknowledged';
  readonly acknowledged: readonly (readonly [finding: string, leaf: string])[];
};

/** Kinds of records that nobody may rewrite (`sealed-records.ts`). */
export type RecordKind = 'hold' | 'removed';

/** A commitment to such a record. */
export type RecordManifest = {
  readonly kind: RecordKind;
  /** The hash of the record behind its salt, in base64. */
  readonly record: string;
  /** Of a hold: set or released. */
  readonly act?: string;
  /** Of a removal: rows, person, or the name of a group of columns. */
  readonly what?: string;
  readonly span?: ManifestSpan;
  /** How many rows were dropped or changed. */
  readonly removed?: number;
  /** The number of rows removed from each day: negative. */
  readonly days?: Readonly<Record<string, number>>;
  /** What is left of them. */
  readonly kept?: { readonly count: number; readonly root: string };
  /** Records that left the quarantine, as in `retry`. */
  readonly released?: readonly (readonly [firstSeen: string, leaf: string])[];
};

/** Rows that moved from the table to an object of the archive, or back: each day has fewer rows, or more. */
type ArchiveManifest = {
  readonly kind: 'archived' | 'returned';
  readonly month: string;
  readonly object: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The root over the rows of the object, in the order of their keys. */
  readonly archive: ManifestRows;
  readonly days: Readonly<Record<string, number>>;
};

/** The account came from another database: how many entries the log had there, and the root over them. */
type MovedManifest = {
  readonly kind: 'moved';
  /** Id of the move. */
  readonly move: string;
  readonly from: string;
  readonly to: string;
  readonly size: number;
  /** The newest checkpoint of that time; absent where nothing was sealed. */
  readonly checkpoint?: string;
};

/** The kinds that wait for the sealer; its own notes are made where it writes them. */
export type Manifest =
  | ArchiveManifest
  | MovedManifest
  | PageManifest
  | QuarantineManifest
  | RetryManifest
  | AdoptedManifest
  | UncoveredManifest
  | AcknowledgedManifest
  | RecordManifest;

/** The text under which a manifest waits for the sealer. */
export function renderManifest(manifest: Manifest): string {
  return canonicalJson(JSON.stringify(manifest));
}
