/** Records of a log in its tables, as pulling stores them. */
import { createClassifier } from '../../src/classification/classifier.ts';
import { accessRules } from '../../src/classification/rules.ts';
import type { Classify } from '../../src/classification/classification.ts';
import type { Database, Transaction } from '../../src/database/client.ts';
import { createPartitionKeeper } from '../../src/database/partitions.ts';
import { readRecords } from '../../src/ingest/page-records.ts';
import { markStaleDays } from '../../src/ingest/rollups.ts';
import { writeRows, type WriteOptions } from '../../src/ingest/rows/rows.ts';
import type { PageCounts } from '../../src/ingest/rows/written.ts';
import type { LogStream } from '../../src/streams/stream.ts';

/** What a request was about by the rules of the program alone. */
export const usualClassify = createClassifier(accessRules);

export type StoreOptions = Partial<WriteOptions> & {
  readonly account?: string;
  readonly classify?: Classify;
  /** Sees the transaction that writes; default: as it is. */
  readonly watch?: (tx: Transaction) => Transaction;
};

/** Stores records as a page, and marks their days for the rollups. */
export async function storeRecords(
  db: Database,
  stream: LogStream,
  records: readonly unknown[],
  options: StoreOptions = {},
): Promise<PageCounts> {
  const { account = 'acme', classify = usualClassify, watch = (tx: Transaction) => tx } = options;
  const { covered = [], mayCopy = true } = options;
  // As an answer brings them: without fields that are undefined.
  const sent = JSON.parse(JSON.stringify(records)) as unknown[];
  const rows = readRecords(stream, classify, sent);
  await createPartitionKeeper(db)(
    stream.table,
    rows.map(({ timeMs }) => timeMs),
  );
  return db.transaction(async (tx) => {
    const { counts } = await writeRows(watch(tx), stream, account, rows, { covered, mayCopy });
    await markStaleDays(tx, account, stream, rows);
    return counts;
  });
}
