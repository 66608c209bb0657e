/** Reads manifests of the log for a verification, whatever somebody may have put there. Pure. */

import type { Takeover } from '../takeover.ts';

/** How many leaves a tree has, and its root. */
type SealedTree = { readonly count: number; readonly root: string };

/** What a verification needs from a manifest. Only manifests of pages have all fields. */
export type SealedEntry = {
  readonly index: number;
  readonly kind: string;
  readonly stream: string;
  /** When it was written: UTC with microseconds. */
  readonly storedAt: string;
  /** When it was noted, for notes of the sealer and for long transactions; otherwise empty. */
  readonly notedAt: string;
  readonly fetch: string | undefined;
  /** The span that was read, in seconds since 1970; empty if nothing was read. */
  readonly span: readonly [from: number, until: number];
  readonly rows: SealedTree | undefined;
  /** Times of the first and the last row, in microseconds since 1970; empty where there are no rows. */
  readonly bounds: readonly [first: string, last: string];
  /** Keys of the first and the last row: times in microseconds since 1970, and ids. */
  readonly edges: readonly [first: readonly [string, string], last: readonly [string, string]];
  /** For found or adopted rows: they were written before this time. */
  readonly before: string | undefined;
  /** Whether everything that was found has been adopted. */
  readonly isComplete: boolean;
  readonly revisions: SealedTree | undefined;
  readonly days: Readonly<Record<string, number>>;
  readonly covered: readonly Pair[];
  readonly tags: Buffer | undefined;
  /** Spans that no longer count as covered. */
  readonly uncovered: readonly (readonly [number, number])[];
  /** Rows that it deleted: time in microseconds since 1970, id, when they were written, and the revision that says the same. */
  readonly dropped: readonly (readonly [string, string, string, number])[];
  /** How many rows are new since. */
  readonly added: number;
  /** For `restore` and `cut`: the entries that were taken back, and which of them still had their rows. */
  readonly takenBack: TakenBack | undefined;
  /** Records that went into quarantine. */
  readonly records: SealedTree | undefined;
  /** Records that left the quarantine: when they entered it, and the hashes of their leaves. */
  readonly released: readonly (readonly [firstSeen: string, leaf: string])[];
  /** Findings that were acknowledged, and the commitments to who did it and why. */
  readonly acknowledged: readonly (readonly [finding: string, leaf: string])[];
  /** The commitment to a record that nobody may rewrite: a hold or a removal. */
  readonly record: string | undefined;
  /** A removal on purpose; its span is the field above. */
  readonly removal: Removal | undefined;
  /** The key that takes over, for an entry of kind `key`. */
  readonly takeover: Takeover | undefined;
  /** The key that the log began with; otherwise empty. */
  readonly firstKey: string;
  /** What was covered when the log began, by stream. */
  readonly coverage: Readonly<Record<string, readonly Pair[]>>;
};

type Removal = {
  /** `rows`, `person`, or the name of a group of columns. */
  readonly what: string;
  readonly rows: number;
  /** What is left of the rows: zendesk_evidence.remnants. */
  readonly kept: SealedTree | undefined;
};

type TakenBack = {
  readonly from: number;
  readonly until: number;
  readonly kept: readonly number[];
  readonly notedAt: string;
};
type Pair = readonly [from: number, until: number];

