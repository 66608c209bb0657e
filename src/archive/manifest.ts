/** The manifest of an object: what it should be, for readers who have the archive and not the database. Pure. */
import { canonicalJson } from '../evidence/canonical-json.ts';
import type { ManifestRows } from '../evidence/manifest.ts';
import type { ArchivedMonth } from './layout.ts';
import type { ObjectFacts } from './object-facts.ts';

/** An object, and what is known of it. */
export type DescribedObject = ArchivedMonth & ObjectFacts & { readonly object: string };

/** The version of the form of manifests. */
const manifestVersion = 1;

/** The manifest as canonical JSON. */
export function renderObjectManifest(described: DescribedObject): string {
  const { account, stream, month, object, bytes, sha256, days, written, groups, filters } =
    described;
  return canonicalJson(
    JSON.stringify({
      v: manifestVersion,
      account,
      stream,
      month: month.slice(0, 7),
      object,
      bytes,
      sha256,
      rows: describeTree(described),
      days,
      written,
      groups,
      filters,
    }),
  );
}

/** The rows of an object as manifests have rows: how many, the root over them, the keys of the first and the last. */
export function describeTree({ rows: count, root, first, last }: ObjectFacts): ManifestRows {
  return { count, root, first, last };
}

/** Reads a manifest that this program has written. */
export function readObjectManifest(text: string): DescribedObject {
  const body = JSON.parse(text) as Omit<DescribedObject, 'rows' | 'root' | 'first' | 'last'> & {
    readonly rows: Pick<ObjectFacts, 'root' | 'first' | 'last'> & { readonly count: number };
  };
  const { rows, month, ...rest } = body;
  const { count, root, first, last } = rows;
  return { ...rest, month: `${month}-01`, rows: count, root, first, last };
}
