/** A sealed log of the account acme for tests that need no rows: manifests that tell of nothing. */
import assert from 'node:assert/strict';
import type { Database } from '../../src/database/client.ts';
import { loadHead, type Head } from '../../src/evidence/anchoring/head.ts';
import { makeSigningKey, type SigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting, type Sealing } from '../../src/evidence/sealed-log.ts';

/** The log that `seal` seals, with a key of its own. */
export function describeLog(key: SigningKey = makeSigningKey('acme/log')): Sealing {
  return { account: 'acme', origin: key.verifier.name, key, logs: [] };
}

/** Seals so many manifests more, all of them different from those of another word; the new head. */
export async function seal(
  db: Database,
  sealing: Sealing,
  manifests: number,
  word = 'page',
): Promise<Head> {
  await db.query(
    `insert into zendesk_evidence.pending (account, stream, manifest)
     select 'acme', 'audit_logs', json_build_object('kind', 'page', 'number', n, 'word', $2::text)::text
     from generate_series(1, $1::integer) as n`,
    [manifests, word],
  );
  for (let taken: number | undefined = 1; taken !== 0;) taken = await sealWaiting(db, sealing);
  return (await loadHead(db, 'acme')) ?? assert.fail('nothing is sealed');
}

/** What somebody does who writes the log again, with what is kept of its anchors here. */
export async function removeLog(db: Database): Promise<void> {
  for (const table of ['logs', 'entries', 'hashes', 'anchors', 'anchor_states', 'keys'])
    await db.query(`delete from zendesk_evidence.${table} where account = 'acme'`);
}
