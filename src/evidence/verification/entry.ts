/** Manifests as they stand in the log, read for a verification: whatever somebody may have put there. Pure. */

/** How many leaves a tree has, and its root. */
type SealedTree = { readonly count: number; readonly root: string };

/** What a verification needs of a manifest; a manifest of something else than a page has nothing of the rest. */
export type SealedEntry = {
  readonly index: number;
  readonly kind: string;
  readonly stream: string;
  /** When it was written: UTC with microseconds. */
  readonly storedAt: string;
  readonly fetch: string | undefined;
  readonly rows: SealedTree | undefined;
  /** Times of the first and the last row, in microseconds since 1970; empty where there are no rows. */
  readonly bounds: readonly [first: string, last: string];
  readonly revisions: SealedTree | undefined;
  readonly days: Readonly<Record<string, number>>;
  readonly covered: readonly (readonly [number, number])[];
  readonly tags: Buffer | undefined;
  /** What was covered when the log was begun, by the name of the log. */
  readonly coverage: Readonly<Record<string, SealedEntry['covered']>>;
};

/** A manifest; undefined for bytes that are none. */
export function readEntry(
  index: number,
  manifest: Buffer,
  tags: Buffer | null,
): SealedEntry | undefined {
  const body = parse(manifest);
  if (body === undefined || typeof body['kind'] !== 'string') return undefined;
  return {
    index,
    kind: body['kind'],
    stream: textOf(body['stream']),
    storedAt: textOf(body['stored_at']),
    fetch: typeof body['fetch'] === 'string' ? body['fetch'] : undefined,
    rows: treeOf(body['rows']),
    bounds: boundsOf(body['rows']),
    revisions: treeOf(body['revisions']),
    days: (body['days'] ?? {}) as SealedEntry['days'],
    covered: (body['covered'] ?? []) as SealedEntry['covered'],
    tags: tags ?? undefined,
    coverage: (body['coverage'] ?? {}) as SealedEntry['coverage'],
  };
}

function parse(manifest: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const body: unknown = JSON.parse(manifest.toString());
    return typeof body === 'object' && body !== null
      ? (body as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function boundsOf(rows: unknown): SealedEntry['bounds'] {
  const { first, last } = (rows ?? {}) as { first?: readonly unknown[]; last?: readonly unknown[] };
  return [textOf(first?.[0]), textOf(last?.[0])];
}

function treeOf(value: unknown): SealedTree | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { count, root } = value as { count?: unknown; root?: unknown };
  return typeof count === 'number' && typeof root === 'string' ? { count, root } : undefined;
}
