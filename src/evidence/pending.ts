/** The queue of the sealer: manifests are stored in the same transaction as the data that they describe. */
import type { Queryable } from '../database/client.ts';
import { renderManifest, type Manifest } from './manifest.ts';

/** Stores a manifest for a stream of an account, with four bits of the hash of each row under its root. */
export async function noteManifest(
  tx: Queryable,
  { account, stream }: { readonly account: string; readonly stream: string },
  manifest: Manifest,
  tags: Buffer | null = null,
): Promise<void> {
  await tx.query(
    `insert into zendesk_evidence.pending (account, stream, manifest, tags) values ($1, $2, $3, $4)`,
    [account, stream, renderManifest(manifest), tags],
  );
}
