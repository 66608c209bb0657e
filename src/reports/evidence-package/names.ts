/** The contents of an evidence package, and the names of its files. */
import type { LogTable } from '../../streams/stream.ts';

/** The files that each package has; those of the log are below `log/`, in the layout of C2SP tlog-tiles. */
export const names = {
  readme: 'README.txt',
  verifier: 'verify.mjs',
  statement: 'statement.json',
  sums: 'SHA256SUMS',
  keys: 'keys/log.vkey',
  formerKeys: 'keys/former.vkey',
  witnesses: 'keys/witnesses.vkey',
  checkpoint: 'log/checkpoint',
  manifests: 'manifests.ndjson',
  exampleProof: 'example/row.tlog-proof',
  exampleEntry: 'example/entry.json',
} as const;

/** The form of the package, in its statement. */
export const packageForm = 'zendesk-log-sync evidence package';
/** The version of that form. */
export const packageVersion = 1;

/** The files with the rows of a log: for programs, for people, and their proofs, a line for each row. */
export function rowFiles(stream: string): {
  readonly rows: string;
  readonly table: string;
  readonly proofs: string;
} {
  return {
    rows: `rows/${stream}.ndjson`,
    table: `rows/${stream}.csv`,
    proofs: `proofs/${stream}.ndjson`,
  };
}

/** The columns of the rows of a log, in their order. */
export function listColumns({ id, time, columns }: LogTable): readonly string[] {
  return ['account', id.name, time, ...columns, 'first_synced_at', 'synced_at'];
}

/** The start of the archive's comment; the SHA-256 of all bytes before it, in hexadecimal digits, ends the file. */
export const archiveComment = 'zendesk-log-sync evidence package sha256 ';
/** How many digits that hash has. */
export const digestDigits = 64;