/** Parses a manifest; undefined if the bytes are not a manifest. */
export function readEntry(
  index: number,
  manifest: Buffer,
  tags: Buffer | null,
): SealedEntry | undefined {
  const body = parse(manifest);
  if (body === undefined || typeof body['kind'] !== 'string') return undefined;
  const edges = edgesOf(body['rows']);
  const storedAt = textOf(body['stored_at']);
  const { before } = body;
  if (![storedAt, before ?? ''].every(isMoment)) return undefined;
  return {
    index,
    kind: body['kind'],
    stream: textOf(body['stream']),
    storedAt,
    notedAt: textOf(body['noted_at']),
    fetch: typeof body['fetch'] === 'string' ? body['fetch'] : undefined,
    span: pairsOf([body['span']])[0] ?? [0, 0],
    rows: treeOf(body['rows']),
    bounds: [edges[0][0], edges[1][0]],
    edges,
    before: typeof before === 'string' ? before : undefined,
    isComplete: body['complete'] === true,
    revisions: treeOf(body['revisions']),
    days: daysOf(body['days']),
    covered: pairsOf(body['covered']),
    tags: tags ?? undefined,
    uncovered: uncoveredOf(body),
    dropped: droppedOf(body['dropped']),
    added: typeof body['new'] === 'number' ? body['new'] : 0,
    takenBack: takenBackOf(body),
    records: treeOf(body['records']),
    released: textPairsOf(body['released']),
    acknowledged: textPairsOf(body['acknowledged']),
    record: typeof body['record'] === 'string' ? body['record'] : undefined,
    removal: removalOf(body),
    takeover: body['kind'] === 'key' ? takeoverOf(body) : undefined,
    firstKey: body['kind'] === 'begun' ? textOf(body['key']) : '',
    coverage: Object.fromEntries(
      entriesOf(body['coverage']).map(([stream, pairs]) => [stream, pairsOf(pairs)]),
    ),
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

/** Whether it is empty or a time in the form that manifests use. */
function isMoment(value: unknown): boolean {
  return value === '' || (typeof value === 'string' && momentForm.test(value));
}

const momentForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function edgesOf(rows: unknown): SealedEntry['edges'] {
  const { first = [], last = [] } = (rows ?? {}) as Readonly<Record<string, readonly unknown[]>>;
  return [
    [digitsOf(first[0]), textOf(first[1])],
    [digitsOf(last[0]), textOf(last[1])],
  ];
}

function digitsOf(value: unknown): string {
  return typeof value === 'string' && /^-?\d{1,17}$/.test(value) ? value : '';
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function daysOf(value: unknown): SealedEntry['days'] {
  return Object.fromEntries(
    entriesOf(value).flatMap(([day, rows]) =>
      typeof rows === 'number' && /^\d{4}-\d\d-\d\d$/.test(day) ? [[day, rows]] : [],
    ),
  );
}

/** The pairs of numbers in a list; everything else is ignored. */
export function pairsOf(value: unknown): readonly Pair[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair: unknown): readonly Pair[] => {
    const [from, until] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    return typeof from === 'number' && typeof until === 'number' ? [[from, until]] : [];
  });
}

function takeoverOf({ from, to, note }: Readonly<Record<string, unknown>>): Takeover {
  return { from: textOf(from), to: textOf(to), note: textOf(note) };
}

function treeOf(value: unknown): SealedTree | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { count, root } = value as { count?: unknown; root?: unknown };
  return typeof count === 'number' && typeof root === 'string' ? { count, root } : undefined;
}

function uncoveredOf({ kind, spans }: Readonly<Record<string, unknown>>): SealedEntry['covered'] {
  if (kind !== 'uncovered' || !Array.isArray(spans)) return [];
  return pairsOf(spans.map((each: { readonly span?: unknown } | null) => each?.span));
}

function removalOf({ kind, what, removed, kept }: Readonly<Record<string, unknown>>) {
  if (kind !== 'removed') return undefined;
  const rows = typeof removed === 'number' ? removed : 0;
  return { what: textOf(what), rows, kept: treeOf(kept) };
}

function droppedOf(value: unknown): SealedEntry['dropped'] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((row: unknown) => {
    const [micros, id, writtenAt, revision] = Array.isArray(row) ? (row as readonly unknown[]) : [];
    return typeof id === 'string' && typeof writtenAt === 'string' && typeof revision === 'number'
      ? [[digitsOf(micros), id, writtenAt, revision] as const]
      : [];
  });
}

function takenBackOf(body: Readonly<Record<string, unknown>>): TakenBack | undefined {
  const { from, until, kept } = body;
  if (typeof from !== 'number' || typeof until !== 'number' || !Array.isArray(kept))
    return undefined;
  return { from, until, kept: kept as readonly number[], notedAt: textOf(body['noted_at']) };
}

function textPairsOf(value: unknown): SealedEntry['released'] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair: unknown) => {
    const [name, leaf] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    return typeof name === 'string' && typeof leaf === 'string' ? [[name, leaf] as const] : [];
  });
}
