/**
 * Witnesses: C2SP tlog-witness v1.0.0. Each remembers the largest state of a log that it has seen, and cosigns only states
 * that contain it; so nobody can show two logs to two people who ask the same witness.
 */
import type { Queryable } from '../../database/client.ts';
import { KnownError } from '../../errors.ts';
import { proveExtension } from '../consistency.ts';
import { formatAddCheckpoint, parseWitnessSize, verifyCosignatures } from '../forms/cosignature.ts';
import { FormError } from '../forms/form-error.ts';
import type { VerifierKey } from '../forms/keys.ts';
import { addSignatures, formatNote, parseNote, parseSignatureLines } from '../forms/note.ts';
import { differs } from '../publication.ts';
import type { Anchor } from './anchor.ts';
import type { Exchange } from './exchange.ts';
import type { Head } from './head.ts';

/** A witness: its submission prefix, and the key of its cosignatures. */
type WitnessConfig = { readonly url: string; readonly key: VerifierKey };

type Witness = WitnessConfig & { readonly exchange: Exchange };

/** The checkpoint, cosigned by a witness. */
export function anchorAtWitness(witness: Witness, everyMs: number): Anchor {
  return {
    kind: 'witness',
    place: witness.url,
    everyMs,
    holdsFiles: false,
    async bring(db, head, signal) {
      const seen = await loadSeenSize(db, head, witness.url);
      const first = await addCheckpoint(db, head, witness, seen, signal);
      if (first.status !== 409) return { note: readCosigned(head, witness, first) };
      const size = readSize(witness, first.body);
      if (size > head.checkpoint.size) throw behind(head, witness, size);
      const second = await addCheckpoint(db, head, witness, size, signal);
      return { note: readCosigned(head, witness, second) };
    },
  };
}

/** The size that the witness has seen, as far as known here. It answers if it has seen more. */
async function loadSeenSize(
  db: Queryable,
  { account, checkpoint }: Head,
  url: string,
): Promise<number> {
  const [row] = await db.query<{ size: number }>(
    `select size::float8 as size from zendesk_evidence.anchors
     where account = $1 and kind = 'witness' and place = $2 order by id desc limit 1`,
    [account, url],
  );
  return Math.min(row?.size ?? 0, checkpoint.size);
}

type Answer = { readonly status: number; readonly body: Buffer };

async function addCheckpoint(
  db: Queryable,
  { account, note, checkpoint }: Head,
  { url, exchange }: Witness,
  seen: number,
  signal: AbortSignal,
): Promise<Answer> {
  const proof = await proveExtension(db, account, seen, checkpoint.size);
  const body = Buffer.from(formatAddCheckpoint(seen, proof, parseNote(note)));
  const address = `${url.replace(/\/$/, '')}/add-checkpoint`;
  return exchange(`The witness ${url}`, { method: 'POST', url: address, body, signal });
}

function readCosigned(head: Head, { url, key }: Witness, { status, body }: Answer): string {
  if (status === 422) throw differs(head.account, `what the witness ${url} has seen`, undefined);
  if (status !== 200) throw refused(head, url, status);
  const own = parseNote(head.note);
  try {
    const answered = addSignatures(own, parseSignatureLines(body.toString()));
    const cosigned = verifyCosignatures(answered, [key]);
    if (cosigned.length > 0)
      return formatNote(
        addSignatures(
          own,
          cosigned.map(({ line }) => line),
        ),
      );
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
  }
  throw new KnownError('anchor_failed', {
    found: `The witness ${url} has answered without a cosignature of ${key.name} that fits the checkpoint`,
    wayOut: 'Check WITNESS_KEY: ask the operator of the witness for its verifier key',
  });
}

function readSize({ url }: Witness, body: Buffer): number {
  try {
    return parseWitnessSize(body.toString());
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    throw new KnownError('anchor_failed', {
      found: `The witness ${url} has answered 409 without the size that it has seen`,
    });
  }
}

function behind({ account, checkpoint }: Head, { url }: Witness, size: number): KnownError {
  return new KnownError('sealed_log_behind', {
    found: `The sealed log of ${account} has ${checkpoint.size} entries in the database, and the witness ${url} has seen ${size}: the database went back to an earlier state, as after a restore`,
  });
}

function refused({ checkpoint: { origin } }: Head, url: string, status: number): KnownError {
  const found = `The witness ${url} refuses the checkpoint (status ${status})`;
  if (status === 404)
    return new KnownError('anchor_failed', {
      found: `${found}: it does not know the log ${origin}`,
      wayOut: 'Give its operator the name and the key of the log, which "keys show" prints',
      status,
    });
  if (status === 403)
    return new KnownError('anchor_failed', {
      found: `${found}: it does not know the key that signs ${origin}`,
      wayOut: 'Give its operator the key, which "keys show" prints',
      status,
    });
  return new KnownError('anchor_failed', { found, status });
}
