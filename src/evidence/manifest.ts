/**
 * Manifests: what happened to the history, one entry of the sealed log each (docs/evidence.md). They are written within
 * the transaction of what they tell of, and taken into the log by the sealer.
 */
import { canonicalJson } from './canonical-json.ts';

/** The version of the form of manifests; part of each. */
export const manifestVersion = 1;

/** A span of time in whole seconds since 1970, half-open. */
type ManifestSpan = readonly [from: number, until: number];

/** A page of a log that stored or changed rows, or ended its fetch. */
type PageManifest = {
  readonly kind: 'page';
  readonly fetch: string;
  /** Which page of the fetch it is, from 1. */
  readonly page: number;
  readonly span: ManifestSpan;
  /** The rows that stand in the table since then; the root is over them, in the order of their keys. */
  readonly rows: {
    readonly count: number;
    readonly root: string;
    /** Keys of the first and the last row: time in microseconds since 1970, and id; absent where there are none. */
    readonly first?: readonly [micros: string, id: string];
    readonly last?: readonly [micros: string, id: string];
  };
  /** By how many rows each day, UTC, has more than before. */
  readonly days: Readonly<Record<string, number>>;
  readonly new: number;
  readonly late: number;
  /** How many revisions it made. The sealer adds the root over them. */
  readonly revisions: number;
  readonly quarantined: number;
  /** What it completed, where it is the last page of its fetch. */
  readonly covered?: readonly ManifestSpan[];
};

/** What the sealer itself notes: the log was begun, or goes on with another version of this program. */
type ProgramManifest = {
  readonly kind: 'begun' | 'version';
  readonly version: string;
};

/** Anything else that happened: what it is and its facts. */
type Manifest = PageManifest | ProgramManifest;

/** The text under which a manifest waits for the sealer. */
export function renderManifest(manifest: Manifest): string {
  return canonicalJson(JSON.stringify(manifest));
}
