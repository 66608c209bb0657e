/** The manifests that wait for the sealer, and what it adds to them. */
import { createHash } from 'node:crypto';
import type { Queryable } from '../database/client.ts';
import type { LogStream } from '../streams/stream.ts';
import { canonicalJson } from './canonical-json.ts';
import { largestEntryBytes } from './forms/bundles.ts';
import { sealRevisions } from './revision-root.ts';
import { inUtc } from './stored-rows.ts';

type Waiting = {
  readonly id: string;
  readonly stream: string;
  readonly stored_at: string;
  /** When it was written, if the transaction took long; otherwise null. */
  readonly noted_at: string | null;
  readonly manifest: string;
  readonly tags: Buffer | null;
};

/** Next to shorter ones, a transaction that takes longer looks as if the clock had been set back. */
const longSeconds = 30;

/** The waiting manifests in the order of writing, up to a number. */
export async function loadWaiting(
  tx: Queryable,
  account: string,
  limit: number | null,
): Promise<readonly Waiting[]> {
  return tx.query<Waiting>(
    `select id::text as id, stream, manifest, tags, ${inUtc('stored_at')} as stored_at,
       case when noted_at > stored_at + interval '${longSeconds} seconds' then ${inUtc('noted_at')} end as noted_at
     from zendesk_evidence.pending where account = $1 order by pending.id limit $2`,
    [account, limit],
  );
}

/** What the sealer alone notes. */
const ownKinds: ReadonlySet<unknown> = new Set([
  'begun',
  'version',
  'key',
  'found',
  'restore',
  'cut',
]);

/** The manifests with what the sealer adds: when they were written, and the roots over revisions. */
export async function describeWaiting(
  tx: Queryable,
  { account, logs }: { readonly account: string; readonly logs: readonly LogStream[] },
  waiting: readonly Waiting[],
): Promise<readonly object[]> {
  const described: object[] = [];
  for (const { stream, stored_at: storedAt, noted_at: notedAt, manifest } of waiting) {
    const body = readWaiting(manifest);
    const log = logs.find(({ name }) => name === stream);
    const revisions =
      (body.revisions ?? 0) === 0 || log === undefined
        ? {}
        : { revisions: await sealRevisions(tx, { account, stream, table: log.table }, storedAt) };
    described.push({
      ...body,
      ...(stream !== '' && { stream }),
      stored_at: storedAt,
      noted_at: notedAt ?? undefined,
      ...revisions,
    });
  }
  return described;
}

type WaitingBody = {
  readonly kind: string;
  readonly revisions?: number;
  /** For bytes that are not a manifest: SHA-256 in base64. */
  readonly hash?: string;
};

/** Leaves room for what the sealer adds. */
const largestWaitingBytes = largestEntryBytes - 1000;

/**
 * A manifest in the form that may be sealed. A login that may write to the queue must not speak for the sealer, nor stop it
 * with bytes that are not a manifest: the log gets their hash.
 */
export function readWaiting(manifest: string): WaitingBody {
  const body = parseBody(manifest);
  if (body === undefined)
    return { kind: 'foreign', hash: createHash('sha256').update(manifest).digest('base64') };
  return ownKinds.has(body.kind) ? { ...body, kind: 'foreign' } : body;
}

function parseBody(manifest: string): WaitingBody | undefined {
  try {
    const body = JSON.parse(manifest) as Readonly<Record<string, unknown>> | null;
    const canonical = canonicalJson(JSON.stringify(body));
    if (Buffer.byteLength(canonical) > largestWaitingBytes) return undefined;
    const { kind, revisions } = body ?? {};
    if (typeof kind !== 'string') return undefined;
    if (revisions === undefined) return { ...body, kind };
    return typeof revisions === 'number' ? { ...body, kind, revisions } : undefined;
  } catch {
    // No JSON, or nested too deeply.
    return undefined;
  }
}
