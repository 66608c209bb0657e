/** Whether the rows of a log are exactly those that were sealed: every row is read and hashed again. */
import type { Database } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import { canonicalRow, hashRow, layOut } from '../row-leaf.ts';
import { keyNameOf, saltOf, type PersonKeys } from '../salts.ts';
import type { SealedEntry } from './entry.ts';
import { finding, type Finding } from './finding.ts';
import { microsOfIso, sortUnderManifests } from './open-manifests.ts';
import { comparePage } from './page-rows.ts';
import { readRows, type RowVersion } from './row-source.ts';
import { formatMicros } from './time-text.ts';

/** What the rows of a log came to. */
type VerifiedRows = {
  readonly rows: number;
  /** Rows that were stored before the log was begun: nothing is known of them. */
  readonly unsealedRows: number;
  readonly findings: readonly Finding[];
};

type RowsToVerify = {
  readonly account: string;
  readonly stream: LogStream;
  /** The manifests of the stream, those that wait among them. */
  readonly entries: readonly SealedEntry[];
  /** Loads them again. */
  readonly loadEntries: () => Promise<readonly SealedEntry[]>;
  /** When the log was begun, in microseconds since 1970. */
  readonly begunAt: string;
  readonly keys: PersonKeys;
  /** Is told of the rows as they are read. */
  readonly report: (rows: number) => void;
  readonly signal: AbortSignal;
};

/** With more rows of no manifest than that, they are only counted. */
const mostNamed = 1000;

/** Reads all rows, and looks closely at what does not agree with its manifest. */
export async function verifyRows(db: Database, task: RowsToVerify): Promise<VerifiedRows> {
  const sorter = sortUnderManifests(task.entries);
  const strangers: RowVersion[] = [];
  let [rows, unsealedRows, manyStrangers] = [0, 0, 0];
  const toLeaf = prepareLeaves(task);
  for await (const row of readRows(db, task.stream, task.account)) {
    task.signal.throwIfAborted();
    rows += 1;
    if (rows % 1000 === 0) task.report(rows);
    const leaf = toLeaf(row);
    if (leaf !== undefined && sorter.add(row.writtenAt, leaf)) continue;
    if (Number(row.writtenAt) < Number(task.begunAt)) unsealedRows += 1;
    else if (strangers.length < mostNamed) strangers.push(row);
    else manyStrangers += 1;
  }
  task.report(rows);
  // What was stored meanwhile has its manifest by now.
  const known = new Set((await task.loadEntries()).map(({ storedAt }) => microsOfIso(storedAt)));
  const findings = strangers
    .filter(({ writtenAt }) => !known.has(writtenAt))
    .map(describeStranger(task.stream));
  if (manyStrangers > 0)
    findings.push(
      finding(
        'row_added',
        `${manyStrangers} more rows of ${task.stream.name} stand under no manifest.`,
        { stream: task.stream.name },
      ),
    );
  for (const entry of sorter.listDoubtful()) {
    task.signal.throwIfAborted();
    findings.push(...(await comparePage(db, task, entry)));
  }
  return { rows, unsealedRows, findings };
}

/** The hash of a row's leaf; undefined without the key of its salt. */
function prepareLeaves({
  account,
  stream,
  keys,
}: RowsToVerify): (row: RowVersion) => string | undefined {
  const layout = layOut(stream.table);
  return ({ id, micros, row }) => {
    const key = keys.get(keyNameOf(row[stream.table.actor], micros));
    return (
      key && hashRow(canonicalRow(layout, id, micros, row), saltOf(key, account, stream.name, id))
    );
  };
}

function describeStranger({ name: stream }: LogStream): (row: RowVersion) => Finding {
  return ({ id, micros }) => {
    const time = formatMicros(micros);
    return finding(
      'row_added',
      `Row ${id} of ${time} in ${stream} stands under no manifest: this program did not store it as it is.`,
      { stream, id, time },
    );
  };
}
