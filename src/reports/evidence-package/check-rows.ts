/** Checks the rows in a package: each against its proof, and the tables for people against the rows. */
import { canonicalJson } from '../../evidence/canonical-json.ts';
import { FormError } from '../../evidence/forms/form-error.ts';
import { hashLeaf } from '../../evidence/forms/merkle.ts';
import { followInclusion } from '../../evidence/forms/merkle-proofs.ts';
import { parseProof } from '../../evidence/forms/proof.ts';
import { parseRowPlace } from '../../evidence/forms/row-proof.ts';
import { canonicalRow, layOut, saltedLeaf } from '../../evidence/row-leaf.ts';
import { microsOfIso } from '../../evidence/verification/open-manifests.ts';
import type { LogStream, Row } from '../../streams/stream.ts';
import { parseJson } from '../../zendesk/body.ts';
import type { CheckedLog } from './check-log.ts';
import { listColumns } from './names.ts';

/** A line of the file of proofs. */
type ProofLine = {
  readonly id: string;
  readonly time: string;
  readonly entry: number | null;
  readonly unproven?: string;
  readonly salt?: string;
  readonly proof?: string;
};

/** A row of a package, read. */
export type CheckedRow = { readonly id: string; readonly time: string; readonly row: Row };

/** Why a row may have no proof. */
const excuses = ['before_log', 'not_sealed', 'removed', 'erased'];

/** The line of a row; undefined if it is not one, or its members are not those of this log. */
export function readRow({ table }: LogStream, line: string): CheckedRow | undefined {
  const row = parseObject(line);
  const [id, time] = [row?.[table.id.name], row?.[table.time]];
  if (row === undefined || typeof id !== 'string' || typeof time !== 'string') return undefined;
  return Object.keys(row).join() === listColumns(table).join() ? { id, time, row } : undefined;
}

/** The line of a proof; undefined if it is not one. */
export function readProofLine(line: string | undefined): ProofLine | undefined {
  return parseObject(line ?? '') as ProofLine | undefined;
}

function parseObject(line: string): Row | undefined {
  try {
    const value: unknown = parseJson(Buffer.from(line));
    return typeof value === 'object' && value !== null ? (value as Row) : undefined;
  } catch {
    return undefined;
  }
}

/** A row in the form of the table for people: its values in the order of its members. */
export function listCells({ row }: CheckedRow): readonly (string | number | boolean | null)[] {
  return Object.values(row).map((value) => {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    return typeof value === 'number' ? value : canonicalJson(JSON.stringify(value));
  });
}

/** Judges the rows of a log, one after the other. */
type RowJudge = (
  row: CheckedRow,
  line: ProofLine,
) => { readonly isProven: boolean; readonly problem?: string };

/** Prepares to judge. `begunAt` is when the log of the stream began. */
export function createRowJudge(stream: LogStream, log: CheckedLog, begunAt: string): RowJudge {
  const layout = layOut(stream.table);
  const paths = new Map<number, string>();
  const sealedAt = new Set(
    [...log.digest.rows.values()]
      .filter((page) => page.stream === stream.name)
      .map(({ storedAt }) => storedAt),
  );
  const prove = ({ id, time, row }: CheckedRow, line: ProofLine): string | undefined => {
    const { entry, salt = '', proof: text = '' } = line;
    const page = entry === null ? undefined : log.digest.rows.get(entry);
    const storedAt = String(row['synced_at']);
    // Adopted rows were written before the log began.
    const isOfPage =
      page?.before === undefined ? page?.storedAt === storedAt : storedAt < page.before;
    if (page?.stream !== stream.name || !isOfPage)
      return 'Its proof names a manifest that did not store it.';
    const proof = parseProof(text);
    const place = parseRowPlace(proof.extra ?? Buffer.alloc(0));
    const leaf = saltedLeaf(canonicalRow(layout, id, microsOfIso(time), row), salt);
    const root = followInclusion(hashLeaf(leaf), place.index, page.count, place.path);
    if (!leaf.equals(place.leaf) || root?.toString('base64') !== page.root)
      return 'It is not as it was sealed.';
    const path = proof.path.map((hash) => Buffer.from(hash).toString('base64')).join();
    if (paths.get(proof.index) !== path) {
      const top = followInclusion(page.leaf, proof.index, log.size, proof.path);
      if (top?.equals(log.root) !== true) return 'Its proof does not lead to the checkpoint.';
      paths.set(proof.index, path);
    }
    return proof.index === entry && proof.checkpoint === log.note
      ? undefined
      : 'Its proof is of another entry or another checkpoint.';
  };
  const doubtful = new Set<number>();
  const excuse = ({ row }: CheckedRow, { unproven: reason = '', entry }: ProofLine) => {
    const storedAt = String(row['synced_at']);
    if (reason === 'mismatch' && entry !== null) {
      // One row of a page is enough: the package itself says what is wrong with which row.
      if (doubtful.has(entry)) return undefined;
      doubtful.add(entry);
      return `It has no proof, nor has any other row of entry ${entry} of the log: not all of them are as they were sealed.`;
    }
    if (!excuses.includes(reason)) return 'It has no proof, because it is not as it was sealed.';
    const isSealed = sealedAt.has(storedAt) && reason !== 'erased' && reason !== 'removed';
    return isSealed || (reason === 'before_log' && storedAt >= begunAt)
      ? 'It has no proof, and the log has the manifest of its page.'
      : undefined;
  };
  return (row, line) => {
    if (line.id !== row.id || line.time !== row.time)
      return { isProven: false, problem: `Its proof is that of row ${line.id}.` };
    if (line.proof === undefined) return toVerdict(false, excuse(row, line));
    try {
      return toVerdict(true, prove(row, line));
    } catch (error) {
      if (!(error instanceof FormError)) throw error;
      return { isProven: false, problem: error.message };
    }
  };
}

function toVerdict(isProven: boolean, problem: string | undefined): ReturnType<RowJudge> {
  return problem === undefined ? { isProven } : { isProven: false, problem };
}
